namespace Nemotron.Lab.Nodes;

/// <summary>Something that happened in a pod beside the kubelets' loop.</summary>
/// <param name="Container">The container's name.</param>
/// <param name="Restarts">Which run of it.</param>
/// <param name="At">When.</param>
internal abstract record PodNews(string Container, int Restarts, DateTimeOffset At)
{
    /// <summary>The process ended.</summary>
    public sealed record Exited(string Container, int Restarts, DateTimeOffset At, ContainerExit Exit) : PodNews(Container, Restarts, At);

    /// <summary>A probe was answered.</summary>
    public sealed record Probed(string Container, int Restarts, DateTimeOffset At, ProbeKind Kind, ProbeAnswer Answer) : PodNews(Container, Restarts, At);

    /// <summary>A lifecycle hook failed.</summary>
    public sealed record HookFailed(string Container, int Restarts, DateTimeOffset At, string Message) : PodNews(Container, Restarts, At);
}

/// <summary>One run of a container with a process behind it, as the kubelets' loop knows it. Used by that loop only.</summary>
/// <param name="name">The container's name.</param>
/// <param name="restarts">Which run of it.</param>
/// <param name="process">The process.</param>
internal sealed class LiveContainer(string name, int restarts, IContainerProcess process)
{
    /// <summary>The container's name.</summary>
    public string Name { get; } = name;

    /// <summary>Which run of it.</summary>
    public int Restarts { get; } = restarts;

    /// <summary>The process.</summary>
    public IContainerProcess Process { get; } = process;

    /// <summary>Probes asked and not answered yet.</summary>
    public HashSet<ProbeKind> Asked { get; } = [];

    /// <summary>Whether a stop is under way.</summary>
    public bool Stopping { get; set; }
}
