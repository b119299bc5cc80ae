using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Nemotron.Crds.Generation;

/// <summary>Writes JSON as YAML: block style, two spaces, LF, one line per scalar, quotes only where a reader could take a string for something else.</summary>
public static partial class CrdYaml
{
    /// <summary>One YAML document.</summary>
    /// <param name="node">The value.</param>
    /// <returns>The text, ending with a line feed. Equal values give equal texts.</returns>
    public static string Write(JsonNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        var text = new StringBuilder();
        using var writer = new StringWriter(text, CultureInfo.InvariantCulture) { NewLine = "\n" };
        var emitter = new Emitter(writer, new EmitterSettings(
            bestIndent: 2, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024, newLine: "\n"));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Emit(emitter, node);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static void Emit(Emitter emitter, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, true, map.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach (var (key, value) in map)
                {
                    emitter.Emit(Text(key));
                    Emit(emitter, value);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonArray list:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, true, list.Count == 0 ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (var item in list)
                    Emit(emitter, item);
                emitter.Emit(new SequenceEnd());
                break;
            case null:
                emitter.Emit(Plain("null"));
                break;
            default:
                emitter.Emit(node.GetValueKind() == JsonValueKind.String ? Text(node.GetValue<string>()) : Plain(node.ToJsonString()));
                break;
        }
    }

    private static Scalar Plain(string text) => new(AnchorName.Empty, TagName.Empty, text, ScalarStyle.Plain, true, false);

    private static Scalar Text(string text) =>
        SafePlain().IsMatch(text) && !Ambiguous().IsMatch(text)
            ? Plain(text)
            : new Scalar(AnchorName.Empty, TagName.Empty, text, ScalarStyle.DoubleQuoted, false, true);

    /// <summary>Begins with a letter, a dot or a slash and holds nothing that YAML gives a meaning to, neither ": " nor " #".</summary>
    [GeneratedRegex("""^[A-Za-z./][^\x00-\x1f:#"'`{}\[\]&*!|>%@\\]*(?<! )\z""")]
    private static partial Regex SafePlain();

    /// <summary>What some YAML reader takes for null, a boolean, a number or a timestamp.</summary>
    [GeneratedRegex(@"^(~|null|true|false|yes|no|on|off|y|n|[-+]?\.?(inf|nan)|[-+.]?[0-9].*)\z", RegexOptions.IgnoreCase)]
    private static partial Regex Ambiguous();
}
