using Nemotron.Controllers.Engines;
using Nemotron.Controllers.Views;
using Nemotron.Engines.Fleet;
using Nemotron.Engines.Launch;
using Nemotron.Kube;

namespace Nemotron.Controllers.Tests.Builders;

/// <summary>Engines that have said what a test says.</summary>
internal sealed class FakeEngineReports : IEngineReports
{
    /// <summary>By the pod's name.</summary>
    public Dictionary<string, EngineReport> Reports { get; } = [];

    /// <summary>Restarts that the fleet has left.</summary>
    public int RestartsLeft { get; set; } = int.MaxValue;

    /// <summary>What is followed.</summary>
    public Dictionary<NamespacedName, LaunchSpec> Followed { get; } = [];

    public FleetSigns Signs { get; set; }

    public EngineReport? Find(PodView pod) => Reports.GetValueOrDefault(pod.Metadata.Name);

    public DateTimeOffset? FoundAt(PodView pod) => DateTimeOffset.MinValue;

    public void Follow(NamespacedName deployment, LaunchSpec launch) => Followed[deployment] = launch;

    public void Forget(NamespacedName deployment) => Followed.Remove(deployment);

    public bool TryTakeRestart() => RestartsLeft-- > 0;
}

/// <summary>Keeps the names of pods that were to be deleted.</summary>
internal sealed class FakePodDeletion : IPodDeletion
{
    public List<string> Names { get; } = [];

    /// <summary>Whether pods have changed since they were looked at.</summary>
    public bool Changed { get; set; }

    public Task<bool> DeleteAsync(PodView pod, TimeSpan grace, CancellationToken cancellationToken)
    {
        if (Changed) return Task.FromResult(false);
        Names.Add(pod.Metadata.Name);
        return Task.FromResult(true);
    }
}
