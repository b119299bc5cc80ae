using System.Text.Json.Nodes;
using Nemotron.Crds;
using Nemotron.Crds.Generation;

namespace Nemotron.Cli.Doctor.Checks;

/// <summary>The CRDs are there, and are those of this version.</summary>
internal static class DefinitionCheck
{
    private const string Name = "CRDs";
    private const string Install = "kubectl apply --server-side -k config/crd (with Helm: see the chart's notes on CRDs, which an upgrade leaves alone).";
    private const int MostNamed = 3;

    public static CheckResult Of(Survey survey)
    {
        if (survey.Definitions.Value is not { } installed) return CheckResult.NotDone(Name, survey.Definitions.Trouble!);
        var generator = CrdGenerator.Create();
        return new CheckResult(Name, $"{ApiKinds.All.Count} of {NemotronApi.GroupVersion}", [.. ApiKinds.All.SelectMany(kind => One(generator, kind, installed))]);
    }

    private static IEnumerable<Finding> One(CrdGenerator generator, Type kind, IReadOnlyDictionary<string, JsonObject> installed)
    {
        var name = ApiKinds.CrdName(kind);
        if (!installed.TryGetValue(name, out var found))
        {
            yield return Finding.Fault($"CRD {name}", "It is not installed.", Install);
            yield break;
        }

        if (Condition(found, "Established") is not "True")
            yield return Finding.Fault($"CRD {name}", "The API server does not serve it (not Established).", $"kubectl describe crd {name} says why; names that another CRD has taken are the usual cause.");
        var (wanted, present) = (Fields(generator.Generate(kind)), Fields(found));
        if (wanted.Except(present).ToList() is { Count: > 0 } missing)
            yield return Finding.Fault($"CRD {name}", $"It is older than this program: it lacks {Listed(missing)}.", Install);
        else if (present.Except(wanted).ToList() is { Count: > 0 } further)
            yield return Finding.Warning($"CRD {name}", $"It is newer than this program: it has {Listed(further)} as well.", "Use the kubectl-nemotron of the operator's version.");
    }

    private static string Listed(List<string> fields)
    {
        // A field that is missing takes those below with it.
        var tops = fields.Where(field => !fields.Any(other => field.StartsWith(other + ".", StringComparison.Ordinal))).ToList();
        return string.Join(", ", tops.Take(MostNamed)) + (tops.Count > MostNamed ? $" and {tops.Count - MostNamed} more fields" : "");
    }

    private static SortedSet<string> Fields(JsonObject definition)
    {
        var fields = new SortedSet<string>(StringComparer.Ordinal);
        var version = (definition["spec"]?["versions"] as JsonArray ?? []).FirstOrDefault(candidate => candidate?["name"]?.GetValue<string>() == NemotronApi.Version);
        Walk(version?["schema"]?["openAPIV3Schema"] as JsonObject, "");
        return fields;

        void Walk(JsonObject? schema, string path)
        {
            if (schema?["items"] is JsonObject items) Walk(items, path);
            foreach (var (field, below) in schema?["properties"] as JsonObject ?? [])
            {
                var here = path.Length == 0 ? field : $"{path}.{field}";
                fields.Add(here);
                Walk(below as JsonObject, here);
            }
        }
    }

    private static string? Condition(JsonObject definition, string type) =>
        (definition["status"]?["conditions"] as JsonArray ?? []).FirstOrDefault(condition => condition?["type"]?.GetValue<string>() == type)?["status"]?.GetValue<string>();
}
