using Microsoft.Extensions.Logging;
using Nemotron.Lab.Controllers;
using Nemotron.Lab.Controllers.Karpenter;
using Nemotron.Lab.Controllers.Machines;
using Nemotron.Lab.Controllers.Storage;
using Nemotron.Lab.Controllers.LeaderWorkerSets;
using Nemotron.Lab.Engines;
using IApi = Nemotron.Lab.Api.IApi;
using LabIdentity = Nemotron.Lab.Api.Access.LabIdentity;
using LabServer = Nemotron.Lab.Api.LabServer;
using LabServerOptions = Nemotron.Lab.Api.LabServerOptions;

namespace Nemotron.Lab.Nodes;

/// <summary>
/// A whole cluster in this process: the API server, the built-in controllers, a scheduler, and nodes whose kubelets and engines are
/// simulated. With <see cref="LabEngines.Simulated"/> pods' and Services' addresses are real ones on the loopback interface, and engines
/// answer there. A test bed, not a distribution.
/// </summary>
public sealed class LabCluster : IAsyncDisposable
{
    private readonly LabClusterOptions options;
    private readonly EngineHost? engines;
    private ControlPlane plane;
    private readonly NodeNumbers numbers;
    private int faults;

    private LabCluster(LabClusterOptions options, LabClock clock, LabServer server, ControlPlane plane, EngineHost? engines, NodeNumbers numbers) =>
        (this.options, Clock, Server, this.plane, this.engines, this.numbers) = (options, clock, server, plane, engines, numbers);

    /// <summary>The API server.</summary>
    public LabServer Server { get; }

    /// <summary>The Lab's clock, which every part of it follows.</summary>
    public TimeProvider Time => Clock;

    /// <summary>Where the API server listens.</summary>
    public Uri Url => Server.Url;

    /// <summary>The addresses of pods, nodes and Services, such as <c>127.8.0.0/13</c>; null where nothing listens at them.</summary>
    public string? AddressRange => engines?.Network.Range;

    internal EngineHost? Engines => engines;

    internal LabClock Clock { get; }

    internal IApi Api => Server.Api;

    internal ControlPlane Plane => plane;

