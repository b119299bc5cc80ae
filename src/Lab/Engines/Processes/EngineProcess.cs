using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Engines;

/// <summary>
/// The simulated process of an engine's container: it reads what it was told, loads, serves, and ends by signal, by fault or by itself.
/// Nothing runs while it waits.
/// </summary>
#pragma warning disable CA1001 // Its end closes the ports; a token source without a timer holds nothing else.
internal sealed class EngineProcess : IContainerProcess
#pragma warning restore CA1001
{
    // Python starts and imports before a wrong option is noticed.
    private static readonly TimeSpan Import = TimeSpan.FromSeconds(2);

    // The memory of a checkpoint that is read in whole runs out before the end.
    private const double OomShare = 0.6;

    private readonly ContainerStart start;
    private readonly PodWebServer web;
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
    /// <param name="log">The container's log.</param>
    /// <param name="memory">Which faults have struck this pod already.</param>
    /// <param name="worlds">The groups of pods that make one replica.</param>
    /// <param name="time">The Lab's clock.</param>
    public EngineProcess(ContainerStart start, PodWebServer web, ContainerLog log, FaultMemory memory, GroupWorlds worlds, TimeProvider time)
    {
        this.start = start;
        this.web = web;
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

    private async Task RunAsync()
    {
        try
        {
            Log.Write($"[nemotron-lab] This engine is simulated: no model is loaded and no GPU is used. {string.Join(' ', start.CommandLine)}");
            var settings = await ReadAsync();
            Sizing = EngineSizing.Of(settings, start);
            Tell(settings, Sizing);
            await LoadAsync(settings);
            await ServeAsync(settings, Sizing);
        }
        catch (StartRefusedException refused)
        {
            foreach (var line in refused.Lines) Log.Write(line);
            await Shortly();
            End(new(refused.ExitCode));
        }
        catch (SocketException taken)
        {
            Log.Write($"ERROR:    [Errno 98] error while attempting to bind on address ({start.Ip}): {taken.Message.ToLowerInvariant()}");
            End(new(1));
        }
        catch (OperationCanceledException) when (killed.IsCancellationRequested)
        {
        }
#pragma warning disable CA1031 // A fault of the simulation is seen where the pod's owner looks: in its log and its exit.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Log.Write($"[nemotron-lab] the simulation failed: {fault}");
            End(new(1, "SimulationFailed"));
        }
    }

    private async Task<EngineSettings> ReadAsync()
    {
        await Shortly();
        return EngineStart.Read(start);
    }

    private async Task Shortly()
    {
        var share = start.Load / 4;
        await Task.Delay(share < Import ? share : Import, time, killed.Token);
    }

    private void Tell(EngineSettings settings, EngineSizing sizing)
    {
        if (sizing.StandIn is { } standIn) Log.Write($"[nemotron-lab] {standIn}");
        foreach (var option in settings.NotSimulated) Log.Write($"[nemotron-lab] {option} has no effect here");
        Log.Info($"TensorRT-LLM version: {settings.VersionText}");
        Log.Info($"Loading {settings.Model} ({sizing.Precision}) on {settings.Gpus} x {sizing.Gpu.Name}, {sizing.Plan.WeightsBytesPerGpu / 1e9:0.0} GB of weights each");
    }

    private async Task LoadAsync(EngineSettings settings)
    {
        if (settings.Pods > 1) await GatherAsync(settings.Pods - 1);
        var early = EngineServers.Early(settings);
        if (early.Count > 0) Open(settings, early);
        if (Faults.Has(EngineFaultKind.OomAtLoad))
        {
            await Task.Delay(start.Load * OomShare, time, killed.Token);
            End(new(137, "OOMKilled"));
            killed.Token.ThrowIfCancellationRequested();
        }

        await Task.Delay(start.Load, time, killed.Token);
        while (Faults.Has(EngineFaultKind.LoadForever)) await faultsChanged.Task.WaitAsync(killed.Token);
    }

    private async Task GatherAsync(int workers)
    {
        var group = worlds.Of(GroupWorlds.KeyOf(start.Pod));
        lock (gate) world = group;
        Log.Write($"group: waiting for {workers} worker{(workers == 1 ? "" : "s")}");
        if (!await group.CompleteAsync(workers, killed.Token)) throw new StartRefusedException(1, $"group: {group.Lost}");
        Log.Write("group: all are here, starting the MPI world");
        _ = WatchAsync(group);
    }

    private async Task WatchAsync(GroupWorld group)
    {
        try
        {
            Log.Write($"group: {await group.LostAsync(killed.Token)}: ending the world");
            End(new(1));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task ServeAsync(EngineSettings settings, EngineSizing sizing)
    {
        var engine = new SimulatedEngine(settings, sizing, Log, time, start.Load, Gpus) { FatalErrorFound = () => terminated.TrySetResult() };
        var server = EngineServers.Of(engine, web.Grpc, () => Faults);
        lock (gate)
        {
            if (exited.Task.IsCompleted)
            {
                engine.Dispose();
                return;
            }

            serving = server;
        }

        Log.Info($"KV cache: {engine.Replica.KvBlocks} blocks of {sizing.BlockTokens} tokens; longest sequence {sizing.MaxSequenceTokens} tokens");
        ports?.StopListening();
        Open(settings, server.Ports);
        Log.Write($"INFO:     Uvicorn running on http://{settings.BoundHost}:{settings.HttpPort ?? settings.GrpcPort} (simulated)");
        ApplyFaults();
        await terminated.Task.WaitAsync(killed.Token);
        Log.Write("INFO:     Shutting down");
        engine.Draining = true;
        var code = await server.EndAsync(ports!, killed.Token);
        End(new(engine.Health == EngineHealth.Fatal ? 1 : code));
    }

    private void Open(EngineSettings settings, IReadOnlyList<WantedPort> wanted)
    {
        lock (gate)
        {
            if (exited.Task.IsCompleted) return;
            // The pod's localhost is listened on only where somebody else could ask there.
            var alone = start.Pod.Items("spec", "containers").Count() + start.Pod.Items("spec", "initContainers").Count() == 1;
            ports?.Dispose();
            ports = new(web.Transport, start.Ip, settings.Exposed, !alone || !settings.Exposed);
            ports.Open(wanted);
            ports.SetReachable(reachable);
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
