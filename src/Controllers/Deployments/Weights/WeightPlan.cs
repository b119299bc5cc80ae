using System.Globalization;
using k8s.Models;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Planning.Placement;

namespace Nemotron.Controllers.Deployments.Weights;

/// <summary>What is to be done so that weights are on the nodes before replicas are. Pure.</summary>
internal sealed record WeightPlan
{
    /// <summary>Nothing is kept on nodes, and nothing is to be done.</summary>
    public static readonly WeightPlan None = new();

    /// <summary>Nodes that are to download them, in the order of need; as many at once as the pool allows.</summary>
    public IReadOnlyList<NodeView> Load { get; init; } = [];

    /// <summary>Jobs that are no longer wanted: of a former checkpoint or image, or for a node that is not needed.</summary>
    public IReadOnlyList<V1Job> Remove { get; init; } = [];

    /// <summary>How far it is; null where nothing is kept.</summary>
    public WeightsStatus? Status { get; init; }

    /// <summary>The condition that says so; null where nothing is kept.</summary>
    public (bool Met, string Reason, string Message)? Condition { get; init; }

    /// <summary>Decides.</summary>
    /// <param name="entity">The NemotronDeployment.</param>
    /// <param name="decided">What was decided about it.</param>
    /// <param name="pods">Its pods.</param>
    /// <param name="sight">What is seen of its weights.</param>
    public static WeightPlan Decide(NemotronDeployment entity, DecidedDeployment decided, IReadOnlyList<PodView> pods, WeightSight sight)
    {
        if (decided.Weights is not { } weights) return new WeightPlan { Remove = [.. sight.Jobs.Where(job => !Ended(job))] };
        var jobs = sight.Jobs.ToDictionary(job => job.Metadata.Name, StringComparer.Ordinal);
        var running = pods.Where(pod => !pod.Ended && pod.NodeName is not null).Select(pod => pod.NodeName!).ToHashSet(StringComparer.Ordinal);
        var places = sight.Nodes.ToDictionary(node => node.Metadata.Name, node => new Place(node, Has(node), jobs.GetValueOrDefault(WeightJob.NameOf(entity, decided, node))), StringComparer.Ordinal);
        var chosen = WeightNodes
            .Choose(sight.States.Select(state => new WeightNode(state, running.Contains(state.Name) || places[state.Name] is { Holds: true } or { Job: not null })), decided.Shape, Most(entity.Spec, decided))
            .Select(name => places[name])
            .ToList();
        var wanted = chosen.Select(place => place.Job?.Metadata.Name).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var counts = new WeightsStatus
        {
            Folder = weights.Folder,
            Key = weights.Key,
            Nodes = chosen.Count,
            Loaded = chosen.Count(place => place.Loaded),
            Loading = chosen.Count(place => place.Loading),
            Failed = chosen.Count(place => place.Failed),
        };
        return new WeightPlan
        {
            Load = decided.WeightCache!.ParallelLoads == 0 ? [] : [.. chosen.Where(place => place is { Holds: false, Job: null }).Select(place => place.Node)],
            Remove = [.. sight.Jobs.Where(job => !Ended(job) && !wanted.Contains(job.Metadata.Name))],
            Status = counts,
            Condition = Say(decided, chosen, counts, sight),
        };

        bool Has(NodeView node) => node.Label(NemotronLabels.HeldWeights + weights.Key) is not null;
    }

    /// <summary>Whether a Job has come, gone or ended: what plans look at.</summary>
    public static bool Differs(V1Job? before, V1Job? after) => before is null || after is null || Ended(before) != Ended(after) || before.Metadata.DeletionTimestamp != after.Metadata.DeletionTimestamp;

    /// <summary>Whether a Job is over, well or not.</summary>
    public static bool Ended(V1Job job) => Is(job, "Complete") || Is(job, "Failed");

    /// <summary>Whether a Job has done what it was made for.</summary>
    public static bool Complete(V1Job job) => Is(job, "Complete");

    // What it may have, not what it has: the next replica is to find its weights.
    private static int Most(NemotronDeploymentSpec spec, DecidedDeployment decided)
    {
        var most = Math.Max(decided.Wanted, decided.Replicas) + decided.Extra;
        if (spec.Autoscaling is not { } autoscaling) return most;
        return Math.Max(most, Math.Max(autoscaling.MaxReplicas, (autoscaling.Schedules ?? []).Max(schedule => schedule.MaxReplicas) ?? 0));
    }

    private static (bool Met, string Reason, string Message) Say(DecidedDeployment decided, List<Place> chosen, WeightsStatus counts, WeightSight sight)
    {
        var (folder, size) = (counts.Folder, string.Create(CultureInfo.InvariantCulture, $"{decided.WeightsBytes / 1e9:0.0} GB"));
        var held = $"{counts.Loaded} of {counts.Nodes} nodes hold {folder} ({size})";
        if (chosen.Count == 0)
            return sight.States.Any(state => state.Usable >= decided.Shape.GpusPerPod)
                ? (true, ConditionReasons.Cached, "No replica is wanted, and so the weights on no node.")
                : (false, ConditionReasons.Downloading, $"Pool {decided.Pool} has no node yet that could take a replica, and so none to download {folder} to.");
        if (chosen.Find(place => place.Failed) is { } failed)
            return (false, ConditionReasons.LoadFailed, $"{held}. Node {failed.Node.Metadata.Name} cannot download it: {LastWords(failed, sight)} It is tried again within ten minutes.");
        if (counts.Loaded == counts.Nodes) return (true, ConditionReasons.Cached, $"{held}.");
        if (decided.WeightCache!.ParallelLoads == 0)
            return (true, ConditionReasons.LoadedOnDemand, $"{held}; the others download it with their first replica, since the pool's spec.weightCache.parallelLoads is 0.");
        var loading = string.Join(", ", chosen.Where(place => place.Loading).Select(place => place.Node.Metadata.Name));
        return (false, ConditionReasons.Downloading, loading.Length == 0
            ? $"{held}; the others wait for other downloads of the pool (spec.weightCache.parallelLoads)."
            : $"{held}; {loading} download{(counts.Loading == 1 ? "s" : "")} it.");
    }

    private static string LastWords(Place failed, WeightSight sight)
    {
        var said = sight.Loaders
            .Where(pod => pod.Metadata.Labels?.TryGetValue(JobNameLabel, out var job) == true && job == failed.Job!.Metadata.Name)
            .Select(pod => pod.Status?.ContainerStatuses?.FirstOrDefault()?.State?.Terminated?.Message)
            .LastOrDefault(message => message is { Length: > 0 });
        if (said is not null) return said.Trim().Split('\n')[^1].TrimEnd('.') + ".";
        var why = failed.Job!.Status.Conditions.First(condition => condition.Type == "Failed").Message;
        return $"{why} (Job {failed.Job.Metadata.Name}).";
    }

    private const string JobNameLabel = "batch.kubernetes.io/job-name";

    private static bool Is(V1Job job, string type) => job.Status?.Conditions?.Any(condition => condition.Type == type && condition.Status == "True") == true;

    /// <summary>A node and what is known of the weights there.</summary>
    private sealed record Place(NodeView Node, bool Holds, V1Job? Job)
    {
        public bool Loaded => Holds || (Job is not null && Complete(Job));

        public bool Failed => !Loaded && Job is not null && Ended(Job);

        public bool Loading => Job is not null && !Holds && !Ended(Job);
    }
}
