using System.Globalization;
using Spectre.Console;

namespace Nemotron.Cli.Statuses;

/// <summary>A deployment as a tree for people: what is wrong comes first.</summary>
internal static class StatusTree
{
    public static void Write(Terminal terminal, StatusReport report)
    {
        var console = terminal.Sentences();
        var tree = new Tree(Line($"[bold]{report.Namespace}/{report.Name}[/]  {Headline(report)}  {Grey(report.Age)}")) { Guide = TreeGuide.Line };
        tree.AddNode(Line($"{Head("Spec")}{Spec(report)}"));
        tree.AddNode(Line($"{Head("Replicas")}{Replicas(report)}"));
        if (report.KvUtilizationPercent is not null || report.TokensPerSecond is not null)
            tree.AddNode(Line($"{Head("Load")}{Figure(report.KvUtilizationPercent, " % of the KV cache")}, {Figure(report.TokensPerSecond, " tokens/s")}"));
        Pods(tree, report);
        Conditions(tree, report);
        if (report.LastScaling is { } change)
            tree.AddNode(Line($"{Head("Scaled")}from {change.From} to {change.To} {change.Ago} ago ({Escape(change.Reason)}): {Escape(change.Message)}"));
        if (report.Decision is { } decision && decision != report.LastScaling?.Message) tree.AddNode(Line($"{Head("Autoscaler")}{Escape(decision)}"));
        console.Write(tree);
    }

    private static string Headline(StatusReport report) => report switch
    {
        { Conditions.Count: 0 } => "[yellow]not looked at by an operator yet[/]",
        { UpToDate: false } => "[yellow]the status is of an older spec: the operator has not seen the last change[/]",
        { Worst: { Verdict: ConditionVerdict.Bad } worst } => $"[red]{Escape(worst.Reason)}[/]",
        { Worst: { } worst } => $"[yellow]{Escape(worst.Reason)}[/]",
        _ => "[green]Ready[/]",
    };

    private static string Spec(StatusReport report) => Escape(string.Join(", ",
        new[]
        {
            Named(report),
            report.TensorParallel is { } degree ? $"TP {degree}{(report.PipelineParallel is > 1 ? $" PP {report.PipelineParallel}" : "")}" : null,
            report.Precision is { } precision ? precision + (report.KvPrecision is { } cache ? $" (KV {cache})" : "") : null,
            report.EngineVersion is { } version ? $"{report.Engine} {version}" : report.Engine,
            $"reasoning {report.ReasoningDefault} ({report.ReasoningEnforcement})",
            report.NodePool is { } pool ? $"pool {pool}{(report.Gpu is { } gpu ? $" ({gpu})" : "")}" : null,
            report.ContextTokens is { } context ? $"context {context}" : null,
        }.OfType<string>()));

    private static string Named(StatusReport report) =>
        report.Tier is { } tier && tier != report.Model ? $"{tier}{(report.Model is { } model ? $" ({model})" : "")}" : report.Model ?? "no model";

    private static string Replicas(StatusReport report) =>
        $"{Figure(report.Desired, " desired")}, {Figure(report.Ready, " ready")}, {Figure(report.Updated, " updated")}; set by {Escape(report.ReplicasOwner)}";

    private static void Pods(Tree tree, StatusReport report)
    {
        if (report.Pods.Count == 0)
        {
            tree.AddNode(Line($"{Head("Pods")}none"));
            return;
        }

        var pods = tree.AddNode(Line($"[bold]Pods[/]"));
        foreach (var replica in report.Pods.GroupBy(pod => pod.Replica))
        {
            var parent = replica.First().InGroup ? pods.AddNode(Line($"replica {Escape(replica.Key)}")) : (IHasTreeNodes)pods;
            foreach (var pod in replica) parent.AddNode(Line(Pod(pod)));
        }
    }

    private static string Pod(PodReport pod)
    {
        var colour = pod.Phase switch { PodPhases.Ready => "green", PodPhases.Failing or PodPhases.Ended => "red", _ => "yellow" };
        var why = pod.Why is { } words ? $"  {Escape(words)}" : "";
        return $"{Escape(pod.Name)}  [{colour}]{pod.Phase}[/]  {Escape(pod.Node ?? "no node")}  {pod.Gpus} GPU{(pod.Gpus == 1 ? "" : "s")}  {Grey(pod.Age)}{why}";
    }

    private static void Conditions(Tree tree, StatusReport report)
    {
        if (report.Conditions.Count == 0) return;
        var conditions = tree.AddNode(Line($"[bold]Conditions[/]"));
        foreach (var condition in report.Conditions)
        {
            var (colour, mark) = condition.Verdict switch { ConditionVerdict.Bad => ("red", "✗"), ConditionVerdict.Doubtful => ("yellow", "!"), _ => ("green", "✓") };
            conditions.AddNode(Line($"[{colour}]{mark} {Escape(condition.Type)}={condition.Status}[/] {Escape(condition.Reason)}: {Escape(condition.Message)} {Grey(condition.Since)}"));
        }
    }

    private static string Figure(long? figure, string unit) => (figure?.ToString(CultureInfo.InvariantCulture) ?? "?") + unit;

    private static string Head(string word) => $"[bold]{word}[/]  ";

    private static string Grey(string text) => $"[grey]{Escape(text)}[/]";

    private static string Escape(string? text) => Markup.Escape(text ?? "");

    private static Markup Line(string markup) => new(markup);
}
