using System.Collections.Concurrent;
using Nemotron.Kube;

namespace Nemotron.Controllers.Fleets;

/// <summary>What every deployment would have, which its reconciler puts up, and what it may have, which the arbiter puts up.</summary>
internal sealed class FleetBoard
{
    private readonly ConcurrentDictionary<NamespacedName, (string Uid, FleetDemand? Demand)> _demands = [];
    private readonly ConcurrentDictionary<NamespacedName, (string Uid, FleetGrant Grant)> _grants = [];
    private readonly ConcurrentDictionary<string, FleetReport> _reports = new(StringComparer.Ordinal);
    private long _changes;

    /// <summary>Goes up whenever a demand changes.</summary>
    public long Changes => Interlocked.Read(ref _changes);

    /// <summary>Puts up what a deployment would have.</summary>
    /// <param name="key">The deployment.</param>
    /// <param name="uid">Its uid.</param>
    /// <param name="demand">Null where it cannot have anything, or nobody may touch it: what it has stays its own.</param>
    public void Declare(NamespacedName key, string uid, FleetDemand? demand)
    {
        var now = (uid, demand);
        if (_demands.TryGetValue(key, out var before) && before == now) return;
        _demands[key] = now;
        Interlocked.Increment(ref _changes);
    }

    /// <summary>Whether a deployment has been looked at, and what it would have.</summary>
    public bool TryDemand(NamespacedName key, string uid, out FleetDemand? demand)
    {
        var known = _demands.TryGetValue(key, out var declared) && declared.Uid == uid;
        demand = known ? declared.Demand : null;
        return known;
    }

    /// <summary>Forgets a deployment.</summary>
    public void Forget(NamespacedName key)
    {
        if (_demands.TryRemove(key, out _)) Interlocked.Increment(ref _changes);
        _grants.TryRemove(key, out _);
    }

    /// <summary>What a deployment may have; null where nobody has said since this process leads.</summary>
    public FleetGrant? GrantOf(NamespacedName key, string uid) => _grants.TryGetValue(key, out var known) && known.Uid == uid ? known.Grant : null;

    /// <summary>Puts up what a deployment may have.</summary>
    /// <returns>Whether its reconciler would do or write anything else than by the grant before.</returns>
    public bool Grant(NamespacedName key, string uid, FleetGrant grant)
    {
        var before = GrantOf(key, uid);
        _grants[key] = (uid, grant);
        return !grant.SameAs(before);
    }

    /// <summary>Forgets all grants but these.</summary>
    /// <returns>Those that were forgotten.</returns>
    public IReadOnlyList<NamespacedName> KeepGrants(IReadOnlySet<NamespacedName> keys)
    {
        var gone = _grants.Keys.Where(key => !keys.Contains(key)).ToList();
        foreach (var key in gone) _grants.TryRemove(key, out _);
        return gone;
    }

    /// <summary>What is known of a fleet; null where nothing is since this process leads.</summary>
    public FleetReport? ReportOf(string fleet) => _reports.GetValueOrDefault(fleet);

    /// <summary>Puts up what is known of a fleet.</summary>
    /// <returns>Whether it differs from what was known.</returns>
    public bool Report(string fleet, FleetReport report)
    {
        var same = _reports.TryGetValue(fleet, out var before) && report.SameAs(before);
        _reports[fleet] = report;
        return !same;
    }

    /// <summary>Forgets what an earlier term of leading came to; what deployments want is declared anew by their reconciles.</summary>
    public void ForgetTerm()
    {
        _grants.Clear();
        _reports.Clear();
    }
}
