namespace Nemotron.Lab.Nodes;

/// <summary>How the simulated kubelets behave.</summary>
internal sealed record KubeletOptions
{
    /// <summary>How long containers load.</summary>
    public ILoadTimes Loads { get; init; } = new EngineLoadTimes();

    /// <summary>From binding until the first container starts: sandbox, volumes, image (taken to be on the node).</summary>
    public TimeSpan Creation { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>What a process takes to exit after SIGTERM.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>What starts processes behind containers; null where containers live by the clock alone.</summary>
    public IContainerRuntime? Runtime { get; init; }

    /// <summary>Whether <c>Pulled</c>, <c>Created</c>, <c>Started</c> and <c>Killing</c> events are written; off for very large clusters.</summary>
    public bool Events { get; init; } = true;

    /// <summary>How often a node's Lease is renewed, for a cluster of so many nodes: 10 s as in reality, less often from 20 nodes on (2 writes per second in all), never less than every 5 min.</summary>
    public static TimeSpan RenewEvery(int nodes) => TimeSpan.FromSeconds(Math.Clamp(nodes * 0.5, 10, 300));

    /// <summary>The Lease's duration: four renewals, 40 s as in reality.</summary>
    public static TimeSpan LeaseDuration(int nodes) => RenewEvery(nodes) * 4;
}
