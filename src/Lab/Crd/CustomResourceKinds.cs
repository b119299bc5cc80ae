using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Schema;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Crd;

/// <summary>From a definition to the resources it makes served: one per served version, all over one table.</summary>
internal static class CustomResourceKinds
{
    // Reading a schema and compiling its rules is the dear part, and most changes of a definition are of its status.
    private static readonly ConditionalWeakTable<JsonObject, Compiled> Cache = [];

    public static IEnumerable<ServedResource> Of(JsonObject crd, RevisionedStore store)
    {
        var spec = (JsonObject)crd["spec"]!;
        var names = (JsonObject)(crd["status"]?["acceptedNames"] ?? spec["names"])!;
        string group = spec["group"].Text()!;
        string plural = names["plural"].Text()!;
        var table = store.Table($"{plural}.{group}");
        var versions = (JsonArray)spec["versions"]!;
        bool severalVersions = versions.Count > 1;
        string storage = $"{group}/{versions.FirstOrDefault(v => v?["storage"]?.GetValueKind() == System.Text.Json.JsonValueKind.True)?["name"].Text()}";
        foreach (var version in versions.OfType<JsonObject>())
        {
            if (version["served"] is not JsonValue flag || !flag.TryGetValue(out bool served) || !served) continue;
            string versionName = version["name"].Text()!;
            var (schema, rules) = Cache.GetValue(version, Compile);
            var subresources = version["subresources"] as JsonObject;
            yield return new ServedResource
            {
                Gvr = new Gvr(group, versionName, plural),
                Kind = names["kind"].Text()!,
                ListKind = names["listKind"].Text() ?? names["kind"].Text() + "List",
                Singular = names["singular"].Text() ?? "",
                ShortNames = Texts(names["shortNames"]),
                Categories = Texts(names["categories"]),
                Namespaced = spec["scope"].Text() == "Namespaced",
                Schema = schema,
                Table = table,
                Custom = true,
                Rules = rules,
                HasStatus = subresources?.ContainsKey("status") ?? false,
                Scale = Scale(subresources?["scale"] as JsonObject),
                SourceScale = subresources?["scale"] as JsonObject,
                Columns = PrinterColumns.Of(version),
                SelectableFields = [.. (version["selectableFields"] as JsonArray ?? []).Select(f => (f?["jsonPath"].Text() ?? "").TrimStart('.'))],
                CountsGenerations = true,
                Terminating = crd.IsDeleting(),
                View = severalVersions ? VersionView($"{group}/{versionName}", storage) : null,
                SourceSchema = version["schema"]?["openAPIV3Schema"] as JsonObject,
            };
        }
    }

    private static Compiled Compile(JsonObject version)
    {
        var schema = version["schema"]?["openAPIV3Schema"] is JsonObject source
            ? SchemaReader.Read(source)
            : new StructuralSchema { Type = "object", PreserveUnknownFields = true };
        return new Compiled(schema, CompiledRules.Compile(schema));
    }

    private static ScalePaths? Scale(JsonObject? scale) => scale is null
        ? null
        : new ScalePaths(scale["specReplicasPath"].Text() ?? "", scale["statusReplicasPath"].Text() ?? "", scale["labelSelectorPath"].Text());

    /// <summary>Conversion <c>None</c>: only the apiVersion differs between versions.</summary>
    private static ObjectView VersionView(string served, string stored) => new(obj => WithVersion((JsonObject)obj.DeepClone(), served), obj => WithVersion(obj, stored));

    private static JsonObject WithVersion(JsonObject obj, string apiVersion)
    {
        obj["apiVersion"] = apiVersion;
        return obj;
    }

    private static ImmutableArray<string> Texts(JsonNode? array) => [.. (array as JsonArray ?? []).Select(t => t.Text() ?? "")];

    private sealed record Compiled(StructuralSchema Schema, CompiledRules Rules);
}
