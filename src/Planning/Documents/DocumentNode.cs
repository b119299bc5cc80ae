using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Nemotron.Planning;

/// <summary>
/// A place in a YAML document that knows its file and path, so that every error can say where it is.
/// A mapping remembers which keys were asked for: <see cref="Finish"/> refuses the rest.
/// </summary>
internal sealed class DocumentNode
{
    private readonly string _file;
    private readonly string _path;
    private readonly YamlNode _node;
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    private DocumentNode(string file, string path, YamlNode node)
    {
        _file = file;
        _path = path;
        _node = node;
    }

    public string File => _file;

    public static DocumentNode Parse(string file, string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException error)
        {
            throw new CatalogueException(file, $"line {error.Start.Line}", error.InnerException?.Message ?? error.Message, error);
        }
        if (stream.Documents.Count != 1)
            throw new CatalogueException(file, "", $"expected one YAML document, found {stream.Documents.Count}");
        return new DocumentNode(file, "", stream.Documents[0].RootNode);
    }

    public CatalogueException Error(string reason) => new(_file, _path, reason);

    public CatalogueException Error(string key, string reason) => new(_file, Join(key), reason);

    public bool IsMapping => _node is YamlMappingNode;

    public IEnumerable<string> Keys => Mapping.Children.Keys.OfType<YamlScalarNode>().Select(key => key.Value ?? "");

    /// <summary>The node under a key, or null where the key is absent or its value null.</summary>
    public DocumentNode? Optional(string key)
    {
        _asked.Add(key);
        return Mapping.Children.TryGetValue(new YamlScalarNode(key), out var child) && !IsNull(child)
            ? new DocumentNode(_file, Join(key), child)
            : null;
    }

    public DocumentNode Required(string key) => Optional(key) ?? throw Error(key, "is required");

    public IReadOnlyList<DocumentNode> Items()
    {
        if (_node is not YamlSequenceNode sequence) throw Error("must be a list");
        return [.. sequence.Children.Select((child, at) => new DocumentNode(_file, $"{_path}[{at.ToString(CultureInfo.InvariantCulture)}]", child))];
    }

    public IReadOnlyList<string> Texts() => [.. Items().Select(item => item.Text())];

    public string Text()
    {
        if (_node is not YamlScalarNode { Value: { Length: > 0 } text }) throw Error("must be a text that is not empty");
        return text;
    }

    public bool Bool() => Text() switch
    {
        "true" => true,
        "false" => false,
        var other => throw Error($"must be true or false, not '{other}'"),
    };

    public int Int(int min, int max)
    {
        var text = Text();
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
            throw Error($"must be a whole number, not '{text}'");
        return value >= min && value <= max ? value : throw Error($"must be between {min} and {max}, not {value}");
    }

    public double Double(double min, double max)
    {
        var text = Text();
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value))
            throw Error($"must be a number, not '{text}'");
        return value >= min && value <= max ? value : throw Error($"must be between {min} and {max}, not {text}");
    }

    public TEnum Enum<TEnum>() where TEnum : struct, Enum
    {
        var text = Text();
        // TryParse also takes numbers and comma lists, which are no names.
        return System.Enum.GetNames<TEnum>().Contains(text, StringComparer.Ordinal)
            ? System.Enum.Parse<TEnum>(text)
            : throw Error($"'{text}' is not one of {string.Join(", ", System.Enum.GetNames<TEnum>())}");
    }

    /// <summary>Refuses keys that nobody asked for: a misspelt key must not be dropped silently.</summary>
    public void Finish()
    {
        foreach (var key in Keys)
        {
            if (_asked.Contains(key)) continue;
            throw Error(key, $"is not a known key; did you mean {string.Join(" or ", NearestNames.Of(key, _asked, 2))}?");
        }
    }

    private YamlMappingNode Mapping => _node as YamlMappingNode ?? throw Error("must be a mapping");

    private string Join(string key) => _path.Length == 0 ? key : $"{_path}.{key}";

    private static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "null" or "~" };
}
