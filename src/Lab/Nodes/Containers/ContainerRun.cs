using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Nodes;

/// <summary>How a simulated container behaves.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Image">Its image.</param>
internal sealed record ContainerPlan(string Name, string Image)
{
    /// <summary>From start until it serves.</summary>
    public TimeSpan Load { get; init; }

    /// <summary>From start until it exits by itself; null for never.</summary>
    public TimeSpan? Run { get; init; }

    /// <summary>The exit code it exits with by itself.</summary>
    public int ExitCode { get; init; }

    /// <summary>Whether probes tell when it serves; without any it counts as ready once it runs.</summary>
    public bool Probed { get; init; }

    /// <summary>Whether it is an init container that keeps running beside the others.</summary>
    public bool Sidecar { get; init; }

    /// <summary>
    /// The probes of a container with a simulated process behind it, which listens, exits and is asked for real; null for one that
    /// lives by the clock alone.
    /// </summary>
    public ContainerProbes? Probes { get; init; }
}

/// <summary>How a simulated pod behaves.</summary>
/// <param name="Init">Init containers in order, sidecars included.</param>
/// <param name="Main">The other containers.</param>
/// <param name="RestartPolicy"><c>Always</c>, <c>OnFailure</c> or <c>Never</c>.</param>
/// <param name="Creation">From binding until the first container starts: sandbox, volumes, image.</param>
internal sealed record PodPlan(IReadOnlyList<ContainerPlan> Init, IReadOnlyList<ContainerPlan> Main, string RestartPolicy, TimeSpan Creation)
{
    /// <summary>Those with a process behind them, in the order in which they start.</summary>
    public IEnumerable<ContainerPlan> Live => Init.Concat(Main).Where(container => container.Probes is not null);

    /// <summary>Whether a container that exited with a code is started again.</summary>
    public bool Restarts(ContainerPlan container, int code) =>
        container.Sidecar || (Init.Contains(container) ? code != 0 && RestartPolicy != "Never" : RestartPolicy == "Always" || (RestartPolicy == "OnFailure" && code != 0));

    /// <summary>Pod annotation: seconds each main container runs before it exits (for Jobs, and for crash scenarios).</summary>
    public const string RunSecondsAnnotation = "lab.nemotron.dev/run-seconds";

    /// <summary>Pod annotation: the code it then exits with; 0 by default.</summary>
    public const string ExitCodeAnnotation = "lab.nemotron.dev/exit-code";

    /// <summary>Reads a pod as served.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="loads">How long containers load.</param>
    /// <param name="creation">From binding until the first container starts.</param>
    /// <param name="runtime">Which containers have a process behind them; null for none.</param>
    public static PodPlan From(JsonObject pod, ILoadTimes loads, TimeSpan creation, IContainerRuntime? runtime = null)
    {
        var policy = pod.Text("spec", "restartPolicy") ?? "Always";
        var seconds = double.TryParse(pod.Annotation(RunSecondsAnnotation), out var given) && given >= 0 && given < 1e9 ? given : (double?)null;
        var code = int.TryParse(pod.Annotation(ExitCodeAnnotation), out var exit) ? exit : 0;
        return new(
            [.. pod.Items("spec", "initContainers").Select(item => Plan(item) with
            {
                Sidecar = item.Text("restartPolicy") == "Always",
                Run = item.Text("restartPolicy") == "Always" || runtime?.Runs(item) == true ? null : loads.Of(pod, item),
            })],
            [.. pod.Items("spec", "containers").Select(item => Plan(item) with
            {
                // A Job's container works for as long as loading what it loads takes, then is done.
                Run = seconds is { } s ? TimeSpan.FromSeconds(s) : policy == "Always" || runtime?.Runs(item) == true ? null : loads.Of(pod, item),
                ExitCode = code,
            })],
            policy,
            creation);

        ContainerPlan Plan(JsonObject item) => new(item.Text("name") ?? "", item.Text("image") ?? "")
        {
            Load = loads.Of(pod, item),
            Probed = item.At("readinessProbe") is not null || item.At("startupProbe") is not null,
            Probes = runtime?.Runs(item) == true ? ContainerProbes.Read(item) : null,
        };
    }
}

/// <summary>Where a container stands.</summary>
internal sealed record ContainerRun
{
    /// <summary>When it last started; null before the first start, and between two.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it last exited; null while it runs for the first time.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>When the run that ended at <see cref="Finished"/> had started.</summary>
    public DateTimeOffset? LastStarted { get; init; }

    /// <summary>The code of the last exit.</summary>
    public int ExitCode { get; init; }

