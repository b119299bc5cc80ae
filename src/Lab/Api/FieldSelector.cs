using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api;

/// <summary>A parsed field selector, such as <c>metadata.name=a,status.phase!=Running</c>.</summary>
internal sealed class FieldSelector
{
    private readonly List<(string Field, bool Negated, string Value)> terms = [];

    public static readonly FieldSelector Everything = new();

    public bool IsEverything => terms.Count == 0;

    /// <summary>The one name selected, or null: lists and watches by name are then lookups.</summary>
    public string? ExactName => terms.Where(t => t is { Field: "metadata.name", Negated: false }).Select(t => t.Value).FirstOrDefault();

    /// <exception cref="ApiException">400 for what does not parse or is not selectable on the resource.</exception>
    public static FieldSelector Parse(string? text, ServedResource resource)
    {
        if (string.IsNullOrEmpty(text)) return Everything;
        var selector = new FieldSelector();
        foreach (string term in Split(text))
        {
            if (term.Length == 0) continue;
            int at = term.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0) throw ApiErrors.BadRequest($"invalid selector: '{text}'; can't understand '{term}'");
            bool negated = term[at - 1] == '!';
            string field = term[..(negated ? at - 1 : at)];
            string value = term[(at + 1)..].TrimStart('=');
            if (field is not ("metadata.name" or "metadata.namespace") && !resource.SelectableFields.Contains(field))
            {
                throw ApiErrors.BadRequest(resource.Custom || resource.Builtin is null
                    ? $"field label not supported: {field}"
                    : $"\"{field}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"{string.Concat(resource.SelectableFields.Select(f => $", \"{f}\""))}");
            }
            selector.terms.Add((field, negated, Unescape(value)));
        }
        return selector;
    }

    public bool Matches(JsonObject obj)
    {
        foreach (var (field, negated, value) in terms)
        {
            if (string.Equals(Value(obj, field), value, StringComparison.Ordinal) == negated) return false;
        }
        return true;
    }

    /// <summary>The field as a selector sees it: absent is the empty string.</summary>
    private static string Value(JsonObject obj, string path)
    {
        JsonNode? node = obj;
        foreach (string step in path.Split('.')) node = (node as JsonObject)?[step];
        return node switch
        {
            null => path == "spec.unschedulable" ? "false" : "",
            JsonValue value when value.TryGetValue(out string? text) => text,
            JsonValue value when value.TryGetValue(out bool flag) => flag ? "true" : "false",
            _ => node.Integer()?.ToString(CultureInfo.InvariantCulture) ?? node.ToJsonString(),
        };
    }

    /// <summary>Splits at commas that are not escaped with a backslash.</summary>
    private static IEnumerable<string> Split(string text)
    {
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\') i++;
            else if (text[i] == ',')
            {
                yield return text[start..i];
                start = i + 1;
            }
        }
        yield return text[start..];
    }

    private static string Unescape(string value) =>
        value.Replace("\\,", ",", StringComparison.Ordinal).Replace("\\=", "=", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);
}
