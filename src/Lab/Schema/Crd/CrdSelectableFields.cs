using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Schema;

/// <summary>The fields that a field selector may name.</summary>
internal static class CrdSelectableFields
{
    private const int Most = 8;

    /// <summary>Adds what is wrong with <c>selectableFields</c>.</summary>
    public static void Validate(JsonNode? fields, JsonObject? schema, string path, List<StatusCause> causes)
    {
        if (fields is not JsonArray list || schema is null) return;
        var root = SchemaReader.Read(schema);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < list.Count; i++)
        {
            var at = FieldPath.Index(path, i) + ".jsonPath";
            var jsonPath = CrdJson.Text(list[i], "jsonPath");
            if (jsonPath.Length == 0)
            {
                causes.Add(FieldError.Required(at));
                continue;
            }
            var normal = RelativeFieldPath.Normalize(jsonPath, root, out var fault);
            if (fault is not null) causes.Add(FieldError.Invalid(at, jsonPath, $"is an invalid path: {fault}"));
            else if (normal!.Split('.', '[')[0] == "metadata") causes.Add(FieldError.Invalid(at, jsonPath, "must not point to fields in metadata"));
            else if (Target(root, normal)?.Type is not ("boolean" or "integer" or "string"))
                causes.Add(FieldError.Invalid(at, jsonPath, "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."));
            if (!seen.Add(jsonPath)) causes.Add(FieldError.Duplicate(FieldPath.Index(path, i) + ".jsonPath", GoText.Quote(jsonPath)));
        }
        if (list.Count > Most) causes.Add(FieldError.TooMany(path, list.Count, Most));
    }

    private static StructuralSchema? Target(StructuralSchema root, string path)
    {
        StructuralSchema? at = root;
        foreach (var part in path.Split('.')) at = at?.Properties.GetValueOrDefault(part);
        return at;
    }
}
