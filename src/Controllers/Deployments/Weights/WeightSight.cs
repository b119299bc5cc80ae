using k8s.Models;
using Nemotron.Controllers.Views;
using Nemotron.Planning.Placement;

namespace Nemotron.Controllers.Deployments.Weights;

/// <summary>What is seen of a deployment's weights on the nodes of its pool.</summary>
internal sealed record WeightSight
{
    /// <summary>The nodes of the pool.</summary>
    public IReadOnlyList<NodeView> Nodes { get; init; } = [];

    /// <summary>The same as placement sees them.</summary>
    public IReadOnlyList<NodeState> States { get; init; } = [];

    /// <summary>The Jobs that download its weights, those of a former checkpoint or image among them.</summary>
    public IReadOnlyList<V1Job> Jobs { get; init; } = [];

    /// <summary>The pods of those Jobs.</summary>
    public IReadOnlyList<PodView> Loaders { get; init; } = [];

    /// <summary>Folders that other deployments of the pool use.</summary>
    public IReadOnlyList<string> Kept { get; init; } = [];
}
