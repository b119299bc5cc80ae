using System.Text.Json.Nodes;
using k8s.Models;

namespace Nemotron.Crds.Generation;

/// <summary>
/// Schemas of Kubernetes' own types as this API takes them. In C# they are KubernetesClient's types, so that they go into pods unchanged;
/// in the schema they are a bounded part of those: the API server's cost limit wants maxima, and what is left out could be set but would not be looked at.
/// </summary>
internal static class KubernetesTypeSchemas
{
    private static readonly Dictionary<Type, Func<JsonObject>> Table = new()
    {
        [typeof(V1Condition)] = MetaSchemas.Condition,
        [typeof(V1LabelSelector)] = MetaSchemas.LabelSelector,
        [typeof(V1LocalObjectReference)] = MetaSchemas.LocalObjectReference,
        [typeof(V1Taint)] = SchedulingSchemas.Taint,
        [typeof(V1Toleration)] = SchedulingSchemas.Toleration,
        [typeof(V1Affinity)] = SchedulingSchemas.Affinity,
        [typeof(V1TopologySpreadConstraint)] = SchedulingSchemas.TopologySpreadConstraint,
        [typeof(V1EnvVar)] = ContainerSchemas.EnvVar,
        [typeof(V1Volume)] = VolumeSchemas.Volume,
        [typeof(V1VolumeMount)] = VolumeSchemas.VolumeMount,
        [typeof(V1ResourceRequirements)] = ContainerSchemas.ResourceRequirements,
        [typeof(V1PodSecurityContext)] = ContainerSchemas.PodSecurityContext,
    };

    /// <summary>The types that have a schema here.</summary>
    internal static IReadOnlyCollection<Type> Types => Table.Keys;

    /// <summary>A new copy of the type's schema, or null when the type has none here.</summary>
    internal static JsonObject? Find(Type type) => Table.TryGetValue(type, out var make) ? make() : null;
}
