using Nemotron.Crds;
using Nemotron.Engines.Launch;

namespace Nemotron.Controllers.Deployments;

/// <summary>How long a rollout may go without progress.</summary>
internal static class ProgressDeadline
{
    // For a node to be found and an image of many gigabytes to be pulled, before a start is counted.
    private static readonly TimeSpan BeforeStart = TimeSpan.FromMinutes(10);

    public static TimeSpan Of(NemotronDeploymentSpec spec, LaunchSpec launch) => spec.Rollout?.ProgressDeadline?.Value ?? launch.StartupTimeout + BeforeStart;
}
