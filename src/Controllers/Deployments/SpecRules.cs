using k8s.Models;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments;

/// <summary>Rules on the spec that a schema cannot say, and that need nothing but the spec.</summary>
internal static class SpecRules
{
    /// <summary>The first fault, or null.</summary>
    public static Refusal? Refusal(NemotronDeployment entity)
    {
        if (ChildNames.Refusal(entity.Metadata.Name) is { } name) return new Refusal(ConditionReasons.NameTooLong, name);
        if (EngineVolumes.Refusal(entity.Spec) is { } volume) return new Refusal(ConditionReasons.InvalidField, volume);
        foreach (var (kind, map) in new[]
        {
            ("labels", entity.Spec.PodTemplate?.Metadata?.Labels),
            ("annotations", entity.Spec.PodTemplate?.Metadata?.Annotations),
        })
        {
            if (map?.Keys.FirstOrDefault(ChildLabels.Reserved) is { } key)
                return new Refusal(ConditionReasons.InvalidField, $"spec.podTemplate.metadata.{kind}[{key}]: keys under {NemotronApi.Group}/ and app.kubernetes.io/ are the operator's; use a prefix of your own.");
        }

        if (entity.Spec.Engine?.Api == EngineApi.Grpc && entity.Spec.Gateway?.Enabled != false)
            return new Refusal(ConditionReasons.InvalidField, "spec.gateway.enabled: must be false while spec.engine.api is Grpc: the gateway speaks HTTP to the engine.");
        if (entity.Spec.Autoscaling is { } autoscaling && AutoscalingPolicy.Fault(autoscaling) is { } schedule)
            return new Refusal(ConditionReasons.InvalidField, $"{schedule}.");
        return ProgressDeadline.Refusal(entity.Spec) ?? HostOffload(entity.Spec) ?? HostMemory(entity.Spec);
    }

    // More than any node has, and few enough for sums of it.
    private const decimal MostHostOffload = 1L << 50;

    private static Refusal? HostOffload(NemotronDeploymentSpec spec) => spec.KvCache?.HostOffload is { } offload && Bytes(offload) is < 0 or > MostHostOffload
        ? new Refusal(ConditionReasons.InvalidField, $"spec.kvCache.hostOffload: {offload} is not between 0 and 1Pi. Name memory that the nodes have, such as 64Gi, or leave it out.")
        : null;

    private static decimal Bytes(ResourceQuantity quantity)
    {
        try
        {
            return quantity.ToDecimal();
        }
        catch (OverflowException)
        {
            return decimal.MaxValue;
        }
    }

    // The engine takes it at its start, and is killed for it.
    private static Refusal? HostMemory(NemotronDeploymentSpec spec) =>
        EngineRequest.HostOffloadBytes(spec) is > 0 and var offload
        && spec.PodTemplate?.Resources?.Limits is { } limits && limits.TryGetValue("memory", out var limit) && Bytes(limit) <= offload
            ? new Refusal(ConditionReasons.InvalidField,
                $"spec.podTemplate.resources.limits.memory: {limit} is not more than spec.kvCache.hostOffload ({spec.KvCache!.HostOffload}), which the engine takes when it starts. Raise the one or lower the other.")
            : null;
}
