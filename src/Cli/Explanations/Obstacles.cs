using k8s.Models;
using Nemotron.Crds;

namespace Nemotron.Cli.Explanations;

/// <summary>What keeps a deployment's number of replicas where it is.</summary>
/// <param name="Why">In one word.</param>
/// <param name="Message">In a sentence, with what would change it.</param>
internal sealed record Obstacle(string Why, string Message)
{
    /// <summary>All that stand in the way, the weightiest first. Pure.</summary>
    /// <param name="entity">The deployment.</param>
    public static IReadOnlyList<Obstacle> Of(NemotronDeployment entity)
    {
        var found = new List<Obstacle>();
        if (Says(entity, NemotronAnnotations.Paused))
            found.Add(new("Paused", $"The annotation {NemotronAnnotations.Paused} stops the operator from changing anything. Remove it."));
        if (Condition(entity, ConditionTypes.Accepted) is { Status: "False" } refused)
            found.Add(new("NotAccepted", $"The spec cannot be carried out ({refused.Reason}): {refused.Message}"));
        if (entity.Spec.Autoscaling is not { } autoscaling)
        {
            found.Add(new("NoAutoscaling", $"spec.autoscaling is absent: spec.replicas ({entity.Spec.Replicas ?? 1}) is the number, set by a person, an HPA or KEDA. Replace spec.replicas with spec.autoscaling to let the operator scale."));
            return found;
        }

        if (Says(entity, NemotronAnnotations.FreezeScaling))
            found.Add(new("Frozen", $"The annotation {NemotronAnnotations.FreezeScaling} holds the number. Remove it: kubectl -n {entity.Metadata.NamespaceProperty} annotate nemo {entity.Metadata.Name} {NemotronAnnotations.FreezeScaling}-"));
        if (autoscaling.Mode == AutoscalingMode.Recommend)
            found.Add(new("RecommendOnly", "spec.autoscaling.mode is Recommend: what is decided is written down and not done. Set it to Auto."));
        AddCondition(found, entity, ConditionTypes.ScalingOwned, ["False"]);
        AddCondition(found, entity, ConditionTypes.MetricsAvailable, ["False", "Unknown"]);
        AddCondition(found, entity, ConditionTypes.ScalingLimited, ["True", "Unknown"]);
        AddCondition(found, entity, ConditionTypes.CapacityAvailable, ["False"]);
        if (entity.Status?.Autoscaler is null && found.Count == 0)
            found.Add(new("NotDecided", "The autoscaler has not decided yet: it does within 15 s of an operator leading. Does one (kubectl nemotron doctor)?"));
        return found;
    }

    private static void AddCondition(List<Obstacle> found, NemotronDeployment entity, string type, string[] when)
    {
        // Freezing and recommending are said above, in the words of their cause.
        if (Condition(entity, type) is { } condition && when.Contains(condition.Status) && found.TrueForAll(other => other.Why != condition.Reason))
            found.Add(new(condition.Reason, condition.Message));
    }

    private static bool Says(NemotronDeployment entity, string annotation) =>
        entity.Metadata.Annotations?.TryGetValue(annotation, out var value) == true && value == "true";

    private static V1Condition? Condition(NemotronDeployment entity, string type) => entity.Status?.Conditions?.FirstOrDefault(condition => condition.Type == type);
}
