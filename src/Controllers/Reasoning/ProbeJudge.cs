using System.Text.Json.Nodes;
using Nemotron.Planning;

namespace Nemotron.Controllers.Reasoning;

/// <summary>One mode's answer: what the gateway says it applied, and what the model wrote.</summary>
/// <param name="Applied">The header <c>X-Nemotron-Reasoning</c>, or null.</param>
/// <param name="Overridden">The header <c>X-Nemotron-Reasoning-Overridden</c>, or null.</param>
/// <param name="Message">The answer's message.</param>
internal sealed record ModeAnswer(string? Applied, string? Overridden, JsonObject Message);

/// <summary>Whether an answer shows a mode. Pure.</summary>
internal static class ProbeJudge
{
    private const string Open = "<think>", Close = "</think>";

    /// <summary>Judges the answers to two requests: one that says nothing of the mode, and one that asks for the other.</summary>
    public static ProbeOutcome Judge(GatewayReasoning declared, ModeAnswer unasked, ModeAnswer other)
    {
        var enforced = declared.Enforcement == GatewayEnforcement.Enforced;
        var (usual, contrary) = (declared.Default, declared.Default == ReasoningMode.On ? ReasoningMode.Off : ReasoningMode.On);
        var faults = new[]
        {
            Fault($"A request that says nothing, where {usual} is declared", usual, unasked, declared.TraceOpenedBy),
            Fault(enforced ? $"A request for {contrary}, where {usual} is enforced" : $"A request for {contrary}", enforced ? usual : contrary, other, declared.TraceOpenedBy),
            enforced && other.Overridden is null ? $"A request for {contrary}, where {usual} is enforced: the answer does not say that it was overridden." : null,
        };
        if (faults.FirstOrDefault(fault => fault is not null) is { } fault) return new ProbeOutcome(ProbeResult.NotHeld, fault);
        var shown = Shows(unasked.Message, declared.TraceOpenedBy) is not null && Shows(other.Message, declared.TraceOpenedBy) is not null;
        return new ProbeOutcome(ProbeResult.Held,
            $"A request that says nothing got {usual}; one for {contrary} got {(enforced ? $"{usual}, as enforced" : contrary)}. "
            + (shown ? "The model's text shows it." : "The gateway says so; the beginning of the model's text does not show it with this model."));
    }

    /// <summary>Whether a message has a reasoning trace; null where its beginning cannot show it.</summary>
    public static bool? Shows(JsonObject message, TraceOpener opener)
    {
        if (!string.IsNullOrWhiteSpace(Text(message, "reasoning_content") ?? Text(message, "reasoning"))) return true;
        var text = Text(message, "content") ?? "";
        var open = text.IndexOf(Open, StringComparison.Ordinal);
        var close = text.IndexOf(Close, StringComparison.Ordinal);
        if (open >= 0) return close < open || !string.IsNullOrWhiteSpace(text[(open + Open.Length)..close]);
        if (close >= 0) return !string.IsNullOrWhiteSpace(text[..close]);
        // Where the template opens the trace, the text may still be inside it.
        return opener == TraceOpener.Template || string.IsNullOrWhiteSpace(text) ? null : false;
    }

    private static string? Fault(string request, ReasoningMode wanted, ModeAnswer answer, TraceOpener opener)
    {
        if (!string.Equals(answer.Applied, wanted.ToString(), StringComparison.OrdinalIgnoreCase))
            return $"{request}: the gateway applied {answer.Applied ?? "no mode"}, not {wanted}.";
        return Shows(answer.Message, opener) is { } thinks && thinks != (wanted == ReasoningMode.On)
            ? $"{request}: the gateway applied {wanted}, and the model's answer {(thinks ? "has a" : "has no")} reasoning trace all the same. "
                + "The checkpoint's chat template (or spec.engine.chatTemplate), or the reasoning parser, does not follow the model's grammar."
            : null;
    }

    private static string? Text(JsonObject message, string field) => message[field] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
