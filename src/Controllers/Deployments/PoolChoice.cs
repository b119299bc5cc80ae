using Nemotron.Crds;
using Nemotron.Planning;
using Nemotron.Planning.Placement;

namespace Nemotron.Controllers.Deployments;

/// <summary>Which pool the replicas run in, with the memory plan for its GPUs.</summary>
internal static class PoolChoice
{
    /// <summary>A pool in which a replica fits.</summary>
    public sealed record Placed(PoolState Pool, MemoryPlan Plan, GroupShape Shape, bool WithinNvLinkDomain);

    /// <summary>What the search came to: a place, or why there is none.</summary>
    public sealed record Result(Placed? Place, Refusal? Refused = null, Refusal? NoPlace = null, MemoryPlan? Plan = null);

    /// <summary>
    /// The pool that the spec names; else the one the replicas already run in, while they fit there; else the one with most free groups; where none has any, one that grows.
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
            return places.FirstOrDefault(result => result.Place!.Pool.Pool.Metadata.Name == snapshot.RunsIn)
                ?? places.MaxBy(result => (TpGroups.FreeGroups(result.Place!.Pool.Nodes, result.Place.Shape), result.Place.Pool.Pool.Grows()))!;

        if (results.Count == 1) return results[0];
        var reasons = results.Select(result => (result.Refused ?? result.NoPlace)!).ToList();
        var none = new Refusal(reasons[0].Reason, $"No pool has a place. {string.Join(" ", reasons.Select(reason => reason.Message))}");
        // What no pool can hold is the fault of the spec; what one could, with other nodes, is not.
        return results.All(result => result.Refused is not null) ? new Result(null, Refused: none) : new Result(null, NoPlace: none);
    }

    /// <summary>The pools that may be chosen, by name.</summary>
    public static IReadOnlyList<PoolState> Candidates(DeploymentSnapshot snapshot) =>
        [.. snapshot.Pools.Where(state => state.Pool.Metadata.DeletionTimestamp is null).OrderBy(state => state.Pool.Metadata.Name, StringComparer.Ordinal)];

    /// <summary>Whether a replica of a spec fits on such GPUs, on as many nodes as it takes.</summary>
    public static bool Holds(NemotronDeploymentSpec spec, ModelChoice choice, PoolGpu gpu)
    {
        var plan = Plan(spec, choice, gpu);
        return plan.Findings.All(finding => !finding.Refuses) && GroupShape.For(plan.TensorParallel, plan.PipelineParallel, gpu.PerNode).Pods <= MostPods;
    }

    private static Result Judge(DeploymentSnapshot snapshot, ModelChoice choice, PoolState pool)
    {
        var name = pool.Pool.Metadata.Name;
        if (PoolGpu.Of(pool, snapshot.Gpus) is not { } gpu)
            return new Result(null, NoPlace: new Refusal(ConditionReasons.NoNodes,
                $"Pool {name} has no node with GPUs, and its spec.gpu does not say what one would have. Add nodes that carry its labels."));

        var plan = Plan(snapshot.Entity.Spec, choice, gpu);
        if (plan.Findings.FirstOrDefault(finding => finding.Refuses) is { } finding)
            return new Result(null, Refused: PoolRefusal.Of(finding, snapshot.Entity.Spec, name, plan, SmallestChanges.Of(snapshot, choice, pool, gpu, plan, finding)), Plan: plan);

        if (choice.Cached is not null && pool.Pool.Spec.WeightCache is null)
            return new Result(null, Plan: plan, NoPlace: new Refusal(ConditionReasons.NoWeightCache,
                $"spec.checkpoint.cache: pool {name} keeps no weights on its nodes. Set spec.weightCache.hostPath of GpuNodePool {name}, or remove spec.checkpoint.cache."));

        var shape = GroupShape.For(plan.TensorParallel, plan.PipelineParallel, gpu.PerNode);
        if (shape.Pods > MostPods)
            return new Result(null, Plan: plan, NoPlace: new Refusal(ConditionReasons.GroupTooLarge,
                $"A replica needs {shape.Gpus} GPUs (tensorParallel {plan.TensorParallel} × pipelineParallel {plan.PipelineParallel}) and so {shape.Pods} nodes of pool {name}, which have {gpu.PerNode} each; "
                + $"more than {MostPods} are not started as one. Use a pool with larger nodes."));
        return new Result(new Placed(pool, plan, shape, gpu.InRacks && shape.Pods > 1));
    }

    /// <summary>
    /// The plan as asked; where nothing was asked that says otherwise and no group on one node (or in one NVLink domain) holds the model,
    /// the plan with the fewest stages that does, each on nodes of its own.
    /// </summary>
    public static MemoryPlan Plan(NemotronDeploymentSpec spec, ModelChoice choice, PoolGpu gpu)
    {
        MemoryPlan As(int? degree, int stages) =>
            DeploymentPlan.Of(Request(spec, choice, gpu, degree, stages), spec.MaxContextTokens is { } context ? (int)context : null, spec.MaxConcurrentRequests);

        var plan = As(spec.TensorParallel, spec.PipelineParallel ?? 1);
        if (spec.PipelineParallel is not null || spec.TensorParallel < gpu.PerNode || plan.MemoryFits) return plan;
        var degree = spec.TensorParallel ?? TensorParallelRules.Allowed(choice.Entry.Architecture, choice.Engine, gpu.DomainGpus)
            .Last(allowed => TensorParallelRules.WholeBlocks(choice.Entry, choice.Precision, allowed));
        for (var stages = 2; stages <= MostStages && stages * degree <= gpu.Nodes * gpu.PerNode; stages++)
        {
            var spread = As(degree, stages);
            if (!spread.Findings.Any(finding => finding.Refuses)) return spread;
        }

        return plan;
    }

    private static PlanRequest Request(NemotronDeploymentSpec spec, ModelChoice choice, PoolGpu gpu, int? tensorParallel, int pipelineParallel) => new()
    {
        Model = choice.Entry,
        Gpu = gpu.Type,
        GpuMemoryMiB = gpu.MemoryMebibytes,
        TensorParallel = tensorParallel,
        PipelineParallel = pipelineParallel,
        Precision = choice.Precision,
        KvPrecision = spec.KvCache?.Precision?.ToPlanner(),
        CheckpointContextTokens = choice.CheckpointContextTokens,
        Engine = choice.Engine,
        MemoryFraction = spec.KvCache?.FreeGpuMemoryFraction,
        GpusPerNode = gpu.PerNode,
        DomainGpus = gpu.DomainGpus,
        // Who asks for a larger group than works together at full speed gets it; the planner by itself does not take one.
        MultiNode = tensorParallel is not null,
    };

    // The schema's bound on pipelineParallel.
    private const int MostStages = 16;

    // The leader of a group speaks to each of its workers itself, and Open MPI to that many daemons at once (routed_radix).
    private const int MostPods = 64;

    private static string Names(IEnumerable<PoolState> pools) => string.Join(", ", pools.Select(pool => pool.Pool.Metadata.Name));
}
