using System.Net;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Engines;

/// <summary>
/// The simulated process of an engine's container: it reads what it was told, loads, serves, and ends by signal, by fault or by itself.
/// Nothing runs while it waits.
/// </summary>
#pragma warning disable CA1001 // Its end closes the ports; a token source without a timer holds nothing else.
internal sealed partial class EngineProcess : IContainerProcess
#pragma warning restore CA1001
{
    private readonly ContainerStart start;
    private readonly PodWebServer web;
    private readonly NodeDisks disks;
    private readonly FaultMemory memory;
    private readonly GroupWorlds worlds;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource killed = new();
    private readonly TaskCompletionSource<ContainerExit> exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource terminated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private TaskCompletionSource faultsChanged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? annotation;
    private EnginePorts? ports;
    private EngineServer? serving;
    private GroupWorld? world;
    private bool asked;
    private bool reachable = true;

    /// <summary>A process that <see cref="Begin"/> starts.</summary>
    /// <param name="start">The container.</param>
    /// <param name="web">The web server behind all processes.</param>
    /// <param name="disks">What is on the nodes' disks.</param>
    /// <param name="log">The container's log.</param>
    /// <param name="memory">Which faults have struck this pod already.</param>
    /// <param name="worlds">The groups of pods that make one replica.</param>
    /// <param name="time">The Lab's clock.</param>
    public EngineProcess(ContainerStart start, PodWebServer web, NodeDisks disks, ContainerLog log, FaultMemory memory, GroupWorlds worlds, TimeProvider time)
    {
        this.start = start;
        this.web = web;
        this.disks = disks;
        this.memory = memory;
        this.worlds = worlds;
        this.time = time;
        Log = log;
        Observe(start.Pod);
    }

    /// <inheritdoc/>
    public Task<ContainerExit> Exited => exited.Task;

    /// <inheritdoc/>
    public IPAddress PodAddress => start.Ip;

    /// <summary>The container's log.</summary>
    public ContainerLog Log { get; }

    /// <summary>What it was started with.</summary>
    public ContainerStart Start => start;

    /// <summary>The faults asked for now.</summary>
    public EngineFaults Faults { get; private set; } = EngineFaults.None;

    /// <summary>What fits on its GPUs; null before it has read its settings.</summary>
    public EngineSizing? Sizing { get; private set; }

    /// <summary>Its GPUs.</summary>
    public IReadOnlyList<GpuIdentity> Gpus => [.. start.Gpus.Select(gpu => new GpuIdentity(start.Node?.Name() ?? "", gpu))];

    /// <summary>The engine while it serves, or null.</summary>
    public SimulatedEngine? Engine => serving?.Engine;

    /// <summary>Whether it is cut off from the network.</summary>
    public bool IsUnreachable
    {
        get
        {
            lock (gate) return !reachable;
        }
    }

    /// <summary>Starts it.</summary>
    public void Begin() => _ = RunAsync();

    /// <inheritdoc/>
    public void Terminate()
    {
        if (Faults.Has(EngineFaultKind.IgnoreSigterm)) return;
        lock (gate)
        {
            // While it loads, no handler is there yet; and what is process 1 ignores a signal that it does not handle.
            if (serving is null && IsProcessOne()) return;
            asked = true;
            if (serving is not null)
            {
                terminated.TrySetResult();
                return;
            }
        }

        End(new(143));
    }

    /// <inheritdoc/>
    public void End(ContainerExit exit)
    {
        EnginePorts? open;
        EngineServer? server;
        lock (gate)
        {
            if (exited.Task.IsCompleted) return;
            (open, ports) = (ports, null);
            (server, serving) = (serving, null);
            exited.TrySetResult(exit with { Message = Log.Tail() });
        }

        if (world is { } group)
        {
            worlds.End(GroupWorlds.KeyOf(start.Pod), group);
            group.LeaderEnds(asked);
        }

        killed.Cancel();
        open?.Dispose();
        server?.Engine.Dispose();
        Log.Close();
    }

    /// <inheritdoc/>
    public Task<ExecResult> ExecAsync(IReadOnlyList<string> command, CancellationToken cancel) => new SimulatedShell(start, time).RunAsync(command, cancel);

    /// <inheritdoc/>
    public void Observe(JsonObject pod)
    {
        var text = pod.Annotation(EngineFault.Annotation);
        TaskCompletionSource changed;
        lock (gate)
        {
            if (text == annotation) return;
            annotation = text;
            try
            {
                Faults = new(EngineFault.Parse(text));
            }
            catch (FormatException unknown)
            {
                Faults = EngineFaults.None;
                Log.Write($"[nemotron-lab] annotation {EngineFault.Annotation}: {unknown.Message}");
            }

            changed = faultsChanged;
            faultsChanged = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.TrySetResult();
        ApplyFaults();
    }

    /// <inheritdoc/>
    public void Refresh(IReadOnlyDictionary<string, string> files)
    {
        // Read once, when it starts.
    }

    /// <inheritdoc/>
    public void SetReachable(bool value)
    {
        lock (gate)
        {
            reachable = value;
            ports?.SetReachable(value);
        }
    }

    private void ApplyFaults()
    {
        EngineServer? server;
        lock (gate) server = serving;
        if (server is null) return;
        server.Engine.Replica.Slowness = Faults.Value(EngineFaultKind.Slow, 2) ?? 1;
        server.FreezeMetrics(Faults.Has(EngineFaultKind.MetricsStale));
        if (!Faults.Strikes.Any() || !memory.Strike(annotation)) return;
        foreach (var fault in Faults.Strikes)
        {
            Log.Write($"[nemotron-lab] fault {EngineFault.NameOf(fault.Kind)} strikes");
            if (fault.Kind == EngineFaultKind.Exit) End(new((int)Math.Clamp(fault.Value ?? 1, 0, 255)));
            else _ = server.StrikeAsync(fault.Kind, exit => End(new(exit)), killed.Token);
        }
    }

    private bool IsProcessOne()
    {
        var first = start.CommandLine is [var word, ..] ? word[(word.LastIndexOf('/') + 1)..] : "";
        if (first is "tini" or "dumb-init" || start.Pod.Flag("spec", "shareProcessNamespace")) return false;
        return EngineProgram.Find(start.Container, start.CommandLine) is not { Launcher: true };
    }
}