    /// <summary>The reason of the last exit where the code does not tell it, such as <c>OOMKilled</c>; else null.</summary>
    public string? ExitReason { get; init; }

    /// <summary>What the process left to be read after its last exit, or null.</summary>
    public string? ExitMessage { get; init; }

    /// <summary>How often it was started again.</summary>
    public int Restarts { get; init; }

    /// <summary>How often it exited in short succession: what the back-off counts.</summary>
    public int Crashes { get; init; }

    /// <summary>What its probes have said since it started.</summary>
    public ProbeStates Probes { get; init; } = ProbeStates.Fresh;

    /// <summary>When it is to start again, or null when it is not.</summary>
    public DateTimeOffset? RestartAt { get; init; }

    /// <summary>Whether it runs.</summary>
    public bool Running => Started is not null;

    /// <summary>Whether it has ended for good.</summary>
    public bool Ended => Started is null && Finished is not null && RestartAt is null;

    /// <summary>The state after an exit at <paramref name="at"/>.</summary>
    public ContainerRun Exit(DateTimeOffset at, int code, bool again, string? reason = null, string? message = null)
    {
        // Who ran for twice the longest wait starts anew, as the kubelet's back-off does.
        var crashes = at - Started >= TimeSpan.FromMinutes(10) ? 0 : Crashes;
        return this with
        {
            Started = null,
            LastStarted = Started,
            Finished = at,
            ExitCode = code,
            ExitReason = reason,
            ExitMessage = message,
            RestartAt = again ? at + BackOff(crashes) : null,
            Crashes = crashes + 1,
        };
    }

    /// <summary>The state after a start at <paramref name="at"/>.</summary>
    public ContainerRun Start(DateTimeOffset at) => this with
    {
        Started = at,
        RestartAt = null,
        Restarts = Finished is null ? Restarts : Restarts + 1,
        Probes = ProbeStates.Fresh,
    };

    // The first restart is immediate, then 10 s doubling to 5 min: the kubelet's crash loop.
    private static TimeSpan BackOff(int crashes) =>
        crashes == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(300, 10 * Math.Pow(2, Math.Min(crashes - 1, 10))));
}

/// <summary>Where a pod stands on its node.</summary>
/// <param name="Uid">The pod's uid.</param>
/// <param name="Admitted">When the kubelet first saw it.</param>
internal sealed record PodRun(string Uid, DateTimeOffset Admitted)
{
    /// <summary>The init containers reached so far.</summary>
    public IReadOnlyList<ContainerRun> Init { get; init; } = [];

    /// <summary>The main containers; empty until the init containers are done.</summary>
    public IReadOnlyList<ContainerRun> Main { get; init; } = [];

    /// <summary>When the kubelet began to stop it, or null.</summary>
    public DateTimeOffset? Stopping { get; init; }

    /// <summary>Its address, once it has one.</summary>
    public string? Ip { get; init; }

    /// <summary>The GPUs it was given, as numbers on its node.</summary>
    public IReadOnlyList<int> Gpus { get; init; } = [];

    /// <summary>The run of a container, or null before it was reached.</summary>
    public ContainerRun? Of(PodPlan plan, string container)
    {
        var init = Index(plan.Init, container);
        if (init >= 0) return init < Init.Count ? Init[init] : null;
        var main = Index(plan.Main, container);
        return main >= 0 && main < Main.Count ? Main[main] : null;
    }

    /// <summary>The same with the run of one container replaced.</summary>
    public PodRun With(PodPlan plan, string container, ContainerRun run)
    {
        var init = Index(plan.Init, container);
        return init >= 0 ? this with { Init = Replaced(Init, init, run) } : this with { Main = Replaced(Main, Index(plan.Main, container), run) };
    }

    /// <summary>What keeps its containers from being made, such as a Secret that is not there; null for nothing.</summary>
    public HeldBack? Held { get; init; }

    private static int Index(IReadOnlyList<ContainerPlan> plans, string name)
    {
        for (var i = 0; i < plans.Count; i++)
        {
            if (plans[i].Name == name) return i;
        }

        return -1;
    }

    private static ContainerRun[] Replaced(IReadOnlyList<ContainerRun> runs, int at, ContainerRun run)
    {
        ContainerRun[] copy = [.. runs];
        copy[at] = run;
        return copy;
    }
}

/// <summary>Why containers are not made.</summary>
/// <param name="Reason">The reason in the status: <c>ContainerCreating</c>, <c>CreateContainerConfigError</c>.</param>
/// <param name="Message">The sentence, or null.</param>
internal sealed record HeldBack(string Reason, string? Message);
