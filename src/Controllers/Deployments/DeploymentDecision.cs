using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Controllers.Fleets;
using Nemotron.Crds;
using Nemotron.Engines.Launch;
using Nemotron.Planning;

namespace Nemotron.Controllers.Deployments;

/// <summary>What a decision came to: the spec refused, or accepted without a place for it, or everything decided.</summary>
internal sealed record DeploymentDecision
{
    /// <summary>Why the spec cannot be carried out whatever the cluster has; null when it can.</summary>
    public Refusal? Refused { get; init; }

    /// <summary>Why the cluster has no place for it; null when it has, or when <see cref="Refused"/>.</summary>
    public Refusal? NoPlace { get; init; }

    /// <summary>The model, once it is known.</summary>
    public ModelEntry? Model { get; init; }

    /// <summary>The memory plan, once there is one.</summary>
    public MemoryPlan? Plan { get; init; }

    /// <summary>What the children follow from; null while anything is missing. Children that exist are then left as they are.</summary>
    public DecidedDeployment? Decided { get; init; }

    /// <summary>Decides. Pure: equal snapshots give equal decisions.</summary>
    public static DeploymentDecision Decide(DeploymentSnapshot snapshot)
    {
        var entity = snapshot.Entity;
        if (SpecRules.Refusal(entity) is { } fault) return new DeploymentDecision { Refused = fault };

        if (!ModelChoice.TryChoose(entity.Spec, snapshot.Models, out var choice, out var refusal)) return new DeploymentDecision { Refused = refusal };
        if (ReasoningRules.Refusal(entity.Spec, choice.Entry) is { } mode) return new DeploymentDecision { Model = choice.Entry, Refused = mode };
        var placed = PoolChoice.Choose(snapshot, choice);
        if (placed.Place is not { } place)
            return new DeploymentDecision { Model = choice.Entry, Refused = placed.Refused, NoPlace = placed.NoPlace, Plan = placed.Plan };

        if (place.Shape.Pods > 1 && GroupRules.Refusal(entity, place.Shape, snapshot.GroupsServed, out var missing) is { } group)
            return new DeploymentDecision { Model = choice.Entry, Plan = place.Plan, Refused = missing ? null : group, NoPlace = missing ? group : null };

        var request = EngineRequest.From(entity.Spec, choice, place.Plan, place.Shape);
        LaunchSpec launch;
        try
        {
            launch = EngineLaunch.Build(request);
        }
        catch (LaunchRefusedException e)
        {
            return new DeploymentDecision { Model = choice.Entry, Plan = place.Plan, Refused = new Refusal(Reason(e.Kind), $"spec.{e.Field}: {e.Message}") };
        }

        if (EngineEnvironment.Refusal(entity.Spec, launch) is { } environment)
            return new DeploymentDecision { Model = choice.Entry, Plan = place.Plan, Refused = new Refusal(ConditionReasons.InvalidField, environment) };

        var workload = snapshot.Workload(place.Shape.Pods > 1);
        var live = workload?.Replicas;
        var wanted = WantedReplicas.Of(entity.Spec, live, snapshot.Now, snapshot.Scaling?.Decision?.Desired, undecided: snapshot.ScalingConfigured && snapshot.Scaling is null);
        var replicas = FleetShare.Replicas(wanted, live, snapshot.Fleet);
        var gateway = GatewayPlan.Of(entity.Spec, choice.Entry, request, launch, snapshot.GatewayImage, Scaling.PressureOf.LoweredTo(snapshot), StandIn(entity, snapshot.Fleet));
        var cache = choice.Cached is null ? null : place.Pool.Pool.Spec.WeightCache;
        var front = FrontPlan.Of(entity.Spec, gateway, snapshot.Front.Back);
        var roomToCome = NodesToCome.AddRoom(place.Pool, place.Shape, snapshot.Now);
        return new DeploymentDecision
        {
            Model = choice.Entry,
            Plan = place.Plan,
            Decided = new DecidedDeployment
            {
                Model = choice.Entry.Name,
                Pool = place.Pool.Pool.Metadata.Name,
                Provisioner = place.Pool.Pool.Spec.Provisioner?.Type ?? ProvisionerType.Static,
                PoolTaints = [.. place.Pool.Pool.Spec.Taints ?? []],
                Shape = place.Shape,
                WithinNvLinkDomain = place.WithinNvLinkDomain,
                WeightsBytes = request.WeightsBytes,
                Weights = cache is null ? null : choice.Cached! with { HostPath = cache.HostPath },
                WeightCache = cache,
                Launch = launch,
                Gateway = gateway,
                Front = front,
                // Before the last replica goes, so that nobody is led to one that has gone; and back once one serves.
                FrontServes = front is not null && snapshot.Front.Serves && snapshot.Fleet?.ServedBy is null && (replicas == 0 || !snapshot.Pods.Any(pod => pod is { Ready: true, IsWorker: false })),
                OwnPodMonitor = EnginePodMonitor.Wanted(entity.Spec, gateway, launch),
                PodMonitorsServed = snapshot.PodMonitorsServed,
                ServedModel = request.Model,
                ContextTokens = request.MaxContextTokens,
                MaxSequences = EngineRequest.Sequences(entity.Spec, place.Plan),
                Wanted = wanted,
                Replicas = replicas,
                Extra = place.Shape.Pods == 1 && replicas > 0 ? snapshot.Moving.Extra : 0,
                ServedBy = snapshot.Fleet?.ServedBy,
                Surge = entity.Spec.Rollout?.Strategy switch
                {
                    RolloutStrategy.Surge => true,
                    RolloutStrategy.Drain => false,
                    _ => Planning.Placement.TpGroups.FreeGroups(place.Pool.Nodes, place.Shape) > 0,
                },
                RoomToCome = roomToCome,
                SurgeStall = SurgeStall.Of(workload, snapshot.Pods, roomToCome, snapshot.Now),
            },
        };
    }

    private static GatewayStandIn? StandIn(NemotronDeployment entity, FleetShare? fleet) => fleet is not { StandsInFor: { Count: > 0 } others } ? null : new GatewayStandIn
    {
        ServedBy = $"{entity.Metadata.Name} ({entity.Spec.Model})",
        Namespace = entity.Metadata.NamespaceProperty,
        Services = [.. others.Select(ChildNames.Service)],
    };

    private static string Reason(LaunchRefusal kind) => kind switch
    {
        LaunchRefusal.NotSupported => ConditionReasons.EngineNotSupported,
        LaunchRefusal.CodeNotTrusted => ConditionReasons.RemoteCodeNotTrusted,
        _ => ConditionReasons.InvalidField,
    };
}
