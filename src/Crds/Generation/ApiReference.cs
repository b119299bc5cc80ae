using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;

namespace Nemotron.Crds.Generation;

/// <summary>The page <c>docs/api.md</c>: every field of every kind as the schemas have it, and the words of the conditions.</summary>
public static class ApiReference
{
    private const string Header = """
        # API reference

        <!-- Generated from src/Crds. Do not edit: change the types there, then
             dotnet run --project src/Crds.Generator -- config/crd docs/api.md -->

        All kinds are of `serving.nemotron.dev/v1alpha1`. A field that is **bold** must be set. What the schema refuses, and the rules that it cannot say in types, stand with each field;
        what admission refuses beyond that is in [webhook.md](webhook.md), conditions and their reasons in [troubleshooting.md](troubleshooting.md).

        """;

    private static readonly string[] Bounds = ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "maxProperties"];

    /// <summary>The page. Equal types give equal text.</summary>
    /// <exception cref="FileNotFoundException">This assembly's documentation file, which holds the descriptions, is not beside it.</exception>
    public static string Page()
    {
        var generator = CrdGenerator.Create();
        var page = new StringBuilder(Header.ReplaceLineEndings("\n"));
        foreach (var kind in ApiKinds.All) Kind(page, generator.Generate(kind));
        Words(page, XmlDocumentation.Beside(typeof(ApiReference).Assembly));
        return page.ToString();
    }

    private static void Kind(StringBuilder page, JsonObject definition)
    {
        var (spec, names) = (definition["spec"]!, definition["spec"]!["names"]!);
        var schema = (JsonObject)spec["versions"]![0]!["schema"]!["openAPIV3Schema"]!;
        var shortNames = string.Join(", ", (names["shortNames"] as JsonArray ?? []).Select(name => $"`{name}`"));
        page.Append($"\n## {names["kind"]}\n\n{schema["description"]}\n\n{spec["scope"]}, `{names["plural"]}`{(shortNames.Length > 0 ? $", short {shortNames}" : "")}.\n");
        foreach (var part in new[] { "spec", "status" })
        {
            if (schema["properties"]?[part] is not JsonObject top) continue;
            page.Append($"\n### {names["kind"]} {part}\n\n{top["description"]}\n");
            foreach (var rule in Rules(top)) page.Append($"\n- {rule}");
            if (Rules(top).Any()) page.Append('\n');
            page.Append("\n| Field | Type | |\n|---|---|---|\n");
            Fields(page, top, part);
        }
    }

    private static void Fields(StringBuilder page, JsonObject schema, string path)
    {
        var required = (schema["required"] as JsonArray ?? []).Select(name => name!.GetValue<string>()).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, below) in schema["properties"] as JsonObject ?? [])
        {
            var field = (JsonObject)below!;
            var here = $"{path}.{name}";
            var shown = required.Contains(name) ? $"**`{here}`**" : $"`{here}`";
            page.Append($"| {shown} | {Type(field)} | {Cell(Told(field))} |\n");
            var inner = field["items"] as JsonObject ?? field["additionalProperties"] as JsonObject ?? field;
            Fields(page, inner, field["items"] is not null ? $"{here}[]" : field["additionalProperties"] is JsonObject ? $"{here}.*" : here);
        }
    }

    private static string Type(JsonObject field)
    {
        if (field["enum"] is JsonArray values) return string.Join(", ", values.Select(value => $"`{value}`"));
        if (field["items"] is JsonObject items) return $"list of {Type(items)}";
        if (field["additionalProperties"] is JsonObject of) return $"map to {Type(of)}";
        if (field["x-kubernetes-int-or-string"] is not null) return field["pattern"] is null ? "integer or string" : "quantity";
        return field["format"]?.GetValue<string>() is "duration" or "date-time" ? field["format"]!.GetValue<string>() : field["type"]?.GetValue<string>() ?? "any";
    }

    private static IEnumerable<string> Told(JsonObject field)
    {
        if (field["description"] is { } description) yield return description.GetValue<string>();
        if (field["default"] is { } value) yield return $"Default: `{value.ToJsonString().Trim('"')}`.";
        var bounds = Bounds.Where(bound => field[bound] is not null).Select(bound => $"{bound} {field[bound]}").ToList();
        if (bounds.Count > 0) yield return $"({string.Join(", ", bounds)})";
        foreach (var rule in Rules(field).Concat(field["items"] is JsonObject items ? Rules(items) : [])) yield return rule;
    }

    private static IEnumerable<string> Rules(JsonObject schema) => (schema["x-kubernetes-validations"] as JsonArray ?? [])
        .Select(rule => $"Rule: {(rule!["fieldPath"] is { } at ? $"`{at.GetValue<string>().TrimStart('.')}` " : "")}{rule["message"] ?? rule["rule"]}.");

    private static string Cell(IEnumerable<string> parts) => string.Join(' ', parts).Replace("|", "\\|", StringComparison.Ordinal);

    private static void Words(StringBuilder page, XmlDocumentation documentation)
    {
        foreach (var (title, type, what) in new[]
        {
            ("Condition types", typeof(ConditionTypes), "Condition"), ("Condition reasons", typeof(ConditionReasons), "Reason"),
            ("Labels", typeof(NemotronLabels), "Label"), ("Annotations", typeof(NemotronAnnotations), "Annotation"), ("Taints", typeof(NemotronTaints), "Taint"),
        })
        {
            page.Append($"\n## {title}\n\n{documentation.Of(type)}\n\n| {what} | |\n|---|---|\n");
            foreach (var constant in type.GetFields(BindingFlags.Public | BindingFlags.Static))
                page.Append($"| `{constant.GetRawConstantValue()}` | {Cell([documentation.Of(constant) ?? ""])} |\n");
        }
    }
}
