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

        return null;
    }
}
