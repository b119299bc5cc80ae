using System.Text.Json.Nodes;
using k8s;
using Nemotron.Crds;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.EventEmitters;

namespace Nemotron.Controllers.Tests.Builders;

/// <summary>YAML as people write it, to typed objects and back.</summary>
internal static class Manifests
{
    public static NemotronDeployment Read(string yaml)
    {
        var graph = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize<object>(yaml);
        var json = new SerializerBuilder().JsonCompatible().Build().Serialize(graph);
        return KubernetesJson.Deserialize<NemotronDeployment>(json);
    }

    public static string Write(object obj) =>
        new SerializerBuilder().WithIndentedSequences().WithQuotingNecessaryStrings().WithNewLine("\n").WithEventEmitter(next => new BlockText(next)).Build().Serialize(Plain(JsonNode.Parse(KubernetesJson.Serialize(obj)))!);

    private static object? Plain(JsonNode? node) => node switch
    {
        JsonObject map => map.OrderBy(pair => Rank(pair.Key)).ThenBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(pair => pair.Key, pair => Plain(pair.Value)),
        JsonArray list => list.Select(Plain).ToList(),
        JsonValue value when value.TryGetValue<long>(out var whole) => whole,
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
