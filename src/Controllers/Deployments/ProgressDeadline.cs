using Nemotron.Controllers.Rollouts;
using Nemotron.Crds;
using Nemotron.Engines.Launch;

namespace Nemotron.Controllers.Deployments;

/// <summary>How long a rollout may go without progress.</summary>
internal static class ProgressDeadline
{
    // For a node to be found and an image of many gigabytes to be pulled, before a start is counted.
    private static readonly TimeSpan BeforeStart = TimeSpan.FromMinutes(10);

    public static TimeSpan Of(NemotronDeploymentSpec spec, LaunchSpec launch) =>
        spec.Rollout?.ProgressDeadline?.Value ?? TimeSpan.FromTicks(Math.Max(launch.StartupTimeout.Ticks, ReadyFor(spec).Ticks)) + BeforeStart;

    /// <summary>How long a new replica must have been ready before it counts.</summary>
    public static TimeSpan ReadyFor(NemotronDeploymentSpec spec)
    {
        var asked = spec.Rollout?.Gates?.ReadyFor?.Value ?? TimeSpan.Zero;
        return spec.Rollout?.Gates?.MaxErrorPercent is not null && asked < ErrorGate.LeastReadyFor ? ErrorGate.LeastReadyFor : asked;
    }

    /// <summary>Why a spec's own deadline cannot be kept, or null. In whole seconds, as Deployments count.</summary>
    public static Refusal? Refusal(NemotronDeploymentSpec spec) =>
        spec.Rollout?.ProgressDeadline is { } asked && (long)ReadyFor(spec).TotalSeconds is > 0 and var ready && (long)asked.Value.TotalSeconds <= ready
            ? new Refusal(ConditionReasons.InvalidField,
                $"spec.rollout.progressDeadline: {asked} is not more than spec.rollout.gates.readyFor ({new Duration(ReadyFor(spec))}{(spec.Rollout.Gates?.MaxErrorPercent is null ? "" : ", a minute at least with maxErrorPercent")}), and so no rollout could end in time. Raise the one or lower the other.")
            : null;
}
