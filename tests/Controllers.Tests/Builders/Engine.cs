using Nemotron.Controllers.Engines;
using Nemotron.Crds;
using Nemotron.Engines.Clients;
using Nemotron.Engines.Fleet;
using Nemotron.Engines.Health;
using Nemotron.Engines.Health.Progress;

namespace Nemotron.Controllers.Tests.Builders;

/// <summary>Builders of what engines have said.</summary>
internal static class Engine
{
    /// <summary>A report of one that serves and was polled just now.</summary>
    public static EngineReport Serving(string pod = "p") => Says(EngineState.Ready, HealthReasons.Serving, pod: pod);

    /// <summary>A report of one that was found hung.</summary>
    public static EngineReport Hung(string pod = "p") => Serving(pod) with
    {
        Progress = new ProgressState(ProgressVerdict.Hung, "12 requests by the engine's count, and no token for 181 s; 2 probes by one token failed.") { MovedAt = Cluster.Now.AddSeconds(-181) },
    };

    /// <summary>A report of one that has been unready for too long.</summary>
    public static EngineReport Unready(string pod = "p") => Says(EngineState.Dead, HealthReasons.UnreadyTooLong, pod: pod);

    /// <summary>A report in a state.</summary>
    public static EngineReport Says(EngineState state, string reason, bool heard = true, int secondsAgo = 0, int stateSeconds = 600, string pod = "p") => new()
    {
        Endpoint = new EngineEndpoint { Key = $"models/{pod}", Protocol = EngineProtocol.TrtLlmHttp, Host = "127.0.0.1", HttpPort = 8000 },
        Health = new EngineHealth(state, reason, $"The engine is {state}.", Cluster.Now.AddSeconds(-stateSeconds)) { FirstAsked = Cluster.Now.AddHours(-1), EverReady = true },
        Progress = ProgressState.Start(Cluster.Now),
        PolledAt = Cluster.Now.AddSeconds(-secondsAgo),
        Heard = heard,
    };

    /// <summary>A replica of one pod.</summary>
    public static EngineGroup AGroup(string name, bool ready = true, EngineReport? report = null, int age = 3600, string? uid = null)
    {
        var pod = Cluster.APod(name, ready, node: "n");
        pod.Metadata.Uid = uid ?? $"uid-{name}";
        pod.Metadata.CreationTimestamp = Cluster.Now.AddSeconds(-age).UtcDateTime;
        var sick = report is null ? null : EngineSickness.Of(report, Cluster.Now, HealingLimits.Default);
        return new EngineGroup(name, pod, [pod], report, sick, sick is null ? null : Cluster.Now.AddMinutes(-1));
    }

    /// <summary>The same while its pod is being deleted.</summary>
    public static EngineGroup Deleted(this EngineGroup group)
    {
        group.Leader!.Metadata.DeletionTimestamp = Cluster.Now.UtcDateTime;
        return group;
    }

    /// <summary>Replicas among a fleet of which the others are well.</summary>
    public static EngineFindings Findings(params EngineGroup[] groups) =>
        new(groups, new FleetSigns(groups.Length + 100, groups.Count(group => group.Sick is not null), 0));

    /// <summary>A restart in the history.</summary>
    public static EngineRestartStatus Restarted(string replica, int count, int secondsAgo, string uid = "before") =>
        new() { Replica = replica, PodUid = uid, Count = count, Time = Cluster.Now.AddSeconds(-secondsAgo).UtcDateTime, Reason = ConditionReasons.NoProgress };
}