    /// <summary>Starts a cluster, and returns when its controllers run and its nodes are registered (they become ready a moment later).</summary>
    /// <param name="options">How it is set up.</param>
    /// <param name="cancel">Gives up starting.</param>
    /// <exception cref="FormatException"><see cref="LabClusterOptions.Nodes"/> is malformed; the message says what would be right.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A speed is out of range.</exception>
    /// <exception cref="IOException">The port is taken, or this machine cannot have simulated engines; the message says why.</exception>
    public static async Task<LabCluster> StartAsync(LabClusterOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!(options.LoadSpeed > 0)) throw new ArgumentOutOfRangeException(nameof(options), options.LoadSpeed, "the load speed is above 0");
        // Before anything listens: a malformed list must not leave a server behind.
        if (options.Nodes.Length > 0) NodeSpec.ParseList(options.Nodes);
        var clock = new LabClock(options.ClockSpeed, options.SystemTime);
        var engines = options.Engines == LabEngines.Simulated ? await EngineHost.StartAsync(options.Gateway, clock, options.Log, cancel).ConfigureAwait(false) : null;
        try
        {
            return await StartAsync(options, clock, engines, cancel).ConfigureAwait(false);
        }
        catch
        {
            if (engines is not null) await engines.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<LabCluster> StartAsync(LabClusterOptions options, LabClock clock, EngineHost? engines, CancellationToken cancel)
    {
        var server = await LabServer.StartAsync(
            new LabServerOptions
            {
                ServicePrefix = engines?.Network.ServicePrefix ?? "10.0",
                Logs = engines?.Runtime.Logs,
                Port = options.Port,
                Time = clock,
                HistoryCapacity = options.HistoryCapacity,
                Tls = options.Tls,
                Authorization = options.Authorization,
                AuditFile = options.AuditFile,
                SystemTime = options.SystemTime,
                Admission = options.With.HasFlag(LabAddOns.LeaderWorkerSets) ? [new LeaderWorkerSetAdmission()] : [],
                OnInternalError = fault => options.Log.LogError(fault, "The API server failed on a request"),
            },
            cancel).ConfigureAwait(false);
        try
        {
            var numbers = new NodeNumbers();
            var cluster = new LabCluster(options, clock, server, await StartPlaneAsync(options, clock, server.Api, engines, numbers, cancel).ConfigureAwait(false), engines, numbers);
            if (options.Nodes.Length > 0) cluster.AddNodes(options.Nodes);
            return cluster;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Adds nodes.</summary>
    /// <param name="list">What to add, as in <see cref="LabClusterOptions.Nodes"/>.</param>
    /// <returns>Their names.</returns>
    /// <exception cref="FormatException">The list is malformed; the message says what would be right.</exception>
    public IReadOnlyList<string> AddNodes(string list)
    {
        NodeRegistrar.EnsureLeaseNamespace(Api);
        var names = new List<string>();
        foreach (var spec in NodeSpec.ParseList(list))
        {
            var type = (spec.Gpu?.Name ?? "cpu").ToLowerInvariant();
            for (var i = 0; i < spec.Count; i++)
            {
                var number = FirstFree(type);
                var name = $"{type}-{number}";
                NodeRegistrar.Register(Api, NodeObjects.One(spec, name, number, numbers.Next(), Clock.GetUtcNow(), engines?.Network));
                names.Add(name);
            }
        }

        return names;
    }

    /// <summary>Cuts a node off, as a power or network failure would: its pods stand still, and once its Lease has run out it is marked unreachable.</summary>
    /// <param name="node">The node's name.</param>
    /// <returns>False when there is no such node.</returns>
    public bool CutOff(string node) => plane.CutOff(node);

    /// <summary>Brings a node back.</summary>
    /// <param name="node">The node's name.</param>
    /// <returns>False when there is no such node.</returns>
    public bool Reconnect(string node) => plane.Reconnect(node);

    /// <summary>Makes a pod's container exit; the pod's restart policy does the rest.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="pod">The pod's name.</param>
    /// <param name="container">The container, or null for all.</param>
    /// <param name="exitCode">The exit code, 0 to 255.</param>
    public void Crash(string ns, string pod, string? container, int exitCode) => plane.Kubelets.Crash(ns, pod, container, exitCode);

    /// <summary>
    /// Asks for a fault of a pod's simulated engine, as <c>kubectl annotate pod POD lab.nemotron.dev/fault=FAULT</c> does.
    /// </summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="pod">The pod's name.</param>
    /// <param name="fault">Such as <c>rank-crash</c>, <c>hang</c>, <c>slow=3</c>; null takes it back.</param>
    /// <exception cref="FormatException">There is no such fault; the message names those there are.</exception>
    public void SetFault(string ns, string pod, string? fault)
    {
        EngineFault.Parse(fault);
        // The mark strikes again where the same fault has struck before.
        var value = fault is null ? null : $"{fault}#{Interlocked.Increment(ref faults)}";
        Api.MergePatch(BuiltIn.Pods, ns, pod, new() { ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["annotations"] = new System.Text.Json.Nodes.JsonObject { [EngineFault.Annotation] = value } } }, "lab");
    }

    /// <summary>Writes a kubeconfig for this cluster.</summary>
    /// <param name="path">The file; replaced when it exists.</param>
    /// <param name="identity">As whom it speaks; the administrator when null.</param>
    /// <exception cref="InvalidOperationException">The service account is not there, or a certificate is asked for over plain HTTP.</exception>
    public void WriteKubeconfig(string path, LabIdentity? identity = null) => Server.WriteKubeconfig(path, identity);

    /// <summary>Restarts the API server on the same port. Without data, the nodes are registered anew and everything else is gone.</summary>
    /// <param name="keepData">Whether objects survive.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task RestartApiAsync(bool keepData, CancellationToken cancel)
    {
        if (keepData)
        {
            // The controllers work on the store itself and do not notice.
            await Server.RestartAsync(true, cancel).ConfigureAwait(false);
            return;
        }

        await plane.DisposeAsync().ConfigureAwait(false);
        await Server.RestartAsync(false, cancel).ConfigureAwait(false);
        numbers.Reset();
        plane = await StartPlaneAsync(options, Clock, Server.Api, engines, numbers, cancel).ConfigureAwait(false);
        if (options.Nodes.Length > 0) AddNodes(options.Nodes);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await plane.DisposeAsync().ConfigureAwait(false);
        await Server.DisposeAsync().ConfigureAwait(false);
        if (engines is not null) await engines.DisposeAsync().ConfigureAwait(false);
    }

    private static Task<ControlPlane> StartPlaneAsync(LabClusterOptions options, LabClock clock, IApi api, EngineHost? engines, NodeNumbers numbers, CancellationToken cancel)
    {
        SimulatedStorageClass.Ensure(api);
        if (options.With.HasFlag(LabAddOns.LeaderWorkerSets)) LeaderWorkerSetDefinition.Ensure(api);
        if (options.With.HasFlag(LabAddOns.ClusterApi)) ClusterApi.Ensure(api);
        if (options.With.HasFlag(LabAddOns.Karpenter)) KarpenterApi.Ensure(api);
        var plane = new ControlPlaneOptions
        {
            Kubelets = new() { Loads = new EngineLoadTimes(options.LoadSpeed), Events = options.KubeletEvents, Runtime = engines?.Runtime },
            ServiceProxy = engines is not null,
            LeaderWorkerSets = options.With.HasFlag(LabAddOns.LeaderWorkerSets),
            Machines = new(api, clock, numbers, engines?.Network),
            ClusterApi = options.With.HasFlag(LabAddOns.ClusterApi),
            Karpenter = options.With.HasFlag(LabAddOns.Karpenter),
        };
        return ControlPlane.StartAsync(api, clock, plane, options.Log, cancel);
    }

    private int FirstFree(string type)
    {
        var number = firstFree.GetValueOrDefault(type);
        while (Api.Get(BuiltIn.Nodes, null, $"{type}-{number}") is not null) number++;
        firstFree[type] = number;
        return number;
    }

    private readonly Dictionary<string, int> firstFree = [];
}
