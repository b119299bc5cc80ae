using k8s.Models;
using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments.Weights;

/// <summary>Which weights are used on a pool, and on which of its nodes they are. Pure.</summary>
internal static class WeightUsers
{
    /// <summary>The folders of the weights that deployments keep on the nodes of a pool, by their status.</summary>
    public static IReadOnlyList<string> Folders(IEnumerable<NemotronDeployment> deployments, string pool) =>
        [.. Of(deployments, pool).Select(weights => weights.Folder).OfType<string>().Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The keys of the same.</summary>
    public static IReadOnlySet<string> Keys(IEnumerable<NemotronDeployment> deployments, string pool) =>
        Of(deployments, pool).Select(weights => weights.Key).OfType<string>().ToHashSet(StringComparer.Ordinal);

    /// <summary>By node, as <c>NAME/UID</c>: the keys of what Jobs have downloaded there.</summary>
    public static ILookup<string, string> Downloaded(IEnumerable<V1Job> jobs) => jobs
        .Where(WeightPlan.Complete)
        .Select(job => (Node: Value(job.Metadata.Annotations, NemotronAnnotations.WeightsNode), Key: Value(job.Metadata.Labels, NemotronLabels.Weights)))
        .Where(done => done is { Node: not null, Key: not null })
        .ToLookup(done => done.Node!, done => done.Key!, StringComparer.Ordinal);

    /// <summary>Whether the pool of a deployment's weights, or the weights themselves, are not what they were.</summary>
    public static bool Differs(NemotronDeployment? before, NemotronDeployment? after) => Use(before) != Use(after);

    private static (string? Pool, string? Key) Use(NemotronDeployment? deployment) =>
        deployment?.Status?.Weights is { } weights ? (deployment.Status.NodePool, weights.Key) : (null, null);

    private static IEnumerable<WeightsStatus> Of(IEnumerable<NemotronDeployment> deployments, string pool) => deployments
        .Where(deployment => deployment.Metadata.DeletionTimestamp is null && deployment.Status?.NodePool == pool)
        .Select(deployment => deployment.Status!.Weights)
        .OfType<WeightsStatus>();

    private static string? Value(IDictionary<string, string>? map, string key) => map is not null && map.TryGetValue(key, out var value) ? value : null;
}
