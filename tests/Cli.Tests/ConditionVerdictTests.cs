using k8s.Models;
using Nemotron.Cli.Statuses;

namespace Nemotron.Cli.Tests;

public sealed class ConditionVerdictTests
{
    [Theory]
    [InlineData("Ready", "True", "Serving", true, "Good")]
    [InlineData("Ready", "False", "Degraded", true, "Bad")]
    [InlineData("Ready", "Unknown", "Pending", true, "Doubtful")]
    [InlineData("Progressing", "True", "Loading", true, "Doubtful")]
    [InlineData("Progressing", "False", "RolledOut", true, "Good")]
    [InlineData("Progressing", "False", "ProgressDeadlineExceeded", true, "Bad")]
    [InlineData("ScalingLimited", "False", "WithinLimits", true, "Good")]
    [InlineData("ScalingLimited", "True", "AtMaxReplicas", true, "Doubtful")]
    [InlineData("BudgetLowered", "False", "BudgetInFull", true, "Good")]
    [InlineData("BudgetLowered", "True", "UnderPressure", true, "Doubtful")]
    [InlineData("BudgetLowered", "Unknown", "PrometheusNotConfigured", true, "Doubtful")]
    [InlineData("CapacityAvailable", "False", "WaitingForNodes", true, "Doubtful")]
    [InlineData("CapacityAvailable", "False", "InsufficientGpus", true, "Bad")]
    [InlineData("WeightsCached", "False", "Downloading", true, "Doubtful")]
    [InlineData("WeightsCached", "False", "LoadFailed", true, "Bad")]
    [InlineData("AllFieldsInEffect", "False", "NotImplemented", true, "Doubtful")]
    [InlineData("MetricsAvailable", "False", "MetricsMissing", true, "Bad")]
    [InlineData("MetricsAvailable", "False", "MetricsMissing", false, "Doubtful")]
    [InlineData("ScalingOwned", "False", "AnotherScaler", false, "Bad")]
    public void A_condition_is_judged_by_what_one_wishes(string type, string status, string reason, bool scales, string verdict) =>
        ConditionVerdicts.Of(new V1Condition { Type = type, Status = status, Reason = reason }, scales).ToString().ShouldBe(verdict);
}
