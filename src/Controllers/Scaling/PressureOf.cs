using Nemotron.Controllers.Conditions;
using Nemotron.Controllers.Deployments;
using Nemotron.Crds;
using Nemotron.Planning.Scaling;

namespace Nemotron.Controllers.Scaling;

/// <summary>The pressure rule of a deployment: what is declared, how far the budget is lowered, and what the status says of it. Pure.</summary>
internal static class PressureOf
{
    // The schema's bound.
    private const int LongestMessage = 512;

    /// <summary>What is declared; null where nothing is, or where no budget is in force that could be lowered.</summary>
    public static PressurePolicy? Policy(NemotronDeployment entity) =>
        Declared(entity.Spec) is { } declared && entity.Spec.Reasoning!.BudgetTokens is { } tokens && entity.Status?.Reasoning?.BudgetTokens is not null
            ? Policy(declared, tokens)
            : null;

    /// <summary>The state that the status keeps; the stretch of time begins anew.</summary>
    public static PressureState Kept(NemotronDeployment entity) => entity.Status?.Reasoning?.Pressure is { } kept
        ? new PressureState { Steps = kept.Steps ?? 0, ChangedAt = kept.Time, Message = kept.Message }
        : PressureState.None;

    /// <summary>The lower budget that counts for now, in tokens; null where the declared one does.</summary>
    public static long? LoweredTo(DeploymentSnapshot snapshot) =>
        State(snapshot) is { Steps: > 0 } state && snapshot.Entity.Spec.Reasoning is { BudgetTokens: { } tokens, Pressure: { } declared } ? Policy(declared, tokens).At(state.Steps) : null;

    /// <summary>What the status says; null without the rule.</summary>
    public static PressureStatus? Status(DeploymentSnapshot snapshot) => State(snapshot) is not { } state ? null : new PressureStatus
    {
        Steps = state.Steps,
        Time = state.ChangedAt is { } at ? DateTime.UnixEpoch.AddSeconds(at.ToUnixTimeSeconds()) : null,
        Message = state.Message is { Length: > LongestMessage } text ? text[..LongestMessage] : state.Message,
    };

    /// <summary>Sets the condition, where the rule is declared and a budget is in force.</summary>
    public static void Set(ConditionSet conditions, DeploymentSnapshot snapshot, DecidedDeployment? decided)
    {
        if (State(snapshot) is not { } state || decided?.Gateway?.Settings.Reasoning.Budget is not { } budget) return;
        if (state.Steps > 0)
            conditions.Set(ConditionTypes.BudgetLowered, true, ConditionReasons.UnderPressure, $"{state.Message} Declared: {budget.Tokens}. Raise spec.autoscaling.maxReplicas or add GPUs, or leave it: it is raised again when there is room.");
        else if (!snapshot.ScalingConfigured)
            conditions.Set(ConditionTypes.BudgetLowered, null, ConditionReasons.PrometheusNotConfigured, "The operator was started without --prometheus-url (chart: prometheus.url): nobody tells of the load, and the budget stays as declared.");
        else
            conditions.Set(ConditionTypes.BudgetLowered, false, ConditionReasons.BudgetInFull, $"Traces may have the {budget.Tokens} tokens that are declared.");
    }

    // As the loop said last; before its first word, as the status has it.
    private static PressureState? State(DeploymentSnapshot snapshot) => Declared(snapshot.Entity.Spec) is null ? null : snapshot.Scaling?.Pressure ?? Kept(snapshot.Entity);

    private static PressureSpec? Declared(NemotronDeploymentSpec spec) => spec is { Autoscaling: not null, Reasoning: { BudgetTokens: not null, Pressure: { } pressure } } ? pressure : null;

    private static PressurePolicy Policy(PressureSpec declared, long tokens)
    {
        var usual = new PressurePolicy { DeclaredTokens = tokens, FloorTokens = declared.FloorTokens };
        return usual with { StepAfter = declared.StepAfter?.Value ?? usual.StepAfter, RestoreAfter = declared.RestoreAfter?.Value ?? usual.RestoreAfter };
    }
}
