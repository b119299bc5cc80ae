using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Schema;

/// <summary>The form of <c>x-kubernetes-validations</c>, before anything is compiled.</summary>
internal static class RuleForm
{
    private static readonly string[] Reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

    /// <summary>Adds what is wrong with the rules at this node.</summary>
    public static void Validate(JsonObject schema, string path, List<StatusCause> causes)
    {
        var rules = CrdJson.List(schema, "x-kubernetes-validations");
        var read = rules.Count > 0 ? SchemaReader.Read(schema) : null;
        for (var i = 0; i < rules.Count; i++)
        {
            var at = FieldPath.Index(path + ".x-kubernetes-validations", i);
            var text = CrdJson.Text(rules[i], "rule");
            var message = CrdJson.Text(rules[i], "message");
            var expression = CrdJson.Text(rules[i], "messageExpression");
            var (hasMessage, hasExpression) = (!string.IsNullOrWhiteSpace(message), !string.IsNullOrWhiteSpace(expression));
            if (string.IsNullOrWhiteSpace(text)) causes.Add(FieldError.Required(at + ".rule", "rule is not specified"));
            else if (message.Length > 0 && !hasMessage) causes.Add(FieldError.Invalid(at + ".message", message, "message must be non-empty if specified"));
            else if (HasLineBreaks(message.Trim())) causes.Add(FieldError.Invalid(at + ".message", message, "message must not contain line breaks"));
            else if (HasLineBreaks(text.Trim()) && !hasMessage && !hasExpression)
                causes.Add(FieldError.Required(at + ".message", "message or messageExpression must be specified if rule contains line breaks"));
            if (expression.Length > 0 && !hasExpression) causes.Add(FieldError.Required(at + ".messageExpression", "messageExpression must be non-empty if specified"));
            if (CrdJson.Text(rules[i], "reason") is { Length: > 0 } reason && !Reasons.Contains(reason))
                causes.Add(FieldError.NotSupported(at + ".reason", reason, Reasons));
            if (CrdJson.Text(rules[i], "fieldPath") is { Length: > 0 } field) Field(field, read!, at + ".fieldPath", causes);
        }
    }

    private static void Field(string field, StructuralSchema schema, string at, List<StatusCause> causes)
    {
        if (string.IsNullOrWhiteSpace(field)) causes.Add(FieldError.Invalid(at, field, "fieldPath must be non-empty if specified"));
        else if (HasLineBreaks(field)) causes.Add(FieldError.Invalid(at, field, "fieldPath must not contain line breaks"));
        else if (RelativeFieldPath.Normalize(field, schema, out var fault) is null)
            causes.Add(FieldError.Invalid(at, field, $"fieldPath must be a valid path: {fault}"));
    }

    private static bool HasLineBreaks(string text) => text.AsSpan().ContainsAny('\n', '\r');
}
