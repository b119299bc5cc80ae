using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning.Fleet;

namespace Nemotron.Controllers.Fleets;

/// <summary>From what the caches have to what each deployment of a fleet is granted. Pure.</summary>
internal static class FleetArbitration
{
    private static readonly TimeSpan DefaultHold = TimeSpan.FromMinutes(10);

    /// <summary>Arbitrates.</summary>
    /// <param name="fleet">The fleet.</param>
    /// <param name="members">Its deployments.</param>
    /// <param name="pools">All pools.</param>
    /// <param name="promised">GPUs by node that older fleets have just given to replicas which are not there yet; those of this one are added.</param>
    /// <param name="waited">How long a deployment, by its uid, has had nothing although it wants something.</param>
    /// <param name="now">The time.</param>
    public static ArbitratedFleet Of(
        NemotronFleet fleet, IReadOnlyList<FleetMemberState> members, IReadOnlyList<PoolState> pools, Dictionary<string, int> promised, Func<string, TimeSpan> waited, DateTimeOffset now)
    {
        var states = pools.ToDictionary(pool => pool.Pool.Metadata.Name, StringComparer.Ordinal);
        var claiming = members.Where(member => member.Demand is { } demand && states.ContainsKey(demand.Pool)).ToList();
        var poolOf = pools.SelectMany(pool => pool.Nodes.Select(node => (node.Name, Pool: pool.Pool.Metadata.Name))).ToDictionary(pair => pair.Name, pair => pair.Pool, StringComparer.Ordinal);

        // What nobody arbitrates about counts all the same.
        var (aside, asideByNamespace) = (new Dictionary<string, int>(StringComparer.Ordinal), new Dictionary<string, int>(StringComparer.Ordinal));
        foreach (var member in members.Except(claiming))
        {
            foreach (var pod in member.Pods.Where(pod => !pod.Ended && pod.NodeName is not null))
            {
                Add(asideByNamespace, member.Entity.Metadata.NamespaceProperty, pod.Gpus);
                if (poolOf.TryGetValue(pod.NodeName!, out var pool)) Add(aside, pool, pod.Gpus);
            }
        }

        // Those that are leaving take room for a moment yet; whoever comes next waits for it and looks for no other.
        var mine = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var member in claiming)
            foreach (var pod in member.Pods.Where(pod => !pod.Ended && pod.NodeName is { } node && poolOf.GetValueOrDefault(node) == member.Demand!.Pool))
                Add(mine, pod.NodeName!, pod.Gpus);

        var snapshot = new FleetSnapshot
        {
            Pools = [.. claiming.Select(member => member.Demand!.Pool).Distinct().Order(StringComparer.Ordinal).Select(name => Pool(fleet, states[name], mine, promised, aside.GetValueOrDefault(name), now))],
            Claims = [.. claiming.Select(member => Claim(member, waited(member.Entity.Metadata.Uid), now))],
            NamespaceQuotas = (fleet.Spec.NamespaceQuotas ?? []).ToDictionary(quota => quota.Namespace, quota => Math.Max(0, quota.Gpus - asideByNamespace.GetValueOrDefault(quota.Namespace))),
            MinimumHold = fleet.Spec.MinimumHold?.Value ?? DefaultHold,
        };
        var plan = FleetArbiter.Arbitrate(snapshot);
        foreach (var grant in plan.Grants)
            foreach (var node in grant.Starts.SelectMany(start => start.Nodes))
                Add(promised, node, grant.Claim.GpusPerNode);

        return new ArbitratedFleet
        {
            Members = members,
            Granted = [.. plan.Grants.Zip(claiming, (grant, member) => new GrantedMember(member, grant.Claim, grant, GrantSentence.Of(fleet, member, grant, plan)))],
            PoolGpus = pools.ToDictionary(pool => pool.Pool.Metadata.Name, pool => pool.Nodes.Sum(node => Math.Max(node.Capacity, node.Allocatable)), StringComparer.Ordinal),
            HeldAside = aside,
        };
    }

    private static FleetPool Pool(NemotronFleet fleet, PoolState state, Dictionary<string, int> mine, Dictionary<string, int> promised, int aside, DateTimeOffset now)
    {
        var toCome = NodesToCome.Of(state, now);
        var starting = toCome.Select(node => node.Name).ToHashSet(StringComparer.Ordinal);
        var budget = fleet.Spec.Budgets?.FirstOrDefault(budget => budget.NodePool == state.Pool.Metadata.Name);
        return new FleetPool
        {
            Name = state.Pool.Metadata.Name,
            BudgetGpus = budget is null ? 0 : budget.Gpus is { } gpus ? Math.Max(0, gpus - aside) : null,
            Nodes =
            [
                .. state.Nodes.Where(node => !starting.Contains(node.Name)).Concat(toCome).Select(node => new FleetNode
                {
                    Name = node.Name,
                    Gpus = Math.Max(0, node.Allocatable - (node.Allocated - mine.GetValueOrDefault(node.Name)) - promised.GetValueOrDefault(node.Name)),
                    Closed = node.Fault != Planning.Placement.NodeFault.None,
                    Domain = node.Clique,
                    Zone = node.Zone,
                }),
            ],
        };
    }

    private static FleetClaim Claim(FleetMemberState member, TimeSpan waited, DateTimeOffset now)
    {
        var (entity, rules, demand) = (member.Entity, member.Rules, member.Demand!);
        return new FleetClaim
        {
            Key = NamespacedName.Of(entity).ToString(),
            Namespace = entity.Metadata.NamespaceProperty,
            Pool = demand.Pool,
            GpusPerNode = demand.Shape.GpusPerPod,
            NodesPerGroup = demand.Shape.Pods,
            Wanted = demand.Wanted,
            Floor = rules?.FloorReplicas ?? 0,
            Ceiling = rules?.CeilingReplicas ?? int.MaxValue,
            Priority = FleetRules.Priority(rules, entity),
            Weight = rules?.Weight ?? 1,
            WaitedFor = waited,
            Held = Held(member.Pods, now),
        };
    }

    /// <summary>The replicas that a deployment has now, without those that are leaving.</summary>
    public static IReadOnlyList<HeldGroup> Held(IReadOnlyList<PodView> pods, DateTimeOffset now) =>
    [
        .. pods.Where(pod => !pod.Ended && pod.Metadata.DeletionTimestamp is null)
            .GroupBy(pod => pod.Replica, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new HeldGroup(
                group.Key,
                group.All(pod => pod.NodeName is not null) ? [.. group.Select(pod => pod.NodeName!).Order(StringComparer.Ordinal)] : [],
                Age(group, now),
                Loading: !group.Any(pod => pod.Ready && !pod.IsWorker))),
    ];

    private static TimeSpan Age(IEnumerable<PodView> pods, DateTimeOffset now)
    {
        var oldest = pods.Min(pod => pod.Metadata.CreationTimestamp);
        return oldest is { } since && now > since ? now - since : TimeSpan.Zero;
    }

    private static void Add(Dictionary<string, int> sums, string key, int gpus) => sums[key] = sums.GetValueOrDefault(key) + gpus;
}
