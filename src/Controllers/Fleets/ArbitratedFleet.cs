using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Planning.Fleet;

namespace Nemotron.Controllers.Fleets;

/// <summary>A deployment of a fleet, as arbitration finds it.</summary>
/// <param name="Entity">The deployment.</param>
/// <param name="Rules">The fleet's rules for it, or null.</param>
/// <param name="Demand">What it would have; null where it can have nothing or is not to be touched.</param>
/// <param name="Pods">Its pods.</param>
/// <param name="Others">Other fleets that select it.</param>
internal sealed record FleetMemberState(NemotronDeployment Entity, FleetMember? Rules, FleetDemand? Demand, IReadOnlyList<PodView> Pods, IReadOnlyList<string> Others);

/// <summary>A claim and what came of it.</summary>
internal sealed record GrantedMember(FleetMemberState Member, FleetClaim Claim, Grant Plan, FleetGrant Grant);

/// <summary>A fleet after an arbitration.</summary>
internal sealed record ArbitratedFleet
{
    /// <summary>Its deployments.</summary>
    public required IReadOnlyList<FleetMemberState> Members { get; init; }

    /// <summary>Those with a claim, in the order of the claims.</summary>
    public required IReadOnlyList<GrantedMember> Granted { get; init; }

    /// <summary>GPUs of each pool, on all its nodes.</summary>
    public required IReadOnlyDictionary<string, int> PoolGpus { get; init; }

    /// <summary>GPUs in each pool that deployments of the fleet without a claim hold.</summary>
    public required IReadOnlyDictionary<string, int> HeldAside { get; init; }
}
