using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Nemotron.Lab.Controllers;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Engines;

/// <summary>
/// Starts the simulated engines of a Lab: all behind one web server, each at its pod's address. Also keeps the DCGM exporter of every node
/// with GPUs.
/// </summary>
internal sealed class EngineRuntime : IContainerRuntime, IAsyncDisposable
{
    private readonly PodWebServer web;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly PodLogs logs;
    private readonly ConcurrentDictionary<string, FaultMemory> memories = new();
    private readonly GroupWorlds worlds = new();
    private readonly NodeDisks disks = new();
    private readonly ConcurrentDictionary<string, (PodPort Port, DcgmExporter Exporter)> exporters = new();
    private readonly ConcurrentDictionary<EngineProcess, string> running = new();

    private readonly ConcurrentDictionary<IContainerProcess, bool> others = new();
    private readonly string? gateway;

    private EngineRuntime(PodWebServer web, string? gateway, TimeProvider time, ILogger log)
    {
        this.web = web;
        this.gateway = gateway;
        this.time = time;
        this.log = log;
        logs = new(time);
    }

    /// <summary>The engines that run.</summary>
    public IReadOnlyCollection<EngineProcess> Processes => [.. running.Keys];

    /// <summary>What containers have written.</summary>
    public Api.IPodLogs Logs => logs;

    /// <summary>Starts it.</summary>
    /// <param name="gateway">The gateway's program; null where something stands in for it.</param>
    /// <param name="time">The Lab's clock.</param>
    /// <param name="log">Where faults of the Lab itself go.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<EngineRuntime> StartAsync(string? gateway, TimeProvider time, ILogger log, CancellationToken cancel)
    {
        var web = await PodWebServer.StartAsync(
            routes =>
            {
                routes.MapGrpcService<TritonGrpcService>();
                routes.MapGrpcService<TritonHealthService>();
                routes.MapGrpcService<TrtLlmGrpcService>();
            },
            cancel);
        return new(web, gateway, time, log);
    }

    /// <inheritdoc/>
    public bool Runs(JsonObject container) => GatewayLine.IsGateway(container) || WeightLoader.Is(container) || EngineProgram.Find(container) is not null;

    /// <inheritdoc/>
    public IContainerProcess Start(ContainerStart start)
    {
        var lines = logs.Begin(start.Pod.Uid(), start.Container.Text("name") ?? "");
        if (GatewayLine.IsGateway(start.Container)) return Known(StartGateway(start, lines));
        if (WeightLoader.Is(start.Container))
        {
            var loader = new WeightLoader(start, lines, disks, time);
            loader.Begin();
            return Known(loader);
        }

        if (EngineProgram.Find(start.Container, start.CommandLine)?.Product == EngineProduct.GroupWorker)
        {
            var worker = new GroupWorker(start, lines, worlds.Of(GroupWorlds.KeyOf(start.Pod)), time);
            worker.Begin();
            return Known(worker);
        }

        var process = new EngineProcess(start, web, disks, lines, memories.GetOrAdd(start.Pod.Uid(), static _ => new()), worlds, time);
        running[process] = start.Node?.Name() ?? "";
        _ = process.Exited.ContinueWith(_ => running.TryRemove(process, out var _), TaskScheduler.Default);
        process.Begin();
        return process;
    }

    private IContainerProcess StartGateway(ContainerStart start, ContainerLog lines)
    {
        if (gateway is { } program)
        {
            var real = new GatewayProcess(start, program, lines, time);
            real.Begin();
            return real;
        }

        var standIn = new GatewayStandIn(start, web, lines, time);
        standIn.Begin();
        return standIn;
    }

    private IContainerProcess Known(IContainerProcess process)
    {
        others[process] = true;
        _ = process.Exited.ContinueWith(_ => others.TryRemove(process, out var _), TaskScheduler.Default);
        return process;
    }

    /// <inheritdoc/>
    public void Forget(string podUid)
    {
        logs.Forget(podUid);
        memories.TryRemove(podUid, out _);
    }

    /// <inheritdoc/>
    public void ObserveNode(JsonObject node)
    {
        var name = node.Name();
        var address = node.Items("status", "addresses").FirstOrDefault(entry => entry.Text("type") == "InternalIP").Text("address");
        if (exporters.TryGetValue(name, out var known))
        {
            known.Exporter.Observe(node);
            return;
        }

        if (!IPAddress.TryParse(address, out var ip) || !IPAddress.IsLoopback(ip) || EngineSizing.GpuOf(node) is null) return;
        var exporter = new DcgmExporter(node, () => [.. running.Where(entry => entry.Value == name).Select(entry => entry.Key)], time);
        try
        {
            exporters[name] = (PodPort.Open(web.Transport, new(ip, DcgmExporter.Port), PortProtocol.Http, exporter.AnswerAsync), exporter);
        }
        catch (SocketException taken)
        {
            log.LogWarning("The DCGM exporter of {Node} cannot listen on {Address}:{Port}: {Message}", name, ip, DcgmExporter.Port, taken.Message);
        }
    }

    /// <inheritdoc/>
    public void ForgetNode(string node)
    {
        disks.Forget(node);
        if (exporters.TryRemove(node, out var known)) known.Port.Dispose();
    }

    /// <inheritdoc/>
    public void SetReachable(string node, bool reachable)
    {
        if (exporters.TryGetValue(node, out var known)) known.Port.Unreachable = !reachable;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in running.Keys.Concat(others.Keys)) process.End(ContainerExit.Killed);
        foreach (var (port, _) in exporters.Values) port.Dispose();
        await web.DisposeAsync();
    }
}
