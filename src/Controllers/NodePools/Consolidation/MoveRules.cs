using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Controllers.NodePools.Consolidation;

/// <summary>When a replica may be moved. Each answer is the rest of a sentence that begins with who stays. Pure.</summary>
internal static class MoveRules
{
    /// <summary>Why a pod may not be moved whatever becomes of the others; null where it may.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="owner">Whose it is; null where nobody knows.</param>
    public static string? Refusal(PodView pod, ReplicaOwner? owner)
    {
        if (pod.InGroup) return "is one of several pods of a replica";
        if (!pod.Ready) return "does not serve yet, or not any more";
        if (pod.StaysBy is { } note) return $"carries the annotation {note}";
        if (pod.Spec?.Affinity is not null) return "has an affinity of its own";
        if (pod.Spec?.TopologySpreadConstraints?.Any(spread => spread.WhenUnsatisfiable == "DoNotSchedule") == true) return "must be spread (topologySpreadConstraints, DoNotSchedule)";
        return owner is null ? "belongs to no NemotronDeployment that is known" : Refusal(owner);
    }

    /// <summary>Why no replica of a NemotronDeployment may begin to move; null where one may.</summary>
    public static string? Refusal(ReplicaOwner owner)
    {
        if (Interruption(owner) is { } why) return why;
        if (owner.Entity!.Spec.Rollout?.Strategy == RolloutStrategy.Drain) return "may have no replacement before it goes (spec.rollout.strategy: Drain)";
        if (owner.Entity.Status?.ObservedGeneration != owner.Entity.Metadata.Generation) return "has a spec that was not looked at yet";
        if (Is(owner, ConditionTypes.Accepted, "False")) return "has a spec that is not accepted";
        if (Is(owner, ConditionTypes.EngineHealthy, "False")) return "has a sick engine";
        if (owner.MovedIn is { } pool) return $"has a replica on the move in pool {pool}";
        if (owner.Wanted < owner.Floor) return $"has {owner.Wanted} replicas, and its floor is {owner.Floor}";
        return Unsettled(owner);
    }

    /// <summary>Why a move that has begun may not go on; null where it may.</summary>
    public static string? Interruption(ReplicaOwner owner)
    {
        if (owner.Entity is not { Metadata.DeletionTimestamp: null } entity) return "belongs to a NemotronDeployment that is gone or being deleted";
        if (owner.Live is null) return "is kept by no Deployment";
        if (Noted(entity, NemotronAnnotations.Paused)) return $"is paused ({NemotronAnnotations.Paused})";
        if (Noted(entity, NemotronAnnotations.FreezeScaling)) return $"keeps its number of replicas ({NemotronAnnotations.FreezeScaling})";
        return RollingOut(owner) ? "is rolling out" : null;
    }

    /// <summary>Why a NemotronDeployment is not at rest; null where every replica that is wanted serves, and no other is left.</summary>
    public static string? Unsettled(ReplicaOwner owner)
    {
        if (RollingOut(owner) || !Seen(owner)) return "is rolling out";
        var wanted = owner.Wanted;
        var (ready, there) = (owner.Pods.Count(pod => pod.Ready), owner.Pods.Count(pod => !pod.Ended));
        return !owner.Surges && ready == wanted && there == wanted && (owner.Live?.Status?.AvailableReplicas ?? 0) == wanted
            ? null
            : $"is not at rest: {ready} of {wanted} replicas serve, {there} exist";
    }

    /// <summary>Whether the numbers in the Deployment's status are about its spec as it is.</summary>
    public static bool Seen(ReplicaOwner owner) => (owner.Live?.Status?.ObservedGeneration ?? 0) >= (owner.Live?.Metadata.Generation ?? 0);

    // A change of the number alone is none.
    private static bool RollingOut(ReplicaOwner owner) => (owner.Live?.Status?.UpdatedReplicas ?? 0) < (owner.Live?.Status?.Replicas ?? 0);

    private static bool Noted(NemotronDeployment entity, string annotation) =>
        entity.Metadata.Annotations?.TryGetValue(annotation, out var value) == true && value == "true";

    private static bool Is(ReplicaOwner owner, string type, string status) =>
        owner.Entity!.Status?.Conditions?.Any(condition => condition.Type == type && condition.Status == status) == true;
}
