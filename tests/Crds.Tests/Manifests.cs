using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Nemotron.Crds.Tests;

/// <summary>Reads YAML as kubectl does: plain scalars by YAML 1.1's rules, in which On is a boolean.</summary>
internal static class Manifests
{
    internal static IReadOnlyList<JsonObject> Read(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return [.. stream.Documents.Select(d => ToJson(d.RootNode)!.AsObject())];
    }

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(
            c => KeyValuePair.Create(((YamlScalarNode)c.Key).Value!, ToJson(c.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(ToJson)]),
        YamlScalarNode scalar => Scalar(scalar),
        _ => throw new InvalidOperationException($"{node.NodeType} in a manifest"),
    };

    private static JsonNode? Scalar(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? string.Empty;
        if (scalar.Style != ScalarStyle.Plain)
            return text;
        return text.ToLowerInvariant() switch
        {
            "" or "~" or "null" => null,
            "true" or "yes" or "on" => true,
            "false" or "no" or "off" => false,
            _ when long.TryParse(text, out var whole) => whole,
            _ when decimal.TryParse(text, out var number) => number,
            _ => text,
        };
    }
}
