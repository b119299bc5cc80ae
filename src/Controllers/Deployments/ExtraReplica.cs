using k8s.Models;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments;

/// <summary>What a GpuNodePool that moves one of a deployment's replicas asks of it. The pool decides, and says so in its status; here it is only carried out.</summary>
/// <param name="Extra">Replicas to keep beyond those wanted: 0 or 1.</param>
/// <param name="Release">The pods that go first when the Deployment shrinks.</param>
internal sealed record ExtraReplica(int Extra, IReadOnlyList<string> Release)
{
    /// <summary>Nothing.</summary>
    public static readonly ExtraReplica None = new(0, []);

    /// <summary>What is asked of a deployment.</summary>
    /// <param name="entity">The deployment.</param>
    /// <param name="pools">All pools.</param>
    public static ExtraReplica Asked(NemotronDeployment entity, IEnumerable<GpuNodePool> pools)
    {
        var move = pools.Where(pool => pool.Metadata.DeletionTimestamp is null)
            .Select(pool => pool.Status?.Consolidation?.Move)
            .FirstOrDefault(move => move?.Namespace == entity.Metadata.NamespaceProperty && move?.Deployment == entity.Metadata.Name);
        return move switch
        {
            null => None,
            { Phase: MovePhase.Surging } => new ExtraReplica(1, [move.Pod]),
            { Phase: MovePhase.Leaving } => new ExtraReplica(0, [move.Pod]),
            { Phase: MovePhase.Undoing, Replacement: { } replacement } => new ExtraReplica(0, [replacement]),
            _ => None,
        };
    }

    /// <summary>Replicas that a Deployment was told to keep beyond those wanted.</summary>
    public static int Of(V1Deployment? live) => live?.Metadata.Annotations?.TryGetValue(ChildLabels.ExtraReplicas, out var text) == true && int.TryParse(text, out var extra) ? extra : 0;
}
