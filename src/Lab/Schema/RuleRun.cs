using System.Text;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Cel;

namespace Nemotron.Lab.Schema;

/// <summary>One run of all rules over one object.</summary>
internal sealed class RuleRun
{
    private const int LongestMessageBytes = 5 * 1024;

    private readonly List<StatusCause> _causes = [];
    private long _budget = CompiledRules.ObjectBudget;
    private bool _stopped;

    /// <summary>What was found.</summary>
    public IReadOnlyList<StatusCause> Causes => _causes;

    /// <summary>Runs the rules of a level, then those below it.</summary>
    public void Visit(CompiledRules.Level level, JsonNode? value, JsonNode? old, string path)
    {
        if (value is null || _stopped) return;
        if (level.Rules.Count > 0) RunAll(level, value, old, path);
        switch (value)
        {
            case JsonObject o:
                foreach (var (name, below) in level.Properties) Visit(below, o[name], Correlation.OldField(name, old), FieldPath.Child(path, name));
                if (level.Values is { } values)
                    foreach (var (name, item) in o)
                        if (!level.Schema.Properties.ContainsKey(name))
                            Visit(values, item, Correlation.OldField(name, old), FieldPath.Key(path, name));
                break;
            case JsonArray list when level.Items is { } items:
                for (var i = 0; i < list.Count; i++)
                    Visit(items, list[i], Correlation.OldItem(list[i], old, level.Schema), FieldPath.Index(path, i));
                break;
        }
    }

    private void RunAll(CompiledRules.Level level, JsonNode value, JsonNode? old, string path)
    {
        var self = JsonValues.FromJson(value, level.Schema);
        var oldSelf = old is null ? null : JsonValues.FromJson(old, level.Schema);
        var unchanged = new Lazy<bool>(() => old is not null && Correlation.Same(value, old));
        foreach (var rule in level.Rules)
        {
            if (_stopped) return;
            var isTransition = rule.UsesOldSelf;
            if (rule.Program is null)
            {
                _causes.Add(FieldError.Internal(path, $"rule compile error: {rule.Fault}"));
                continue;
            }
            if (isTransition && old is null && !rule.Rule.OptionalOldSelf) continue;
            var variables = new Dictionary<string, object>(StringComparer.Ordinal) { ["self"] = self };
            if (rule.Rule.OptionalOldSelf) variables["oldSelf"] = oldSelf is null ? CelOptional.None : new CelOptional(oldSelf);
            else if (oldSelf is not null) variables["oldSelf"] = oldSelf;
            var cause = Run(rule, variables, value, level.Schema, path);
            if (cause is not null && (isTransition || _stopped || !unchanged.Value)) _causes.Add(cause);
        }
    }

    private StatusCause? Run(CompiledRule rule, Dictionary<string, object> variables, JsonNode value, StructuralSchema schema, string path)
    {
        var shown = value is JsonObject or JsonArray ? null : GoText.FieldValue(value);
        try
        {
            if (Evaluate(rule.Program!, variables) is true) return null;
            var at = rule.Rule.FieldPath is { } field && RelativeFieldPath.Normalize(field, schema, out _) is { } normal ? FieldPath.Child(path, normal) : path;
            return ForReason(rule.Rule, at, shown, MessageOf(rule, variables));
        }
        catch (CelBudgetException e)
        {
            _stopped = true;
            return FieldError.InvalidPrinted(path, shown, _budget < 0
                ? "validation failed due to running out of cost budget, no further validation rules will be run"
                : $"'{e.Message}': no further validation rules will be run due to call cost exceeds limit for rule: {Title(rule.Rule)}");
        }
        catch (CelEvaluationException e)
        {
            return ForReason(rule.Rule, path, shown, e.Message.StartsWith("no such overload", StringComparison.Ordinal)
                ? $"'{e.Message}': call arguments did not match a supported operator, function or macro signature for rule: {Title(rule.Rule)}"
                : $"{e.Message} evaluating rule: {Title(rule.Rule)}");
        }
    }

    private object Evaluate(CelProgram program, Dictionary<string, object> variables)
    {
        var cost = 0L;
        try
        {
            return program.Evaluate(variables, CelProgram.PerCallBudget, out cost);
        }
        finally
        {
            _budget -= cost;
            if (_budget < 0) _stopped = true;
        }
    }

    // A message that fails, is blank, has line breaks or is too long gives way to the plain one.
    private string MessageOf(CompiledRule rule, Dictionary<string, object> variables)
    {
        var plain = string.IsNullOrWhiteSpace(rule.Rule.Message) ? $"failed rule: {Title(rule.Rule)}" : rule.Rule.Message.Trim();
        if (rule.Message is null) return plain;
        try
        {
            var text = ((string)Evaluate(rule.Message, variables)).Trim();
            return text.Length == 0 || text.Contains('\n') || text.Contains('\r') || Encoding.UTF8.GetByteCount(text) > LongestMessageBytes ? plain : text;
        }
        catch (CelEvaluationException)
        {
            return plain;
        }
        catch (CelBudgetException)
        {
            return plain;
        }
    }

    private static string Title(ValidationRule rule) => string.IsNullOrWhiteSpace(rule.Message) ? rule.Rule.Trim() : rule.Message.Trim();

    private static StatusCause ForReason(ValidationRule rule, string path, string? shown, string message) => rule.Reason switch
    {
        "FieldValueForbidden" => FieldError.Forbidden(path, message),
        "FieldValueRequired" => FieldError.Required(path, message),
        "FieldValueDuplicate" => FieldError.Duplicate(path, shown),
        _ => FieldError.InvalidPrinted(path, shown, message),
    };
}
