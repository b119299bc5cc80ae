using Microsoft.Extensions.Logging;
using Nemotron.Lab.Api;
using Nemotron.Lab.Controllers.Disruption;
using Nemotron.Lab.Controllers.GarbageCollection;
using Nemotron.Lab.Controllers.Karpenter;
using Nemotron.Lab.Controllers.Machines;
using Nemotron.Lab.Controllers.NodeLifecycle;
using Nemotron.Lab.Controllers.Scheduling;
using Nemotron.Lab.Controllers.Services;
using Nemotron.Lab.Controllers.StatefulSets;
using Nemotron.Lab.Controllers.Storage;
using Nemotron.Lab.Controllers.Workloads;
using Nemotron.Lab.Controllers.LeaderWorkerSets;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Controllers;

/// <summary>What a control plane runs.</summary>
internal sealed record ControlPlaneOptions
{
    /// <summary>How the kubelets behave.</summary>
    public KubeletOptions Kubelets { get; init; } = new();

    /// <summary>Whether Services' addresses lead somewhere: only where pods have addresses that can be reached.</summary>
    public bool ServiceProxy { get; init; }

    /// <summary>Whether LeaderWorkerSets are looked after; their definition must be served.</summary>
    public bool LeaderWorkerSets { get; init; }

    /// <summary>Makes nodes for the simulated provisioners; null where there is none.</summary>
    public MachineMaker? Machines { get; init; }

    /// <summary>Whether Cluster API is simulated; its definitions must be served.</summary>
    public bool ClusterApi { get; init; }

    /// <summary>Whether Karpenter is simulated; its definitions must be served.</summary>
    public bool Karpenter { get; init; }
}

/// <summary>The built-in controllers, the scheduler and the kubelets, running over one API.</summary>
internal sealed class ControlPlane : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly IReadOnlyList<IControlLoop> loops;
    private readonly List<Task> running = [];
    private readonly ServiceProxy? proxy;

    private ControlPlane(ControllerContext context, ControlPlaneOptions options)
    {
        Context = context;
        var owned = new OwnedPods(context);
        Kubelets = new(context, options.Kubelets);
        Heartbeats = new(context, Kubelets);
        proxy = options.ServiceProxy ? new(context) : null;
        loops =
        [
            new ReplicaSetController(context, owned),
            new DeploymentController(context, owned),
            new JobController(context, owned),
            new StatefulSetController(context, owned),
            new PersistentVolumeController(context),
            new Scheduler(context),
            Kubelets,
            Heartbeats,
            new NodeLifecycleController(context),
            new TaintEvictionController(context),
            new GarbageCollector(context),
            new NamespaceController(context),
            new ServiceAccountController(context),
            new DisruptionController(context),
            new EndpointSliceController(context),
            .. proxy is null ? (IControlLoop[])[] : [proxy],
            .. options.LeaderWorkerSets ? LeaderWorkerSetLoops(context) : [],
            .. options is { ClusterApi: true, Machines: { } machines } ? (IControlLoop[])[new MachineDeploymentController(context, machines)] : [],
            .. options is { Karpenter: true, Machines: { } cloud } ? (IControlLoop[])[new KarpenterController(context, cloud)] : [],
        ];
    }

    /// <summary>What the loops work with.</summary>
    public ControllerContext Context { get; }

    /// <summary>The kubelets of the simulated nodes.</summary>
    public Kubelets Kubelets { get; }

    /// <summary>Their heartbeats.</summary>
    public NodeHeartbeats Heartbeats { get; }

    /// <summary>Starts everything, and returns when all caches are filled and all loops run.</summary>
    /// <param name="api">The API.</param>
    /// <param name="time">The clock of everything here.</param>
    /// <param name="options">What runs, and how.</param>
    /// <param name="log">Where faults go.</param>
    /// <param name="cancel">Gives up starting.</param>
    public static async Task<ControlPlane> StartAsync(IApi api, TimeProvider time, ControlPlaneOptions options, ILogger log, CancellationToken cancel)
    {
        var plane = new ControlPlane(new(api, new InformerSet(api, log), time, new EventWriter(api, time, log), log), options);
        try
        {
            await plane.Context.Informers.StartAsync(cancel).ConfigureAwait(false);
        }
        catch
        {
            await plane.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        plane.running.AddRange(plane.loops.Select(loop => Task.Run(() => loop.RunAsync(plane.stop.Token), CancellationToken.None)));
        return plane;
    }

    private static IControlLoop[] LeaderWorkerSetLoops(ControllerContext context)
    {
        var groups = new GroupReader(context);
        return [new LeaderWorkerSetController(context, groups), new GroupController(context, groups)];
    }

    /// <summary>Cuts a node off (see <see cref="Nodes.Kubelets.CutOff"/>).</summary>
    public bool CutOff(string node) => Kubelets.CutOff(node);

    /// <summary>Brings a node back; it reports at once.</summary>
    public bool Reconnect(string node)
    {
        if (!Kubelets.Reconnect(node)) return false;
        Heartbeats.Hurry(node);
        return true;
    }

    /// <summary>Stops all loops, then all watches.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(running).ConfigureAwait(false);
        Kubelets.Dispose();
        proxy?.Dispose();
        await Context.Informers.DisposeAsync().ConfigureAwait(false);
        stop.Dispose();
    }
}
