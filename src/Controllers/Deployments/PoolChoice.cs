using Nemotron.Crds;
using Nemotron.Planning;
using Nemotron.Planning.Placement;

namespace Nemotron.Controllers.Deployments;

/// <summary>Which pool the replicas run in, with the memory plan for its GPUs.</summary>
internal static class PoolChoice
{
    /// <summary>A pool in which a replica fits.</summary>
    public sealed record Placed(PoolState Pool, MemoryPlan Plan);

    /// <summary>What the search came to: a place, or why there is none.</summary>
    public sealed record Result(Placed? Place, Refusal? Refused = null, Refusal? NoPlace = null, MemoryPlan? Plan = null);

    /// <summary>
    /// The pool that the spec names; else the one the replicas already run in, while they fit there; else the one with most free groups.
    /// </summary>
    public static Result Choose(DeploymentSnapshot snapshot, ModelChoice choice)
    {
        var spec = snapshot.Entity.Spec;
        var pools = Candidates(snapshot);
        if (spec.NodePool is { } named)
        {
            var pool = pools.FirstOrDefault(state => state.Pool.Metadata.Name == named);
            return pool is null
                ? new Result(null, NoPlace: new Refusal(ConditionReasons.NodePoolNotFound,
                    $"spec.nodePool: there is no GpuNodePool \"{named}\". {(pools.Count == 0 ? "There is none at all: create one (config/samples has an example)" : $"There are {Names(pools)}: correct the name, or create it")}."))
                : Judge(snapshot, choice, pool);
        }

        if (pools.Count == 0)
            return new Result(null, NoPlace: new Refusal(ConditionReasons.NodePoolNotFound,
                "There is no GpuNodePool. Create one that selects your GPU nodes (config/samples has an example)."));

        var results = pools.Select(pool => Judge(snapshot, choice, pool)).ToList();
        var places = results.Where(result => result.Place is not null).ToList();
        if (places.Count > 0)
            return places.FirstOrDefault(result => result.Place!.Pool.Pool.Metadata.Name == snapshot.Entity.Status?.NodePool)
                ?? places.MaxBy(result => TpGroups.FreeGroups(result.Place!.Pool.Nodes, result.Place.Plan.TensorParallel * result.Place.Plan.PipelineParallel))!;

        if (results.Count == 1) return results[0];
        var reasons = results.Select(result => (result.Refused ?? result.NoPlace)!).ToList();
        var none = new Refusal(reasons[0].Reason, $"No pool has a place. {string.Join(" ", reasons.Select(reason => reason.Message))}");
        // What no pool can hold is the fault of the spec; what one could, with other nodes, is not.
        return results.All(result => result.Refused is not null) ? new Result(null, Refused: none) : new Result(null, NoPlace: none);
    }

    /// <summary>The pools that may be chosen, by name.</summary>
    public static IReadOnlyList<PoolState> Candidates(DeploymentSnapshot snapshot) =>
        [.. snapshot.Pools.Where(state => state.Pool.Metadata.DeletionTimestamp is null).OrderBy(state => state.Pool.Metadata.Name, StringComparer.Ordinal)];

    /// <summary>Whether a replica of a spec fits on one node with such GPUs.</summary>
    public static bool Holds(NemotronDeploymentSpec spec, ModelChoice choice, PoolGpu gpu)
    {
        var plan = MemoryPlanner.Plan(Request(spec, choice, gpu));
        return plan.Findings.All(finding => !finding.Refuses) && plan.Gpus <= gpu.PerNode;
    }

    private static Result Judge(DeploymentSnapshot snapshot, ModelChoice choice, PoolState pool)
    {
        var name = pool.Pool.Metadata.Name;
        if (PoolGpu.Of(pool, snapshot.Gpus) is not { } gpu)
            return new Result(null, NoPlace: new Refusal(ConditionReasons.NoNodes,
                $"Pool {name} has no node with GPUs, and its spec.gpu does not say what one would have. Add nodes that carry its labels."));

        var plan = MemoryPlanner.Plan(Request(snapshot.Entity.Spec, choice, gpu));
        if (plan.Findings.FirstOrDefault(finding => finding.Refuses) is { } finding)
            return new Result(null, Refused: PoolRefusal.Of(finding, snapshot.Entity.Spec, name, plan, SmallestChanges.Of(snapshot, choice, pool, gpu, plan, finding)), Plan: plan);

        var gpus = plan.TensorParallel * plan.PipelineParallel;
        if (gpus > gpu.PerNode)
            return new Result(null, Plan: plan, NoPlace: new Refusal(ConditionReasons.GroupTooLarge,
                $"A replica needs {gpus} GPUs on one node (tensorParallel {plan.TensorParallel} × pipelineParallel {plan.PipelineParallel}); the largest node of pool {name} has {gpu.PerNode}. "
                + $"Lower spec.tensorParallel to {1 << int.Log2(gpu.PerNode)} or less, or use a pool with larger nodes. Replicas over several nodes are not available in this version."));
        return new Result(new Placed(pool, plan));
    }

    /// <summary>What the memory plan of a spec on such GPUs is asked for.</summary>
    public static PlanRequest Request(NemotronDeploymentSpec spec, ModelChoice choice, PoolGpu gpu) => new()
    {
        Model = choice.Entry,
        Gpu = gpu.Type,
        GpuMemoryMiB = gpu.MemoryMebibytes,
        TensorParallel = spec.TensorParallel,
        PipelineParallel = spec.PipelineParallel ?? 1,
        Precision = choice.Precision,
        KvPrecision = spec.KvCache?.Precision?.ToPlanner(),
        // Without a wish the plan is for whatever context the memory holds: only one block must fit.
        ContextTokens = spec.MaxContextTokens is { } context ? (int)context : LeastUsefulContext,
        Concurrency = spec.MaxContextTokens is null ? 1 : spec.MaxConcurrentRequests ?? 1,
        Engine = choice.Engine,
        MemoryFraction = spec.KvCache?.FreeGpuMemoryFraction,
        GpusPerNode = gpu.PerNode,
        // How many GPUs work together at full speed is the GPU's; that a node has fewer is said with the node's number.
        MultiNode = true,
    };

    // A model that cannot hold a conversation of this many tokens does not fit in any useful sense.
    private const int LeastUsefulContext = 4096;

    private static string Names(IEnumerable<PoolState> pools) => string.Join(", ", pools.Select(pool => pool.Pool.Metadata.Name));
}
