using System.Net;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Nodes;

/// <summary>Starts what runs in containers. Without one, containers live by the clock alone and nothing listens behind them.</summary>
internal interface IContainerRuntime
{
    /// <summary>Whether a process stands behind a container as served; others live by the clock alone.</summary>
    bool Runs(JsonObject container);

    /// <summary>Starts a container's process. What it cannot start exits by itself and says why in its log.</summary>
    IContainerProcess Start(ContainerStart start);

    /// <summary>Tells that a pod is gone, so that what is kept about it can be forgotten.</summary>
    void Forget(string podUid);

    /// <summary>Tells of a node with a simulated kubelet, new or changed.</summary>
    void ObserveNode(JsonObject node);

    /// <summary>Tells that a node is gone.</summary>
    void ForgetNode(string node);

    /// <summary>Cuts what runs on the node itself off from the network, or lets it back; its pods are told one by one.</summary>
    void SetReachable(string node, bool reachable);
}

/// <summary>A process in a container. Thread-safe.</summary>
internal interface IContainerProcess
{
    /// <summary>Ends when the process does.</summary>
    Task<ContainerExit> Exited { get; }

    /// <summary>SIGTERM.</summary>
    void Terminate();

    /// <summary>Ends the process at once, as SIGKILL or a crash does. No effect on one that has ended.</summary>
    /// <param name="exit">How it ends.</param>
    void End(ContainerExit exit);

    /// <summary>Runs a command beside the process, as an exec probe or hook does.</summary>
    /// <param name="command">The command and its arguments.</param>
    /// <param name="cancel">Gives up.</param>
    Task<ExecResult> ExecAsync(IReadOnlyList<string> command, CancellationToken cancel);

    /// <summary>The pod's address.</summary>
    IPAddress PodAddress { get; }

    /// <summary>Tells of the pod as it is now: its annotations may ask for faults.</summary>
    void Observe(JsonObject pod);

    /// <summary>Tells of the files that are mounted now, after a ConfigMap or Secret has changed.</summary>
    void Refresh(IReadOnlyDictionary<string, string> files);

    /// <summary>Cuts the process off from the network, or lets it back.</summary>
    void SetReachable(bool reachable);
}

/// <summary>How a process ended.</summary>
/// <param name="Code">The exit code; 128 and the signal's number for a signal.</param>
/// <param name="Reason">The reason where the code does not tell it, such as <c>OOMKilled</c>.</param>
/// <param name="Message">The last lines of its log, for containers whose <c>terminationMessagePolicy</c> asks for them.</param>
internal sealed record ContainerExit(int Code, string? Reason = null, string? Message = null)
{
    /// <summary>SIGKILL.</summary>
    public static ContainerExit Killed { get; } = new(137);
}

/// <summary>What a command run in a container came to.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="Output">What it printed.</param>
internal sealed record ExecResult(int Code, string Output);

/// <summary>Everything a container is started with.</summary>
internal sealed record ContainerStart
{
    /// <summary>The pod as served.</summary>
    public required JsonObject Pod { get; init; }

    /// <summary>The container as served.</summary>
    public required JsonObject Container { get; init; }

    /// <summary>The node's object as served, or null when it is gone.</summary>
    public JsonObject? Node { get; init; }

    /// <summary>The pod's address.</summary>
    public required IPAddress Ip { get; init; }

    /// <summary>How often the container was started before.</summary>
    public int Restarts { get; init; }

    /// <summary>The GPUs of the pod, as numbers on its node.</summary>
    public IReadOnlyList<int> Gpus { get; init; } = [];

    /// <summary>Its environment, references resolved.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The text files mounted from ConfigMaps and Secrets, by absolute path.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>Command and arguments, variables expanded.</summary>
    public IReadOnlyList<string> CommandLine { get; init; } = [];

    /// <summary>How long it loads.</summary>
    public TimeSpan Load { get; init; }
}
