using System.Globalization;
using Spectre.Console;

namespace Nemotron.Cli.Explanations;

/// <summary>An explanation for people: the number, why, the figures behind it, and what holds it.</summary>
internal static class ExplanationText
{
    public static void Write(Terminal terminal, Explanation it)
    {
        var console = terminal.Sentences();
        console.MarkupLine($"[bold]{Markup.Escape($"{it.Namespace}/{it.Name}")}[/]  {Number(it.Desired)} replicas wanted, {Number(it.Ready)} serve{(it.Recommended is { } wanted ? $"; the autoscaler's number is {wanted}" : "")}");
        if (it.Decision is { } decision)
        {
            console.MarkupLine($"Decision: {Markup.Escape(decision)}");
            console.MarkupLine($"          {Markup.Escape($"{it.Reason}: {it.Meaning ?? "a reason of another version of the operator"}")}");
        }

        if (it.LastChange is { } change)
            console.MarkupLine(Markup.Escape($"Last change: from {change.From} to {change.To} {change.Ago} ago ({change.Reason}): {change.Message}"));
        var figures = Terminal.Columns("FIGURE", "VALUE");
        foreach (var (figure, value) in Figures(it)) figures.AddRow(Markup.Escape(figure), Markup.Escape(value));
        console.Write(figures);
        console.MarkupLine(it.Obstacles.Count == 0 ? "[green]Nothing holds the number: it follows the demand.[/]" : "[bold]What holds the number:[/]");
        foreach (var obstacle in it.Obstacles) console.MarkupLine($"  [yellow]{Markup.Escape(obstacle.Why)}[/]: {Markup.Escape(obstacle.Message)}");
    }

    private static IEnumerable<(string Figure, string Value)> Figures(Explanation it)
    {
        if (it.Signals is { } signals)
        {
            yield return ("signals of", signals.Ago is { } ago ? $"{ago} ago" : "no tick yet");
            yield return ("arriving", $"{Number(signals.RequestsPerSecond)} requests/s, {Number(signals.ThinkingRequestsPerSecond)} thinking");
            yield return ("in flight, queued", $"{Number(signals.InFlight)}, {Number(signals.Queued)}");
            yield return ("KV cache in use", signals.KvUtilizationPercent is { } kv ? $"{kv} %" : "?");
            yield return ("output", $"{Number(signals.TokensPerSecond)} tokens/s");
            yield return ("mean request", $"{Number(signals.PromptTokens)} prompt, {Number(signals.OutputTokens)} output tokens; thinking {Number(signals.ThinkingOutputTokens)}");
        }

        yield return ("a replica holds", $"{Number(it.Replica.KvTokens)} tokens of KV cache, {Number(it.Replica.MaxSequences)} sequences");
        yield return ("a replica does", it.Replica.TrustedTokensPerSecond is { } trusted
            ? $"{trusted} output tokens/s (spec.autoscaling.targets.tokensPerSecondPerReplica)"
            : it.Replica.RequestsPerSecond is { } rate ? $"{Number(rate)} requests/s, or {Number(it.Replica.ThinkingRequestsPerSecond)} thinking ones (capacity model, corrected by what was seen)" : "? (model or GPU is not in the catalogue of this program)");
        yield return ("a new replica serves in", it.Replica.LeadSeconds is { } lead ? $"{Number(lead)} s ({(it.Replica.LeadMeasured ? "measured" : "reckoned")})" : "?");
        if (it.Targets is { } targets)
        {
            yield return ("targets", $"KV {Number(targets.KvPercent)} %, throughput {Number(targets.ThroughputPercent)} %");
            if (targets.Off is { } off) yield return ("objectives, no thinking", Objectives(off));
            if (targets.On is { } on) yield return ("objectives, thinking", Objectives(on));
        }

        if (it.Limits is not { } limits) yield break;
        yield return ("limits now", limits.ScheduleTrouble ?? $"{limits.Min} to {limits.Max}{(limits.Schedule is { } schedule ? $", by schedule {schedule}" : "")}");
        yield return ("upwards", $"{limits.Up}{(limits.LastUpAgo is { } up ? $"; last {up} ago" : "")}");
        yield return ("downwards", $"{limits.Down}{(limits.LastDownAgo is { } down ? $"; last {down} ago" : "")}{(limits.PanicFor is { } panic ? $"; nothing for {panic}, since a queue grew" : "")}");
    }

    private static string Objectives(LatencyFigures objective) => string.Join(", ", new[]
    {
        objective.TtftSeconds is { } ttft ? $"TTFT {Number(1000 * ttft)} ms" : null,
        objective.ItlSeconds is { } itl ? $"ITL {Number(1000 * itl)} ms" : null,
        $"of {Number(objective.Percentile)} % of requests",
    }.OfType<string>());

    private static string Number(double? value) => value is { } known ? known.ToString(Math.Abs(known) < 10 ? "0.##" : "0", CultureInfo.InvariantCulture) : "?";
}
