using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Cli.Statuses;

namespace Nemotron.Cli.Doctor.Checks;

/// <summary>An operator runs and leads.</summary>
internal static class OperatorCheck
{
    private const string Name = "operator";

    // Clocks of this machine and of the leader differ by seconds, not by minutes.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(60);

    public static CheckResult Of(Survey survey)
    {
        if (survey.Operators.Value is not { } operators) return CheckResult.NotDone(Name, survey.Operators.Trouble!);
        var leaders = (survey.Leases.Value ?? []).Where(lease => Renewed(lease) is { } renewed && survey.Now - renewed < Duration(lease) + Slack && Holder(lease).Length > 0).ToList();
        var findings = new List<Finding>();
        if (operators.Count == 0 && leaders.Count == 0)
            findings.Add(Finding.Fault("operator", "No Deployment of the operator is there, and no Lease of one is held.", "helm install nemotron-operator charts/nemotron-operator -n nemotron-system --create-namespace, or kubectl apply -k config/default."));
        foreach (var one in operators) findings.AddRange(Running(one));
        if (operators.Count > 0 && survey.Leases.Value is { } leases && leaders.Count == 0 && operators.All(one => one.Argument("--leader-elect") != "false"))
        {
            findings.Add(leases.Count == 0
                ? Finding.Fault("operator", "No operator leads: there is no Lease nemotron-operator.", $"kubectl -n {operators[0].Namespace} logs deploy/{operators[0].Deployment.Metadata.Name} says why; the right to create Leases is the usual cause.")
                : Finding.Fault("operator", $"No operator leads: the Lease of {Holder(leases[0])} was renewed {(Renewed(leases[0]) is { } last ? Age.Of(survey.Now - last) : "an unknown time")} ago.", $"kubectl -n {operators[0].Namespace} get pods, then logs: its pods are gone, or cannot reach the API server."));
        }

        findings.AddRange(Quarrels(operators));
        var summary = leaders.Count == 0 ? "" : $"{Holder(leaders[0])} leads{(operators.Count == 0 ? ", from outside the cluster" : "")}";
        return new CheckResult(Name, summary, findings);
    }

    // Each pair that acts in the same namespaces: what one writes, the other writes again.
    private static IEnumerable<Finding> Quarrels(IReadOnlyList<OperatorFacts> operators) =>
        from first in Enumerable.Range(0, operators.Count)
        from second in Enumerable.Range(first + 1, operators.Count - first - 1)
        let one = operators[first]
        let other = operators[second]
        let shared = Shared(one.WatchedNamespaces, other.WatchedNamespaces)
        where shared is not null
        select Finding.Warning("operator", $"The operators of {one.Namespace} and {other.Namespace} both act in {shared}.", "Keep one, or give each namespaces of its own (watchNamespaces).");

    private static string? Shared(IReadOnlyList<string> some, IReadOnlyList<string> others)
    {
        if (some.Count == 0 && others.Count == 0) return "all namespaces";
        var both = some.Count == 0 ? others : others.Count == 0 ? some : [.. some.Intersect(others, StringComparer.Ordinal)];
        return both.Count == 0 ? null : $"namespace{(both.Count > 1 ? "s" : "")} {string.Join(", ", both.Order(StringComparer.Ordinal))}";
    }

    private static IEnumerable<Finding> Running(OperatorFacts one)
    {
        var (name, wanted, ready) = ($"{one.Namespace}/{one.Deployment.Metadata.Name}", one.Deployment.Spec.Replicas ?? 1, one.Deployment.Status?.ReadyReplicas ?? 0);
        if (ready >= wanted && wanted > 0) yield break;
        var why = one.Pods.Select(pod => (pod, phase: PodPhases.Of(pod))).Where(entry => entry.phase.Phase != PodPhases.Ready)
            .Select(entry => $"{entry.pod.Metadata.Name} is {entry.phase.Phase}{(entry.phase.Why is { } words ? $" ({words})" : "")}").FirstOrDefault();
        var what = wanted == 0 ? "It is scaled to zero." : $"{ready} of {wanted} pods are ready{(why is null ? "" : $": {why}")}.";
        var fix = wanted == 0 ? $"kubectl -n {one.Namespace} scale deploy {one.Deployment.Metadata.Name} --replicas=2." : $"kubectl -n {one.Namespace} describe pods, then logs deploy/{one.Deployment.Metadata.Name}.";
        yield return ready > 0 ? Finding.Warning(name, what, fix) : Finding.Fault(name, what, fix);
    }

    private static string Holder(JsonObject lease) => lease["spec"]?["holderIdentity"]?.GetValue<string>() ?? "";

    private static DateTimeOffset? Renewed(JsonObject lease) =>
        DateTimeOffset.TryParse(lease["spec"]?["renewTime"]?.GetValue<string>(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    private static TimeSpan Duration(JsonObject lease) => TimeSpan.FromSeconds(lease["spec"]?["leaseDurationSeconds"]?.GetValue<int>() ?? 15);
}
