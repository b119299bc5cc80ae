using k8s.Models;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Deployments.Weights;

/// <summary>Sees how far weights are on the nodes, and has them downloaded: over all deployments of a pool no more at once than it allows.</summary>
[EntityRbac(typeof(V1Job), Verbs = RbacVerb.Read | RbacVerb.Create | RbacVerb.Patch | RbacVerb.Delete)]
internal sealed class WeightLoads(
    FleetState fleet,
    IInformerCache<V1Job> jobs,
    IInformerCache<PodView> pods,
    IInformerCache<NemotronDeployment> deployments,
    IServerSideApply apply,
    TimeProvider time)
{
    // By then the cache has a Job, or it was never made.
    private static readonly TimeSpan Unseen = TimeSpan.FromSeconds(30);

    private readonly Dictionary<NamespacedName, (string Pool, DateTimeOffset At)> _begun = [];
    private readonly Lock _lock = new();

    /// <summary>What is seen of a deployment's weights.</summary>
    public WeightSight Look(NemotronDeployment entity, DecidedDeployment decided, IReadOnlyList<PoolState> pools)
    {
        var own = jobs.ByOwner(entity.Metadata.Uid);
        if (decided.Weights is not { } weights || pools.FirstOrDefault(state => state.Pool.Metadata.Name == decided.Pool) is not { } pool) return new WeightSight { Jobs = own };
        return new WeightSight
        {
            Nodes = fleet.MembersOf(pool.Pool).Nodes,
            States = pool.Nodes,
            Jobs = own,
            Loaders = [.. pods.ByLabel(NemotronLabels.Weights, weights.Key).Where(pod => pod.Metadata.NamespaceProperty == entity.Metadata.NamespaceProperty)],
            Kept = WeightUsers.Folders(deployments.List(), decided.Pool),
        };
    }

    /// <summary>Removes the Jobs that are no longer wanted, and makes those that are.</summary>
    /// <returns>Whether some have to wait until others are done.</returns>
    public async Task<bool> ApplyAsync(NemotronDeployment entity, DecidedDeployment decided, WeightPlan plan, WeightSight sight, CancellationToken cancellationToken)
    {
        foreach (var job in plan.Remove) await apply.DeleteAsync(job, cancellationToken);
        foreach (var node in plan.Load)
        {
            var job = WeightJob.Build(entity, decided, node, sight.Kept);
            if (!TryBegin(NamespacedName.Of(job), decided)) return true;
            await apply.ApplyAsync(job, entity, cancellationToken);
        }

        return false;
    }

    private bool TryBegin(NamespacedName job, DecidedDeployment decided)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var present = jobs.ByLabel(NemotronLabels.NodePool, decided.Pool);
            var seen = present.Select(NamespacedName.Of).ToHashSet();
            foreach (var (name, begun) in _begun.ToList())
                if (seen.Contains(name) || now - begun.At > Unseen) _begun.Remove(name);
            if (seen.Contains(job) || _begun.ContainsKey(job)) return true;
            var active = present.Count(other => !WeightPlan.Ended(other)) + _begun.Values.Count(begun => begun.Pool == decided.Pool);
            if (active >= decided.WeightCache!.ParallelLoads) return false;
            _begun[job] = (decided.Pool, now);
            return true;
        }
    }
}
