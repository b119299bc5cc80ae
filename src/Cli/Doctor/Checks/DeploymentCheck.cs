using k8s.Models;
using Nemotron.Cli.Statuses;
using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Cli.Doctor.Checks;

/// <summary>Deployments get on, and what they need is installed.</summary>
internal static class DeploymentCheck
{
    private const string Name = "deployments";
    private const string GroupsDefinition = "leaderworkersets." + LeaderWorkerSet.GroupName;

    // The operator looks at a new object within a second.
    private static readonly TimeSpan SoonEnough = TimeSpan.FromMinutes(1);

    public static CheckResult Of(Survey survey)
    {
        if (survey.Deployments.Value is not { } deployments) return CheckResult.NotDone(Name, survey.Deployments.Trouble!);
        return new CheckResult(Name, $"{deployments.Count}", [.. deployments.OrderBy(Subject, StringComparer.Ordinal).SelectMany(entity => One(entity, survey))]);
    }

    private static IEnumerable<Finding> One(NemotronDeployment entity, Survey survey)
    {
        var subject = Subject(entity);
        var age = survey.Now - (entity.Metadata.CreationTimestamp is { } created ? new DateTimeOffset(created, TimeSpan.Zero) : DateTimeOffset.MinValue);
        if (entity.Status is null)
        {
            if (age > SoonEnough) yield return Finding.Fault(subject, "No operator has looked at it.", "See the checks of operator and rights; is it in a namespace that the operator does not watch?");
            yield break;
        }

        if (InGroups(entity) && survey.Definitions.Value is { } installed && !installed.ContainsKey(GroupsDefinition))
            yield return Finding.Fault(subject, $"A replica takes several nodes, and the CRD {GroupsDefinition} is not installed.", "Install LeaderWorkerSet (lws.sigs.k8s.io), or use GPUs of which one node holds a replica.");
        foreach (var condition in (entity.Status.Conditions ?? []).Where(condition => IsStuck(condition, entity.Spec.Autoscaling is not null)))
            yield return Finding.Fault(subject, $"{condition.Type} is {condition.Status} for {Age.Of(condition.LastTransitionTime, survey.Now)} ({condition.Reason}): {condition.Message}", $"docs/troubleshooting.md has {condition.Reason}; kubectl nemotron status {entity.Metadata.Name} -n {entity.Metadata.NamespaceProperty} shows the pods.");
        if (entity.Spec.Autoscaling is not null && survey.Operators.Value is { Count: > 0 } operators && operators.All(one => one.Argument("--prometheus-url") is null))
            yield return Finding.Fault(subject, "It declares autoscaling, and the operator has no Prometheus to ask: nothing is scaled.", "Start the operator with --prometheus-url (chart: prometheus.url).");
    }

    private static bool InGroups(NemotronDeployment entity) => entity.Status?.Plan?.NodesPerReplica is > 1;

    // Loading, rolling out and half of the replicas ready are on their way; a missing CRD is told above, with its fix.
    private static bool IsStuck(V1Condition condition, bool scales) => ConditionVerdicts.Of(condition, scales) == ConditionVerdict.Bad
        && condition.Reason is not ConditionReasons.CrdMissing
        && (condition.Type != ConditionTypes.Ready || condition.Reason == ConditionReasons.Degraded);

    private static string Subject(NemotronDeployment entity) => $"deployment {entity.Metadata.NamespaceProperty}/{entity.Metadata.Name}";
}
