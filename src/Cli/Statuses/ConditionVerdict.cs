using k8s.Models;
using Nemotron.Crds;

namespace Nemotron.Cli.Statuses;

/// <summary>Whether a condition is as one wishes it.</summary>
internal enum ConditionVerdict
{
    /// <summary>Something is wrong.</summary>
    Bad,

    /// <summary>Something goes on, is held back, or is not known.</summary>
    Doubtful,

    /// <summary>As wished.</summary>
    Good,
}

/// <summary>Judges conditions.</summary>
internal static class ConditionVerdicts
{
    /// <summary>Most are wished True, and BudgetLowered is wished False; Progressing and ScalingLimited only say what goes on, and so do nodes and weights that are on their way.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="scales">Whether the deployment declares autoscaling: without it nothing waits for metrics, and an engine has none until its first request.</param>
    public static ConditionVerdict Of(V1Condition condition, bool scales) => condition switch
    {
        { Type: ConditionTypes.MetricsAvailable, Status: "False" } when !scales => ConditionVerdict.Doubtful,
        { Reason: ConditionReasons.ProgressDeadlineExceeded or ConditionReasons.GateFailed } => ConditionVerdict.Bad,
        { Type: ConditionTypes.Progressing, Status: "True" } => ConditionVerdict.Doubtful,
        { Type: ConditionTypes.Progressing } => ConditionVerdict.Good,
        { Type: ConditionTypes.ScalingLimited or ConditionTypes.BudgetLowered, Status: "False" } => ConditionVerdict.Good,
        { Type: ConditionTypes.ScalingLimited or ConditionTypes.BudgetLowered } => ConditionVerdict.Doubtful,
        { Type: ConditionTypes.AllFieldsInEffect, Status: "False" } => ConditionVerdict.Doubtful,
        { Type: ConditionTypes.CapacityAvailable, Reason: ConditionReasons.WaitingForNodes } or { Type: ConditionTypes.WeightsCached, Reason: ConditionReasons.Downloading } => ConditionVerdict.Doubtful,
        { Status: "True" } => ConditionVerdict.Good,
        { Status: "False" } => ConditionVerdict.Bad,
        _ => ConditionVerdict.Doubtful,
    };
}
