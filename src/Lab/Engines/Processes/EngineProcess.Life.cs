using System.Net.Sockets;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Engines;

/// <summary>The life of the process: read, gather, load, serve, end.</summary>
internal sealed partial class EngineProcess
{
    // Python starts and imports before a wrong option is noticed.
    private static readonly TimeSpan Import = TimeSpan.FromSeconds(2);

    // The memory of a checkpoint that is read in whole runs out before the end.
    private const double OomShare = 0.6;

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
        var settings = EngineStart.Read(start);
        // A folder that is not there is taken for the name of a repository.
        if (NodeDisks.PathOnNode(start.Pod, start.Container, settings.Model) is { } path && !disks.Has(start.Node?.Name() ?? "", path))
            throw new StartRefusedException(1, $"huggingface_hub.errors.HFValidationError: Repo id must be in the form 'repo_name' or 'namespace/repo_name': '{settings.Model}'. Use `repo_type` argument if needed.");
        return settings;
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
}
