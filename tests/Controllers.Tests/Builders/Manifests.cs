using System.Text.Json.Nodes;
using k8s;
using Nemotron.Crds.Generation;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.EventEmitters;

namespace Nemotron.Controllers.Tests.Builders;

/// <summary>YAML as people write it, to typed objects and back.</summary>
internal static class Manifests
{
    private static readonly IDeserializer Reader = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build();
    private static readonly ISerializer Json = new SerializerBuilder().JsonCompatible().Build();

    /// <summary>The documents of a file, as JSON.</summary>
    public static IEnumerable<JsonObject> Documents(string yaml) => yaml.Split("\n---\n")
        .Select(document => Reader.Deserialize<object?>(document))
        .Where(graph => graph is not null)
        .Select(graph => JsonNode.Parse(Json.Serialize(graph!))!.AsObject());

    /// <summary>One of our resources, with the defaults that the API server fills in.</summary>
    public static T Ours<T>(JsonObject document)
    {
        ManifestDefaults.Apply(typeof(T), document);
        return As<T>(document);
    }

    public static T As<T>(JsonNode document) => KubernetesJson.Deserialize<T>(document.ToJsonString());

    public static string Write(JsonNode node) =>
        new SerializerBuilder().WithIndentedSequences().WithQuotingNecessaryStrings().WithNewLine("\n").WithEventEmitter(next => new BlockText(next)).Build().Serialize(Plain(node)!);

    private static object? Plain(JsonNode? node) => node switch
    {
        JsonObject map => map.OrderBy(pair => Rank(pair.Key)).ThenBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(pair => pair.Key, pair => Plain(pair.Value)),
        JsonArray list => list.Select(Plain).ToList(),
        JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.Number && long.TryParse(value.ToJsonString(), out var whole) => whole,
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
        JsonValue value => value.GetValueKind() == System.Text.Json.JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString(),
        null => null,
        _ => node.ToJsonString(),
    };

    /// <summary>Text of several lines as it is, line by line.</summary>
    private sealed class BlockText(IEventEmitter next) : ChainedEventEmitter(next)
    {
        public override void Emit(ScalarEventInfo eventInfo, IEmitter emitter)
        {
            if (eventInfo.Source.Value is string text && text.Contains('\n', StringComparison.Ordinal)) eventInfo.Style = ScalarStyle.Literal;
            base.Emit(eventInfo, emitter);
        }
    }

    private static int Rank(string key) => key switch { "apiVersion" => 0, "kind" => 1, "metadata" => 2, "name" => 3, _ => 4 };
}
