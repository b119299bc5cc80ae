using System.Globalization;
using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Controllers.NodePools;

/// <summary>What a pool wants of one of its nodes beyond its labels and taints.</summary>
internal sealed record NodeMarks
{
    /// <summary>Nothing.</summary>
    public static readonly NodeMarks None = new();

    /// <summary>Why the node is closed to new pods, in a word and a sentence as <c>Word: sentence</c>; null where it is not to be closed by the operator.</summary>
    public string? Cordon { get; init; }

    /// <summary>The word of the taint that a sick node carries; null for none.</summary>
    public string? Sick { get; init; }

    /// <summary>The word of the taint that a node carries while a replica is moved, so that no new pod comes to it; null for none.</summary>
    public string? Consolidating { get; init; }

    /// <summary>The weights on its disk that deployments of the pool use, by key.</summary>
    public IReadOnlyCollection<string> Weights { get; init; } = [];

    /// <summary>Since when no pod has had a GPU of it, where that is to be remembered.</summary>
    public DateTimeOffset? EmptySince { get; init; }

    /// <summary>Since when a node that was sick has been well, where that is to be remembered.</summary>
    public DateTimeOffset? WellSince { get; init; }

    /// <summary>The word of a node that is closed since it is to be given back.</summary>
    public const string ScaleDown = "ScaleDown";

    /// <summary>Whether the operator has closed a node to give it back.</summary>
    public static bool IsToBeGivenBack(NodeView node) => node.Spec?.Unschedulable == true && node.Annotation(NemotronAnnotations.CordonReason) is { } reason && Word(reason) == ScaleDown;

    /// <summary>Those that a node has.</summary>
    public static NodeMarks AsTheyAre(NodeView node) => new()
    {
        Cordon = node.Spec?.Unschedulable == true ? node.Annotation(NemotronAnnotations.CordonReason) : null,
        Sick = node.Taints.FirstOrDefault(taint => taint.Key == NemotronTaints.UnhealthyGpu)?.Value,
        Consolidating = ConsolidatingOf(node),
        EmptySince = Date(node.Annotation(NemotronAnnotations.EmptySince)),
        WellSince = Date(node.Annotation(NemotronAnnotations.WellSince)),
    };

    /// <summary>The word by which a node is kept closed while a replica is moved, as it stands on the node; null for none.</summary>
    public static string? ConsolidatingOf(NodeView node) => node.Taints.FirstOrDefault(taint => taint.Key == NemotronTaints.Consolidating)?.Value;

    /// <summary>A time as it stands in an annotation, or null.</summary>
    public static DateTimeOffset? Date(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    /// <summary>The word of a reason as <see cref="Cordon"/> has it.</summary>
    public static string Word(string cordon) => cordon.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon ? cordon[..colon] : cordon;
}
