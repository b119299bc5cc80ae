using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers.Workloads;

namespace Nemotron.Lab.Controllers.StatefulSets;

/// <summary>What a decision needs to know of a StatefulSet.</summary>
/// <param name="Replicas">The wanted pods.</param>
/// <param name="Start">The first ordinal (<c>spec.ordinals.start</c>).</param>
internal sealed record StatefulSpec(int Replicas, int Start)
{
    /// <summary>Whether pods come and go one after the other (<c>podManagementPolicy: OrderedReady</c>).</summary>
    public bool Ordered { get; init; } = true;

    /// <summary>Whether pods are updated only as others delete them.</summary>
    public bool OnDelete { get; init; }

    /// <summary>Pods below <see cref="Start"/> plus this keep their revision; null when no rolling update is configured.</summary>
    public int? Partition { get; init; } = 0;

    /// <summary>How many pods an update may leave unavailable at a time, resolved; at least 1.</summary>
    public int MaxUnavailable { get; init; } = 1;

    /// <summary>How long a pod must be ready to count as available.</summary>
    public TimeSpan MinReady { get; init; }

    /// <summary>Pods of the current revision, by the status: what an update without partition keeps.</summary>
    public int CurrentReplicas { get; init; }

    /// <summary>Whether the set's deletion has been asked for.</summary>
    public bool Deleting { get; init; }

    /// <summary>Reads a StatefulSet as served.</summary>
    public static StatefulSpec From(JsonObject set)
    {
        var replicas = (int)(set.Whole("spec", "replicas") ?? 1);
        var rolling = set.Obj("spec", "updateStrategy", "rollingUpdate");
        return new(replicas, (int)(set.Whole("spec", "ordinals", "start") ?? 0))
        {
            Ordered = set.Text("spec", "podManagementPolicy") != "Parallel",
            OnDelete = set.Text("spec", "updateStrategy", "type") == "OnDelete",
            Partition = rolling is null ? null : (int)(rolling.Whole("partition") ?? 0),
            MaxUnavailable = Math.Max(1, IntOrPercent.Resolve(rolling.At("maxUnavailable"), replicas, roundUp: false, "1")),
            MinReady = TimeSpan.FromSeconds(set.Whole("spec", "minReadySeconds") ?? 0),
            CurrentReplicas = (int)(set.Whole("status", "currentReplicas") ?? 0),
            Deleting = set.IsDeleting(),
        };
    }
}

/// <summary>What a decision needs to know of a StatefulSet's pod.</summary>
/// <param name="Ordinal">Its number.</param>
/// <param name="Revision">The revision it was made from (label <c>controller-revision-hash</c>).</param>
/// <param name="Facts">The pod.</param>
internal sealed record StatefulPod(int Ordinal, string Revision, PodFacts Facts)
{
    /// <summary>The label that names a pod's revision.</summary>
    public const string RevisionLabel = "controller-revision-hash";

    /// <summary>Whether it has ended, well or not: then it is replaced.</summary>
    public bool Ended => Facts.Phase is "Succeeded" or "Failed";

    /// <summary>Whether it is running, ready for long enough and not on its way out.</summary>
    public bool Available(StatefulSpec spec, DateTimeOffset now) => RunningAvailable(spec, now) && !Facts.Deleting;

    /// <summary>Whether it runs and has been ready for long enough, even when it is on its way out.</summary>
    public bool RunningAvailable(StatefulSpec spec, DateTimeOffset now) => Running && Facts.ReadySince is { } since && since + spec.MinReady <= now;

    /// <summary>Whether it runs and is ready.</summary>
    public bool RunningReady => Running && Facts.ReadySince is not null;

    private bool Running => Facts.Phase == "Running";

    /// <summary>Reads a pod as served; null when it does not bear a name of the set.</summary>
    public static StatefulPod? From(JsonObject pod, string set) =>
        OrdinalOf(pod.Name(), set) is { } ordinal ? new(ordinal, pod.Label(RevisionLabel) ?? "", PodFacts.From(pod)) : null;

    /// <summary>The ordinal in a pod's name, or null when the name is not the set's with a number.</summary>
    public static int? OrdinalOf(string pod, string set) =>
        pod.Length > set.Length + 1 && pod.StartsWith(set, StringComparison.Ordinal) && pod[set.Length] == '-'
        && int.TryParse(pod.AsSpan(set.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal)
            ? ordinal
            : null;
}
