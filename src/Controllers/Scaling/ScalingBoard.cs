using System.Collections.Concurrent;
using Nemotron.Kube;

namespace Nemotron.Controllers.Scaling;

/// <summary>The newest verdict on each deployment: the scaling loop writes it, the reconciler acts on it.</summary>
internal sealed class ScalingBoard
{
    private readonly ConcurrentDictionary<NamespacedName, (string Uid, ScalingVerdict Verdict)> _verdicts = [];

    /// <summary>Whether there is a Prometheus to ask; without one nothing is ever decided.</summary>
    public bool Configured { get; init; }

    /// <summary>The verdict on a deployment; null where there is none since this process leads.</summary>
    public ScalingVerdict? Of(NamespacedName key, string uid) => _verdicts.TryGetValue(key, out var known) && known.Uid == uid ? known.Verdict : null;

    /// <summary>Puts a verdict up.</summary>
    /// <returns>Whether the reconciler would do or write anything else than by the one before.</returns>
    public bool Put(NamespacedName key, string uid, ScalingVerdict verdict)
    {
        var before = Of(key, uid);
        _verdicts[key] = (uid, verdict);
        return before is null || before.Decision?.Desired != verdict.Decision?.Desired || before.Metrics != verdict.Metrics || before.Shown != verdict.Shown
            || before.Decision?.Reason != verdict.Decision?.Reason || before.Pressure?.Steps != verdict.Pressure?.Steps;
    }

    /// <summary>Forgets all but these.</summary>
    public void KeepOnly(IReadOnlySet<NamespacedName> keys)
    {
        foreach (var key in _verdicts.Keys)
            if (!keys.Contains(key)) _verdicts.TryRemove(key, out _);
    }
}
