using Nemotron.Controllers.Deployments;
using Nemotron.Crds;

namespace Nemotron.Controllers.Fleets;

/// <summary>Rules on a NemotronFleet that its schema cannot say.</summary>
internal static class FleetRules
{
    /// <summary>The first fault, or null.</summary>
    public static Refusal? Refusal(NemotronFleet fleet)
    {
        var spec = fleet.Spec;
        var fault = LabelSelection.Fault(spec.Selector, "spec.selector") ?? LabelSelection.Fault(spec.NamespaceSelector, "spec.namespaceSelector")
            ?? (spec.Members ?? []).Select((member, index) => LabelSelection.Fault(member.Selector, $"spec.members[{index}].selector")).FirstOrDefault(found => found is not null);
        return fault is null ? null : new Refusal(ConditionReasons.InvalidField, $"{fault}.");
    }

    /// <summary>The rules for a deployment; null where no member matches it.</summary>
    public static FleetMember? For(NemotronFleet fleet, NemotronDeployment deployment) =>
        fleet.Spec.Members?.FirstOrDefault(member => LabelSelection.Matches(member.Selector, deployment.Metadata.Labels));

    /// <summary>The priority of a deployment: the rules' own, else spec.priority of the deployment.</summary>
    public static int Priority(FleetMember? rules, NemotronDeployment deployment) => rules?.Priority ?? deployment.Spec.Priority ?? 0;
}
