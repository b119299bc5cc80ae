using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nemotron.Kube;

/// <summary>
/// Finds where an object does not say what is desired of it. What the desired state is silent about may be anything: defaults, fields of others.
/// Lists that the API server merges by key are compared by key, others item by item; quantities by value.
/// </summary>
internal static class DesiredComparison
{
    /// <summary>More paths than this help nobody.</summary>
    internal const int MostPaths = 32;

    /// <summary>Lists that the API server merges, by the keys it merges them by (from <c>x-kubernetes-list-map-keys</c> of its schema).</summary>
    private static readonly Dictionary<string, string[][]> ListKeys = new(StringComparer.Ordinal)
    {
        ["containers"] = [["name"]],
        ["initContainers"] = [["name"]],
        ["ephemeralContainers"] = [["name"]],
        ["volumes"] = [["name"]],
        ["env"] = [["name"]],
        ["imagePullSecrets"] = [["name"]],
        ["resourceClaims"] = [["name"]],
        ["schedulingGates"] = [["name"]],
        ["volumeMounts"] = [["mountPath"]],
        ["volumeDevices"] = [["devicePath"]],
        ["hostAliases"] = [["ip"]],
        ["topologySpreadConstraints"] = [["topologyKey", "whenUnsatisfiable"]],
        ["ownerReferences"] = [["uid"]],
        ["conditions"] = [["type"]],
        ["ports"] = [["containerPort", "protocol"], ["port", "protocol"]],
    };

    /// <summary>Objects whose values are quantities.</summary>
    private static readonly HashSet<string> QuantityMaps = new(StringComparer.Ordinal)
    {
        "limits", "requests", "capacity", "allocatable", "hard", "overhead", "default", "defaultRequest", "min", "max",
    };

    private static readonly HashSet<string> QuantityFields = new(StringComparer.Ordinal) { "sizeLimit", "divisor", "storageCapacity" };

    /// <summary>The paths that differ, such as <c>spec.template.spec.containers[name=app].image</c>; empty when the object says all that is desired.</summary>
    internal static List<string> Differences(JsonObject desired, JsonObject live)
    {
        var found = new List<string>();
        CompareObjects("", "", desired, live, found);
        return found;
    }

    private static void Compare(string path, string name, string parent, JsonNode desired, JsonNode? live, List<string> found)
    {
        if (found.Count >= MostPaths)
        {
            return;
        }

        if (live is null)
        {
            // The API server drops what its types cannot tell from absent: zero, false, "" and [].
            if (!IsZero(desired))
            {
                found.Add(path);
            }

            return;
        }

        switch (desired, live)
        {
            case (JsonObject d, JsonObject l):
                CompareObjects(path, name, d, l, found);
                break;
            case (JsonArray d, JsonArray l):
                CompareArrays(path, name, d, l, found);
                break;
            case (JsonValue d, JsonValue l) when SameValue(d, l, QuantityMaps.Contains(parent) || QuantityFields.Contains(name)):
                break;
            default:
                found.Add(path);
                break;
        }
    }

    private static void CompareObjects(string path, string name, JsonObject desired, JsonObject live, List<string> found)
    {
        foreach (var (key, value) in desired)
        {
            if (value is not null)
            {
                Compare(path.Length == 0 ? key : $"{path}.{key}", key, name, value, live[key], found);
            }
        }
    }

    private static void CompareArrays(string path, string name, JsonArray desired, JsonArray live, List<string> found)
    {
        if (name == "finalizers")
        {
            if (desired.Any(d => !live.Any(l => JsonNode.DeepEquals(d, l))))
            {
                found.Add(path);
            }

            return;
        }

        if (KeysOf(name, desired) is { } keys)
        {
            foreach (var item in desired)
            {
                var match = live.FirstOrDefault(l => l is JsonObject o && keys.All(k => KeyText((JsonObject)item!, k) == KeyText(o, k)));
                Compare($"{path}[{keys[0]}={KeyText((JsonObject)item!, keys[0])}]", "", "", item!, match, found);
            }

            return;
        }

        if (desired.Count != live.Count)
        {
            found.Add(path);
            return;
        }

        for (var i = 0; i < desired.Count; i++)
        {
            if (desired[i] is { } item)
            {
                Compare($"{path}[{i}]", "", "", item, live[i], found);
            }
        }
    }

    private static string[]? KeysOf(string name, JsonArray desired) =>
        ListKeys.TryGetValue(name, out var candidates) && desired.Count > 0 && desired.All(i => i is JsonObject)
            ? candidates.FirstOrDefault(keys => desired.All(i => ((JsonObject)i!)[keys[0]] is not null))
            : null;

    private static string KeyText(JsonObject item, string key) =>
        item[key]?.ToString() ?? (key == "protocol" ? "TCP" : "");

    private static bool SameValue(JsonValue desired, JsonValue live, bool quantity)
    {
        if (JsonNode.DeepEquals(desired, live))
        {
            return true;
        }

        return quantity && desired.GetValueKind() is JsonValueKind.String or JsonValueKind.Number
            && Quantities.AreEqual(desired.ToString(), live.ToString());
    }

    private static bool IsZero(JsonNode node) => node switch
    {
        JsonArray array => array.Count == 0,
        JsonObject => false,
        _ => node.GetValueKind() switch
        {
            JsonValueKind.False => true,
            JsonValueKind.String => node.GetValue<string>().Length == 0,
            JsonValueKind.Number => node.ToString() == "0",
            _ => false,
        },
    };
}
