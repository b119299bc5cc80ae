using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Nemotron.Planning;

/// <summary>
/// A place in a YAML document that knows its file and path, so that every error can say where it is.
/// A mapping remembers which keys were asked for: <see cref="Finish"/> refuses the rest.
/// </summary>
internal sealed partial class DocumentNode
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
        catch (InvalidOperationException error)
        {
            // The scanner's own failure on a flow collection that the text ends within; it keeps the place to itself.
            throw new CatalogueException(file, "line unknown", "is not YAML; is a bracket or brace left open?", error);
        }
        if (stream.Documents.Count != 1)
            throw new CatalogueException(file, "", $"expected one YAML document, found {stream.Documents.Count}");
        return new DocumentNode(file, "", stream.Documents[0].RootNode);
    }

    public static DocumentNode ParseJson(string file, string text)
    {
        try
        {
            return Json(file, text);
        }
        catch (JsonException)
        {
            try
            {
                return Json(file, StringOrNoNumber().Replace(text, token => token.Value[0] == '"' ? token.Value : "null"));
            }
            catch (JsonException error)
            {
                throw new CatalogueException(file, $"line {error.LineNumber + 1}", "is not JSON", error);
            }
        }
    }

    private static DocumentNode Json(string file, string text)
    {
        using var document = JsonDocument.Parse(text);
        return new DocumentNode(file, "", FromJson(document.RootElement));
    }

    // Python writes numbers that JSON does not have, as Nemotron-H's "time_step_limit": [0.0, Infinity]; what is only a text is left alone.
    [GeneratedRegex("""
        "(?:[^"\\]|\\.)*"|-?\b(?:Infinity|NaN)\b
        """)]
    private static partial Regex StringOrNoNumber();

    public CatalogueException Error(string reason) => new(_file, _path, reason);

    public CatalogueException Error(string key, string reason) => new(_file, Join(key), reason);

    public bool IsText => _node is YamlScalarNode;

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

    public bool Bool() => Plain("true or false") switch
    {
        "true" => true,
        "false" => false,
        var other => throw Error($"must be true or false, not '{other}'"),
    };

    public int Int(int min, int max)
    {
        var text = Plain("a whole number");
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
            throw Error($"must be a whole number, not '{text}'");
        return value >= min && value <= max ? value : throw Error($"must be between {min} and {max}, not {value}");
    }

    public double Double(double min, double max)
    {
        var text = Plain("a number");
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value))
            throw Error($"must be a number, not '{text}'");
        return value >= min && value <= max ? value : throw Error($"must be between {min} and {max}, not {text}");
    }

    /// <summary>A duration such as <c>90s</c> or <c>1h30m</c>.</summary>
    public TimeSpan Duration(TimeSpan min, TimeSpan max)
    {
        var text = Text();
        if (!DocumentDuration.TryParse(text, out var value)) throw Error($"must be a duration such as 500ms, 90s or 1h30m, not '{text}'");
        return value >= min && value <= max
            ? value
            : throw Error($"must be between {DocumentDuration.Format(min)} and {DocumentDuration.Format(max)}, not {text}");
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

    // Both notations make the same tree; only strings are marked as such, so that "8" is no number.
    private static YamlNode FromJson(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var mapping = new YamlMappingNode();
                foreach (var property in element.EnumerateObject()) mapping.Children[new YamlScalarNode(property.Name)] = FromJson(property.Value);
                return mapping;
            case JsonValueKind.Array:
                return new YamlSequenceNode(element.EnumerateArray().Select(FromJson));
            case JsonValueKind.String:
                return new YamlScalarNode(element.GetString()) { Style = ScalarStyle.DoubleQuoted };
            default:
                return new YamlScalarNode(element.GetRawText()) { Style = ScalarStyle.Plain };
        }
    }

    private string Plain(string what)
    {
        if (_node is YamlScalarNode { Style: not (ScalarStyle.DoubleQuoted or ScalarStyle.SingleQuoted) } scalar) return scalar.Value ?? "";
        throw Error(_node is YamlScalarNode quoted ? $"must be {what}, not the text '{quoted.Value}'" : $"must be {what}");
    }

    private YamlMappingNode Mapping => _node as YamlMappingNode ?? throw Error("must be a mapping");

    private string Join(string key) => _path.Length == 0 ? key : $"{_path}.{key}";

    private static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "null" or "~" };
}
