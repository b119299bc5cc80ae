using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Fleets;

/// <summary>
/// Who stands in for whom: clients of a tier that has had no ready replica for a while are served by the next smaller tier of the same namespace and fleet,
/// and return when their own has been back for a while. Engines answer whatever name a request calls the model by, and answer with their own.
/// </summary>
internal sealed class TierFallback
{
    private static readonly TimeSpan DefaultDelay = TimeSpan.FromMinutes(2);

    private readonly Dictionary<NamespacedName, Watch> _watched = [];

    /// <summary>Decides for one fleet.</summary>
    /// <param name="fleet">The fleet; what its status says holds where nothing is known yet.</param>
    /// <param name="members">Its deployments.</param>
    /// <param name="now">The time.</param>
    /// <returns>Those that others serve, by namespace and name.</returns>
    public IReadOnlyList<FallbackStatus> Decide(NemotronFleet fleet, IReadOnlyList<FleetMemberState> members, DateTimeOffset now)
    {
        var rows = new List<FallbackStatus>();
        foreach (var member in members)
        {
            var key = NamespacedName.Of(member.Entity);
            if (fleet.Spec.TierFallback is not { Enabled: true } spec || member.Entity.Spec.Model is not { } || member.Demand is { Wanted: 0 })
            {
                _watched.Remove(key);
                continue;
            }

            if (!_watched.TryGetValue(key, out var watch)) _watched.Add(key, watch = Recall(fleet, key));
            // What cannot be started, or nobody may touch, is led to whom it is led to.
            if (member.Demand is null) (watch.DownSince, watch.BackSince) = (null, null);
            else Step(watch, member, members, spec, now);
            if (watch.ServedBy is { } name)
                rows.Add(new FallbackStatus { Namespace = key.Namespace!, Name = key.Name, ServedBy = name, Since = DateTime.UnixEpoch.AddSeconds(watch.Since.ToUnixTimeSeconds()) });
        }

        return rows;
    }

    /// <summary>Forgets all but these.</summary>
    public void KeepOnly(IReadOnlySet<NamespacedName> keys)
    {
        foreach (var gone in _watched.Keys.Where(key => !keys.Contains(key)).ToList()) _watched.Remove(gone);
    }

    private static void Step(Watch watch, FleetMemberState member, IReadOnlyList<FleetMemberState> members, TierFallbackSpec spec, DateTimeOffset now)
    {
        var serves = Serves(member);
        watch.DownSince = serves ? null : watch.DownSince ?? now;
        watch.BackSince = serves ? watch.BackSince ?? now : null;
        if (watch.ServedBy is not null)
        {
            var back = serves && now - watch.BackSince >= (spec.BackAfter?.Value ?? DefaultDelay);
            var standIn = StandIn(member, members, spec, watch.ServedBy);
            // One that has no replica left stands in for nobody.
            if (back || standIn is null) watch.ServedBy = null;
            else if (standIn != watch.ServedBy) (watch.ServedBy, watch.Since) = (standIn, now);
        }
        else if (!serves && now - watch.DownSince >= (spec.After?.Value ?? DefaultDelay) && StandIn(member, members, spec, null) is { } standIn)
        {
            (watch.ServedBy, watch.Since) = (standIn, now);
        }
    }

    // The one that stands in already as long as it can, else the largest tier below.
    private static string? StandIn(FleetMemberState member, IReadOnlyList<FleetMemberState> members, TierFallbackSpec spec, string? present)
    {
        var lowest = spec.Lowest ?? ModelTier.Nano;
        var able = members.Where(other =>
                other.Entity.Metadata.NamespaceProperty == member.Entity.Metadata.NamespaceProperty
                && other.Entity.Spec.Model is { } tier && tier < member.Entity.Spec.Model && tier >= lowest
                && Speech(other.Entity.Spec) == Speech(member.Entity.Spec) && Serves(other))
            .OrderByDescending(other => other.Entity.Spec.Model).ThenBy(other => other.Entity.Metadata.Name, StringComparer.Ordinal)
            .Select(other => other.Entity.Metadata.Name)
            .ToList();
        return present is not null && able.Contains(present) ? present : able.FirstOrDefault();
    }

    // Clients find the same paths on a port of the same name, behind the same certificate, with the same keys.
    private static (bool Gateway, EngineKind Engine, EngineApi? Api, GatewayTlsSpec? Tls, SecretKeyReference? Keys) Speech(NemotronDeploymentSpec spec) =>
        (GatewayPlan.Wanted(spec), spec.Engine?.Type ?? EngineKind.TrtLlmServe, spec.Engine?.Api, spec.Gateway?.Tls, spec.Gateway?.ApiKeysSecretRef);

    private static bool Serves(FleetMemberState member) => member.Pods.Any(pod => pod.Ready && !pod.IsWorker);

    private static Watch Recall(NemotronFleet fleet, NamespacedName key) =>
        fleet.Status?.Fallbacks?.FirstOrDefault(row => row.Namespace == key.Namespace && row.Name == key.Name) is { ServedBy: { } name, Since: { } since }
            ? new Watch { ServedBy = name, Since = since }
            : new Watch();

    private sealed class Watch
    {
        public DateTimeOffset? DownSince { get; set; }

        public DateTimeOffset? BackSince { get; set; }

        public string? ServedBy { get; set; }

        public DateTimeOffset Since { get; set; }
    }
}
