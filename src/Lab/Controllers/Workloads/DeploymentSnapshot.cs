using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Workloads;

/// <summary>A Deployment and its ReplicaSets, read into the facts that the pure decisions take.</summary>
internal sealed class DeploymentSnapshot
{
    public const string RevisionAnnotation = "deployment.kubernetes.io/revision";
    public const string DesiredAnnotation = "deployment.kubernetes.io/desired-replicas";
    public const string MaxAnnotation = "deployment.kubernetes.io/max-replicas";

    /// <summary>Reads a Deployment as served.</summary>
    public DeploymentSnapshot(JsonObject deployment, IReadOnlyList<JsonObject> sets)
    {
        Deployment = deployment;
        var replicas = (int)(deployment.Whole("spec", "replicas") ?? 1);
        var rolling = deployment.Obj("spec", "strategy", "rollingUpdate");
        var recreate = deployment.Text("spec", "strategy", "type") == "Recreate";
        Spec = (recreate ? new RolloutSpec(replicas, 0, 0) { Recreate = true } : RolloutSpec.Rolling(replicas, rolling.At("maxSurge"), rolling.At("maxUnavailable"))) with
        {
            Paused = deployment.Flag("spec", "paused"),
            RevisionHistoryLimit = (int)(deployment.Whole("spec", "revisionHistoryLimit") ?? 10),
        };
        Collisions = deployment.Whole("status", "collisionCount") ?? 0;
        Hash = PodTemplates.Hash(deployment.At("spec", "template"), Collisions);
        NewSet = sets.OrderBy(set => set.Created()).ThenBy(set => set.Name(), StringComparer.Ordinal)
            .FirstOrDefault(set => !set.IsDeleting() && IsCurrent(set));
        OldSets = [.. sets.Where(set => set != NewSet)];
    }

    /// <summary>The Deployment as served.</summary>
    public JsonObject Deployment { get; }

    /// <summary>What is wanted.</summary>
    public RolloutSpec Spec { get; }

    /// <summary>How often the hash had to be salted.</summary>
    public long Collisions { get; }

    /// <summary>The hash of the current template.</summary>
    public string Hash { get; }

    /// <summary>The ReplicaSet of the current template, or null.</summary>
    public JsonObject? NewSet { get; }

    /// <summary>All others.</summary>
    public IReadOnlyList<JsonObject> OldSets { get; }

    /// <summary>All ReplicaSets.</summary>
    public IEnumerable<JsonObject> Sets => NewSet is null ? OldSets : OldSets.Append(NewSet);

    /// <summary>The revision that the current template has or is to get.</summary>
    public long Revision => Math.Max(OldSets.Select(Facts).Select(set => set.Revision).DefaultIfEmpty().Max() + 1, NewSet is null ? 0 : Facts(NewSet).Revision);

    /// <summary>The progress deadline, or null when there is none (the largest 32-bit number).</summary>
    public TimeSpan? ProgressDeadline =>
        Deployment.Whole("spec", "progressDeadlineSeconds") is { } seconds and < int.MaxValue ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>The counts over all ReplicaSets.</summary>
    public DeploymentCounts Counts
    {
        get
        {
            var available = Sets.Sum(set => Count(set, "status", "availableReplicas"));
            return new(
                Sets.Sum(set => Count(set, "status", "replicas")),
                NewSet is null ? 0 : Count(NewSet, "status", "replicas"),
                Sets.Sum(set => Count(set, "status", "readyReplicas")),
                available,
                Math.Max(0, Sets.Sum(set => Count(set, "spec", "replicas")) - available));
        }
    }

    /// <summary>The counts as last written.</summary>
    public DeploymentCounts CountsBefore => new(
        Count(Deployment, "status", "replicas"),
        Count(Deployment, "status", "updatedReplicas"),
        Count(Deployment, "status", "readyReplicas"),
        Count(Deployment, "status", "availableReplicas"),
        Count(Deployment, "status", "unavailableReplicas"));

    /// <summary>The facts of a ReplicaSet as served.</summary>
    public static ReplicaSetFacts Facts(JsonObject set) => new(set.Name(), Count(set, "spec", "replicas"))
    {
        StatusReplicas = Count(set, "status", "replicas"),
        Available = Count(set, "status", "availableReplicas"),
        Created = set.Created(),
        Revision = Number(set.Annotation(RevisionAnnotation)) ?? 0,
        SizedFor = (int?)Number(set.Annotation(DesiredAnnotation)),
        SizedForMax = (int?)Number(set.Annotation(MaxAnnotation)),
        Observed = (set.Whole("status", "observedGeneration") ?? 0) >= set.Generation(),
        Deleting = set.IsDeleting(),
    };

    private bool IsCurrent(JsonObject set) =>
        set.Label(PodTemplates.HashLabel) == Hash || PodTemplates.Same(set.At("spec", "template"), Deployment.At("spec", "template"));

    private static int Count(JsonObject obj, params ReadOnlySpan<string> path) => (int)(obj.Whole(path) ?? 0);

    private static long? Number(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
