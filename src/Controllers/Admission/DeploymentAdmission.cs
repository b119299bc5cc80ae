using Nemotron.Controllers.Deployments;
using Nemotron.Crds;
using Nemotron.Planning.Placement;

namespace Nemotron.Controllers.Admission;

/// <summary>What the reconciler is going to say about a NemotronDeployment, said before it is stored: the same decision, the same sentences. Pure.</summary>
internal static class DeploymentAdmission
{
    /// <summary>Judges.</summary>
    /// <param name="snapshot">What is known.</param>
    /// <param name="modelMayBeMended">Whether the model that is referred to exists, and cannot be used as it is: that may change without the NemotronDeployment.</param>
    public static AdmissionVerdict Judge(DeploymentSnapshot snapshot, bool modelMayBeMended = false)
    {
        var decision = DeploymentDecision.Decide(snapshot);
        if (decision.Refused is { } refused)
            return refused.Reason == ConditionReasons.ModelNotFound && modelMayBeMended ? new AdmissionVerdict(null, [refused.Message]) : AdmissionVerdict.Refuse(refused.Message);
        var status = DeploymentStatus.Of(snapshot, decision, trouble: null, out _);
        var verdict = AdmissionVerdict.Warn(status.Conditions ?? [], ConditionTypes.CapacityAvailable, ConditionTypes.AllFieldsInEffect);
        return decision.Decided is { } decided && Shortage(snapshot, decided) is { } shortage ? verdict with { Warnings = [shortage, .. verdict.Warnings] } : verdict;
    }

    // What the scheduler will find: the reconciler says it by its word, once there are pods.
    private static string? Shortage(DeploymentSnapshot snapshot, DecidedDeployment decided)
    {
        var pool = snapshot.Pools.First(state => state.Pool.Metadata.Name == decided.Pool);
        var free = TpGroups.FreeGroups(pool.Nodes, decided.Shape);
        var missing = decided.Wanted - snapshot.Pods.Where(pod => !pod.Ended && pod.NodeName is not null).DistinctBy(pod => pod.Replica).Count();
        return missing <= free
            ? null
            : $"Pool {decided.Pool} has room for {free} more replicas of {decided.GpusPerReplica} GPUs now, and {missing} are to be started: the others wait until GPUs come free or nodes are added.";
    }
}
