using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Schema;

/// <summary>The versions of a CRD: names, the one that is stored, and what each (or all alike) declare.</summary>
internal static class CrdVersions
{
    private static readonly string[] Parts = ["schema", "subresources", "additionalPrinterColumns", "selectableFields"];

    /// <summary>Adds what is wrong with the versions taken one by one; what they share is left to <see cref="ValidateShared"/>.</summary>
    public static void Validate(IReadOnlyList<JsonNode?> versions, List<StatusCause> causes)
    {
        var shared = Parts.Where(p => CrdJson.Shared(versions, p) is not null).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < versions.Count; i++)
        {
            var path = $"spec.versions[{i}]";
            var name = CrdJson.Text(versions[i], "name");
            if (DnsNames.Label(name).ToList() is { Count: > 0 } complaints)
                causes.Add(FieldError.Invalid(path + ".name", name, string.Join(",", complaints)));
            if (CrdJson.Text(versions[i], "deprecationWarning").Length > 0 && !CrdJson.Flag(versions[i], "deprecated"))
                causes.Add(FieldError.Invalid(path + ".deprecationWarning", CrdJson.Text(versions[i], "deprecationWarning"), "can only be set for deprecated versions"));
            var version = versions[i] as JsonObject ?? [];
            if (!shared.Contains("schema"))
                CrdSchema.Validate(SchemaOf(version), path + ".schema.openAPIV3Schema", HasStatus(version), causes);
            if (!shared.Contains("subresources")) CrdSubresources.Validate(version["subresources"], path + ".subresources", causes);
            if (!shared.Contains("additionalPrinterColumns")) CrdColumns.Validate(version["additionalPrinterColumns"], path + ".additionalPrinterColumns", causes);
            if (!shared.Contains("selectableFields")) CrdSelectableFields.Validate(version["selectableFields"], SchemaOf(version), path + ".selectableFields", causes);
        }
        if (versions.Select(v => CrdJson.Text(v, "name")).Distinct(StringComparer.Ordinal).Count() != versions.Count)
            causes.Add(FieldError.InvalidPrinted("spec.versions", Printed(versions, shared), "must contain unique version names"));
        if (versions.Count(v => CrdJson.Flag(v, "storage")) != 1)
            causes.Add(FieldError.InvalidPrinted("spec.versions", Printed(versions, shared), "must have exactly one version marked as storage version"));
    }

    /// <summary>Adds what is wrong with what all versions declare alike.</summary>
    public static void ValidateShared(IReadOnlyList<JsonNode?> versions, List<StatusCause> causes)
    {
        if (CrdJson.Shared(versions, "schema") is { } schema)
            CrdSchema.Validate(CrdJson.Object(schema, "openAPIV3Schema"), "spec.validation.openAPIV3Schema", versions.Any(v => HasStatus(v!)), causes);
        CrdSubresources.Validate(CrdJson.Shared(versions, "subresources"), "spec.subresources", causes);
        CrdColumns.Validate(CrdJson.Shared(versions, "additionalPrinterColumns"), "spec.additionalPrinterColumns", causes);
        if (CrdJson.Shared(versions, "selectableFields") is { } fields)
            CrdSelectableFields.Validate(fields, SchemaOf(versions[0]!), "spec.selectableFields", causes);
    }

    private static JsonObject? SchemaOf(JsonNode version) => CrdJson.Object(CrdJson.Object(version, "schema"), "openAPIV3Schema");

    private static bool HasStatus(JsonNode version) => CrdJson.Object(version, "subresources") is { } o && o.ContainsKey("status");

    // The server prints its own internal form of the versions, with what they share lifted out.
    private static string Printed(IReadOnlyList<JsonNode?> versions, HashSet<string> shared) =>
        GoText.Json(new JsonArray([.. versions.Select(v => (JsonNode)new JsonObject
        {
            ["Name"] = CrdJson.Text(v, "name"),
            ["Served"] = CrdJson.Flag(v, "served"),
            ["Storage"] = CrdJson.Flag(v, "storage"),
            ["Deprecated"] = CrdJson.Flag(v, "deprecated"),
            ["DeprecationWarning"] = v?["deprecationWarning"]?.DeepClone(),
            ["Schema"] = Part(v, "schema", shared),
            ["Subresources"] = Part(v, "subresources", shared),
            ["AdditionalPrinterColumns"] = Part(v, "additionalPrinterColumns", shared),
            ["SelectableFields"] = Part(v, "selectableFields", shared),
        })]), sortKeys: false);

    private static JsonNode? Part(JsonNode? version, string key, HashSet<string> shared) => shared.Contains(key) ? null : version?[key]?.DeepClone();
}
