using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Workloads;

/// <summary>What the workload controllers need to know of a pod.</summary>
internal sealed record PodFacts
{
    /// <summary>The pod's name.</summary>
    public required string Name { get; init; }

    /// <summary>The pod's uid.</summary>
    public required string Uid { get; init; }

    /// <summary>The node it is bound to, or null.</summary>
    public string? NodeName { get; init; }

    /// <summary><c>Pending</c>, <c>Running</c>, <c>Succeeded</c>, <c>Failed</c> or <c>Unknown</c>.</summary>
    public string Phase { get; init; } = "Pending";

    /// <summary>Since when it is ready, or null while it is not.</summary>
    public DateTimeOffset? ReadySince { get; init; }

    /// <summary>Restarts of its containers, the greatest.</summary>
    public long Restarts { get; init; }

    /// <summary>The <c>controller.kubernetes.io/pod-deletion-cost</c>; 0 when absent or unreadable.</summary>
    public long DeletionCost { get; init; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>Whether its deletion has been asked for.</summary>
    public bool Deleting { get; init; }

    /// <summary>Whether it counts towards replicas: neither finished nor on its way out.</summary>
    public bool Active => !Deleting && Phase is not ("Succeeded" or "Failed");

    /// <summary>Whether it is ready.</summary>
    public bool Ready => ReadySince is not null;

    /// <summary>Whether it has been ready for <paramref name="minReady"/>.</summary>
    public bool Available(TimeSpan minReady, DateTimeOffset now) => ReadySince is { } since && since + minReady <= now;

    /// <summary>From a pod as served.</summary>
    public static PodFacts From(JsonObject pod)
    {
        var ready = pod.Condition("Ready");
        return new()
        {
            Name = pod.Name(),
            Uid = pod.Uid(),
            NodeName = pod.Text("spec", "nodeName") is { Length: > 0 } node ? node : null,
            Phase = pod.Text("status", "phase") ?? "Pending",
            ReadySince = ready.Text("status") == "True" ? ready.Time("lastTransitionTime") ?? pod.Created() : null,
            Restarts = pod.Items("status", "containerStatuses").Select(status => status.Whole("restartCount") ?? 0).DefaultIfEmpty().Max(),
            DeletionCost = long.TryParse(
                pod.Annotation("controller.kubernetes.io/pod-deletion-cost"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var cost)
                ? cost
                : 0,
            Created = pod.Created(),
            Deleting = pod.IsDeleting(),
        };
    }
}
