using System.Collections.Concurrent;
using Nemotron.Kube;

namespace Nemotron.Controllers.Rollouts;

/// <summary>The newest verdict on each rollout that has a gate: the gate's loop writes it, the reconciler acts on it.</summary>
internal sealed class GateBoard
{
    private readonly ConcurrentDictionary<NamespacedName, GateVerdict> _verdicts = [];

    /// <summary>The verdict on a deployment's rollout; null where there is none since this process leads.</summary>
    public GateVerdict? Of(NamespacedName key) => _verdicts.GetValueOrDefault(key);

    /// <summary>Puts a verdict up. The sentence of one that still holds for the same reason stays: its numbers move all the time.</summary>
    /// <returns>Whether the reconciler would do anything else than by the one before.</returns>
    public bool Put(NamespacedName key, GateVerdict verdict)
    {
        var before = Of(key);
        if (before is not null && before.Template == verdict.Template && before.Holds == verdict.Holds) return false;
        _verdicts[key] = verdict;
        return true;
    }

    /// <summary>Forgets all but these.</summary>
    public void KeepOnly(IReadOnlySet<NamespacedName> keys)
    {
        foreach (var key in _verdicts.Keys)
            if (!keys.Contains(key)) _verdicts.TryRemove(key, out _);
    }
}
