using System.Collections.Concurrent;
using Nemotron.Controllers.Deployments;
using Nemotron.Planning.Capacity;
using Nemotron.Planning.Placement;
using Nemotron.Planning.Scaling;
using Nemotron.Planning.Simulation;

namespace Nemotron.Controllers.Scaling;

/// <summary>What one replica of a deployment can do, worked out when its spec or pool changes.</summary>
internal sealed class ReplicaCapacities(TimeProvider time)
{
    // Nodes of a pool may be exchanged for others under the same name.
    private static readonly TimeSpan Anew = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);

    /// <summary>Looks at a deployment.</summary>
    /// <param name="snapshot">What is known of it.</param>
    /// <returns>What its replicas are; null while its spec cannot be carried out.</returns>
    public Replica? Of(DeploymentSnapshot snapshot)
    {
        var entity = snapshot.Entity;
        var now = time.GetUtcNow();
        if (_known.TryGetValue(entity.Metadata.Uid, out var known) && known.Generation == entity.Metadata.Generation && now - known.At < Anew && known.Replica is not null) return known.Replica;
        var replica = Decide(snapshot);
        _known[entity.Metadata.Uid] = new Known(entity.Metadata.Generation, now, replica);
        return replica;
    }

    /// <summary>Forgets all but these uids.</summary>
    public void KeepOnly(IReadOnlySet<string> uids)
    {
        foreach (var uid in _known.Keys)
            if (!uids.Contains(uid)) _known.TryRemove(uid, out _);
    }

    private static Replica? Decide(DeploymentSnapshot snapshot)
    {
        if (DeploymentDecision.Decide(snapshot) is not { Decided: { } decided, Plan: { } plan }) return null;
        try
        {
            var setup = ReplicaSetup.Of(plan.Request with { TensorParallel = plan.TensorParallel, PipelineParallel = plan.PipelineParallel }, sequences: plan.Request.Concurrency);
            return new Replica(decided.Pool, decided.Shape, ReplicaCapacity.Of(setup.Model, setup.Limits, setup.StartUp), null);
        }
        catch (Exception e) when (e is UnknownRateException or ArgumentException)
        {
            return new Replica(decided.Pool, decided.Shape, null, e.Message);
        }
    }

    private sealed record Known(long? Generation, DateTimeOffset At, Replica? Replica);
}

/// <summary>A replica of a deployment.</summary>
/// <param name="Pool">The pool it runs in.</param>
/// <param name="Shape">Its pods and GPUs.</param>
/// <param name="Capacity">What it can do; null where the GPU's rates are not known.</param>
/// <param name="Unknown">Why not.</param>
internal sealed record Replica(string Pool, GroupShape Shape, ReplicaCapacity? Capacity, string? Unknown);
