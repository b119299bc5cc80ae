using System.Text.Json.Nodes;
using Nemotron.Crds.Generation;

namespace Nemotron.Crds.Tests;

/// <summary>The four CustomResourceDefinitions, made once.</summary>
internal static class GeneratedCrds
{
    private static readonly Dictionary<Type, JsonObject> ByKind =
        ApiKinds.All.ToDictionary(k => k, k => JsonNode.Parse(CrdGenerator.Create().Generate(k).ToJsonString())!.AsObject());

    internal static TheoryData<Type> Kinds => [.. ApiKinds.All];

    internal static JsonObject Of(Type kind) => ByKind[kind];

    internal static JsonObject Version(Type kind) => Of(kind)["spec"]!["versions"]![0]!.AsObject();

    internal static JsonObject Schema(Type kind) => Version(kind)["schema"]!["openAPIV3Schema"]!.AsObject();

    internal static Type KindNamed(string name) => ApiKinds.All.Single(k => k.Name == name);

    /// <summary>All nodes of a schema with their paths: <c>spec.budgets[].nodes</c>.</summary>
    internal static IEnumerable<(string Path, JsonObject Node)> Walk(JsonObject schema, string path = "")
    {
        yield return (path, schema);
        foreach (var (name, field) in schema["properties"]?.AsObject() ?? [])
        {
            foreach (var below in Walk(field!.AsObject(), path.Length == 0 ? name : $"{path}.{name}"))
                yield return below;
        }

        foreach (var keyword in (string[])["items", "additionalProperties"])
        {
            if (schema[keyword] is not JsonObject element)
                continue;
            foreach (var below in Walk(element, path + "[]"))
                yield return below;
        }
    }

    internal static string? Text(this JsonObject node, string keyword) => node[keyword]?.GetValue<string>();
}
