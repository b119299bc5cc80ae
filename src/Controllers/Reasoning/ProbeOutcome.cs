using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning;

namespace Nemotron.Controllers.Reasoning;

/// <summary>One replica to be asked for its reasoning modes.</summary>
/// <param name="Deployment">The NemotronDeployment.</param>
/// <param name="Mark">The pod template and settings that are probed; asked once each.</param>
/// <param name="Pod">The pod's name.</param>
/// <param name="Address">The pod's address.</param>
/// <param name="Model">What requests call the model.</param>
/// <param name="Settings">What its gateway is told.</param>
/// <param name="Keys">Where the keys are of which the gateway asks for one; null where it asks for none.</param>
internal sealed record ProbeOrder(NamespacedName Deployment, string Mark, string Pod, string Address, string Model, GatewaySettings Settings, SecretKeyReference? Keys = null);

/// <summary>What came of a probe.</summary>
internal enum ProbeResult
{
    /// <summary>The declared mode is what the model does.</summary>
    Held,

    /// <summary>It is not.</summary>
    NotHeld,

    /// <summary>The gateway answered, and not so that one could tell.</summary>
    Failed,

    /// <summary>The gateway asks for a key, and there is none that the operator can read.</summary>
    KeysUnreadable,

    /// <summary>Nothing answered.</summary>
    NotReached,

    /// <summary>The gateway has not taken its settings yet: a kubelet brings changed files within a minute or two.</summary>
    SettingsOnTheirWay,
}

/// <summary>What came of a probe.</summary>
/// <param name="Result">In a word.</param>
/// <param name="Message">In a sentence, without anything that changes from one try to the next.</param>
internal sealed record ProbeOutcome(ProbeResult Result, string Message)
{
    /// <summary>Whether nothing is to be asked again.</summary>
    public bool Settled => Result is ProbeResult.Held or ProbeResult.NotHeld;
}
