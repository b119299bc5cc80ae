namespace Nemotron.Lab.Controllers.Workloads;

/// <summary>What a rollout step needs to know of a Deployment.</summary>
/// <param name="Replicas">The wanted replicas.</param>
/// <param name="MaxSurge">Pods allowed above <paramref name="Replicas"/>, resolved; 0 for Recreate.</param>
/// <param name="MaxUnavailable">Pods that may be missing, resolved; 0 for Recreate.</param>
internal sealed record RolloutSpec(int Replicas, int MaxSurge, int MaxUnavailable)
{
    /// <summary>Whether all old pods go before the first new one comes.</summary>
    public bool Recreate { get; init; }

    /// <summary>Whether the rollout is paused: sizes follow, versions do not.</summary>
    public bool Paused { get; init; }

    /// <summary>Old ReplicaSets to keep for rollbacks.</summary>
    public int RevisionHistoryLimit { get; init; } = 10;

    /// <summary>
    /// Resolves surge (rounded up) and unavailability (rounded down). When both come to nothing, one pod may be missing, since
    /// no step could be taken otherwise.
    /// </summary>
    public static RolloutSpec Rolling(int replicas, System.Text.Json.Nodes.JsonNode? maxSurge, System.Text.Json.Nodes.JsonNode? maxUnavailable)
    {
        var surge = IntOrPercent.Resolve(maxSurge, replicas, roundUp: true, "25%");
        var unavailable = IntOrPercent.Resolve(maxUnavailable, replicas, roundUp: false, "25%");
        if (surge == 0 && unavailable == 0) unavailable = 1;
        return new(replicas, surge, Math.Min(unavailable, replicas));
    }
}

/// <summary>What a rollout step needs to know of a ReplicaSet.</summary>
/// <param name="Name">Its name.</param>
/// <param name="SpecReplicas">The pods it is told to have.</param>
internal sealed record ReplicaSetFacts(string Name, int SpecReplicas)
{
    /// <summary>The pods it has, by its status.</summary>
    public int StatusReplicas { get; init; }

    /// <summary>The available ones of them.</summary>
    public int Available { get; init; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>The <c>deployment.kubernetes.io/revision</c>; 0 when absent.</summary>
    public long Revision { get; init; }

    /// <summary>The Deployment's replicas when this set was last sized (<c>deployment.kubernetes.io/desired-replicas</c>), or null.</summary>
    public int? SizedFor { get; init; }

    /// <summary>Replicas plus surge when this set was last sized (<c>deployment.kubernetes.io/max-replicas</c>), or null.</summary>
    public int? SizedForMax { get; init; }

    /// <summary>Whether its controller has seen its latest spec.</summary>
    public bool Observed { get; init; } = true;

    /// <summary>Whether its deletion has been asked for.</summary>
    public bool Deleting { get; init; }

    /// <summary>Whether it is told to have pods.</summary>
    public bool Active => SpecReplicas > 0;
}

/// <summary>A ReplicaSet's new size.</summary>
/// <param name="ReplicaSet">The name.</param>
/// <param name="From">The size before.</param>
/// <param name="To">The size after; may equal <paramref name="From"/> when only the sizing annotations are stale.</param>
internal sealed record ScaleStep(string ReplicaSet, int From, int To);

/// <summary>One step of a rollout.</summary>
/// <param name="CreateNew">The size of a new ReplicaSet to be created, or null.</param>
/// <param name="Scale">New sizes.</param>
/// <param name="Remove">Old ReplicaSets past the history limit.</param>
internal sealed record RolloutStep(int? CreateNew, IReadOnlyList<ScaleStep> Scale, IReadOnlyList<string> Remove)
{
    /// <summary>Nothing to do.</summary>
    public static RolloutStep None { get; } = new(null, [], []);
}
