using Nemotron.Controllers.Conditions;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Crds;
using Nemotron.Kube;
using ReasoningGrammar = Nemotron.Planning.ReasoningGrammar;

namespace Nemotron.Controllers.Reasoning;

/// <summary>What of a deployment's reasoning mode is to be probed, and what the condition says of it. Pure.</summary>
/// <param name="Mark">The template and settings that count now; null where that is not known, such as while paused.</param>
/// <param name="Outcome">What a probe of them found, or null.</param>
internal sealed record ReasoningVerification(string? Mark, ProbeOutcome? Outcome)
{
    /// <summary>Nothing is known.</summary>
    public static ReasoningVerification Unknown { get; } = new(null, null);

    private const string NotYet = "Probed once all replicas are of the newest template: no gateway has answered a probe yet. The operator must reach the pods' ports 8000 and 9464.";

    /// <summary>The mark of a template and its settings.</summary>
    /// <param name="template">The hash of the pod template as applied; null where it was not.</param>
    /// <param name="decided">What was decided.</param>
    public static string? MarkOf(string? template, DecidedDeployment? decided) =>
        template is not null && decided?.Gateway is { } gateway ? $"{template}-{gateway.Declared}" : null;

    /// <summary>Who is to be asked; null where nobody is, now or at all.</summary>
    public static ProbeOrder? Order(DeploymentSnapshot snapshot, DecidedDeployment? decided, string? template)
    {
        if (decided?.Gateway is not { } gateway || MarkOf(template, decided) is not { } mark) return null;
        var entity = snapshot.Entity;
        if (LeftOut(entity.Spec, gateway) || Verdict(entity.Status, mark) is not null) return null;
        if (!snapshot.RolledOut(decided, template!)) return null;
        return snapshot.Pods.Where(pod => pod is { Ready: true, IsWorker: false, Ended: false, Address: not null }).MinBy(pod => pod.Metadata.Name, StringComparer.Ordinal) is { } pod
            ? new ProbeOrder(NamespacedName.Of(entity), mark, pod.Metadata.Name, pod.Address!, decided.ServedModel, gateway.Settings, entity.Spec.Gateway?.ApiKeysSecretRef)
            : null;
    }

    /// <summary>Sets the condition.</summary>
    /// <returns>The mark whose verdict the condition has now; null for none.</returns>
    public string? Set(ConditionSet conditions, NemotronDeployment entity, DecidedDeployment? decided, string? model)
    {
        var spec = entity.Spec;
        const string type = ConditionTypes.ReasoningVerified;
        if (!GatewayPlan.Wanted(spec))
            conditions.Set(type, null, ConditionReasons.GatewayDisabled, "spec.gateway.enabled is false: the mode is up to each client, and not probed.");
        else if (decided?.Gateway is not { } gateway)
            conditions.Set(type, null, ConditionReasons.Pending, "Not probed: nothing is decided.");
        else if (gateway.HandsOn(spec))
            conditions.Set(type, null, ConditionReasons.NotImplemented, $"Triton takes prompts without roles, and the chat template of {model} is not known: the gateway hands them on as they are, and each client writes the mode into its own.");
        else if (gateway.Settings.Reasoning.Grammar == ReasoningGrammar.None)
            conditions.Set(type, true, ConditionReasons.NoReasoningMode, $"{model} has no reasoning mode: there is nothing to switch.");
        else if (spec.Rollout?.Gates?.ReasoningVerified == false)
            conditions.Set(type, null, ConditionReasons.ProbeLeftOut, "spec.rollout.gates.reasoningVerified is false: the mode is not probed.");
        else if (Verdict(entity.Status, Mark ?? entity.Status?.Reasoning?.Probed) is { } former)
        {
            conditions.Set(type, former.Status == "True", former.Reason, former.Message);
            return entity.Status!.Reasoning!.Probed;
        }
        else if (Outcome is { Settled: true } verdict)
        {
            var held = verdict.Result == ProbeResult.Held;
            conditions.Set(type, held, held ? ConditionReasons.Verified : ConditionReasons.ModeMismatch, verdict.Message);
            return Mark;
        }
        else if (Outcome is { Result: ProbeResult.Failed } failed)
            conditions.Set(type, null, ConditionReasons.ProbeFailed, failed.Message);
        else if (Outcome is { Result: ProbeResult.KeysUnreadable } unread)
            conditions.Set(type, null, ConditionReasons.ApiKeysUnreadable, unread.Message);
        else
            conditions.Set(type, null, ConditionReasons.Pending, NotYet);
        return null;
    }

    private static bool LeftOut(NemotronDeploymentSpec spec, GatewayPlan gateway) =>
        spec.Rollout?.Gates?.ReasoningVerified == false || gateway.HandsOn(spec) || gateway.Settings.Reasoning.Grammar == ReasoningGrammar.None;

    // What the status holds of an earlier probe of the same.
    private static k8s.Models.V1Condition? Verdict(NemotronDeploymentStatus? status, string? mark) =>
        mark is not null && status?.Reasoning?.Probed == mark
            ? status.Conditions?.FirstOrDefault(condition => condition is { Type: ConditionTypes.ReasoningVerified, Reason: ConditionReasons.Verified or ConditionReasons.ModeMismatch })
            : null;
}
