using System.Text.Json.Nodes;
using CsCheck;

namespace Nemotron.Lab.Tests.Schema;

/// <summary>Objects that look somewhat like widgets: known and unknown fields, right and wrong types, nulls.</summary>
internal static class RandomWidgets
{
    private static readonly string[] Names =
        ["spec", "status", "model", "tp", "replicas", "fraction", "mode", "labels", "limits", "soft", "autoscaling", "min", "max", "items", "key", "value", "tags",
         "free", "known", "a", "maybe", "nonEmpty", "metadata", "labels", "bogus", "port", "either"];

    public static readonly Gen<JsonObject> Gen = Node(4).Select(node => new JsonObject { ["metadata"] = new JsonObject { ["name"] = "x" }, ["spec"] = node });

    private static Gen<string> Pick(params string[] choices) => CsCheck.Gen.Int[0, choices.Length - 1].Select(i => choices[i]);

    private static Gen<JsonNode?> Node(int depth)
    {
        var scalar = CsCheck.Gen.OneOf(
            CsCheck.Gen.Const(() => (JsonNode?)null),
            CsCheck.Gen.Int[-3, 70].Select(i => (JsonNode?)JsonValue.Create(i)),
            CsCheck.Gen.Double[-2, 2].Select(d => (JsonNode?)JsonValue.Create(d)),
            CsCheck.Gen.Bool.Select(b => (JsonNode?)JsonValue.Create(b)),
            Pick("Nano", "On", "abc", "", "1h", "2026-01-01T00:00:00Z").Select(s => (JsonNode?)JsonValue.Create(s)));
        if (depth == 0) return scalar;
        var below = Node(depth - 1);
        return CsCheck.Gen.Frequency(
            (1, scalar),
            (1, below.List[0, 3].Select(list => (JsonNode?)new JsonArray([.. list.Select(n => n?.DeepClone())]))),
            (3, CsCheck.Gen.Select(Pick(Names), below).List[0, 6].Select(fields =>
            {
                var o = new JsonObject();
                foreach ((string name, JsonNode? value) in fields) o[name] = value?.DeepClone();
                return (JsonNode?)o;
            })));
    }
}
