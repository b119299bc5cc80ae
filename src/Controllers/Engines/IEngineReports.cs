using Nemotron.Controllers.Views;
using Nemotron.Engines.Fleet;
using Nemotron.Engines.Launch;
using Nemotron.Kube;

namespace Nemotron.Controllers.Engines;

/// <summary>What the engines said last.</summary>
internal interface IEngineReports
{
    /// <summary>The whole fleet at a glance.</summary>
    FleetSigns Signs { get; }

    /// <summary>What a pod's engine said last; null where it is not asked.</summary>
    EngineReport? Find(PodView pod);

    /// <summary>When a pod's engine was found to be sick; null while it is not known to be.</summary>
    DateTimeOffset? FoundAt(PodView pod);

    /// <summary>From now on asks the engines of a NemotronDeployment, which are started so.</summary>
    void Follow(NamespacedName deployment, LaunchSpec launch);

    /// <summary>Asks them no longer.</summary>
    void Forget(NamespacedName deployment);

    /// <summary>Takes one restart of those that the fleet may have in a minute; false when there is none left.</summary>
    bool TryTakeRestart();
}
