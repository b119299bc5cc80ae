using Nemotron.Controllers.Conditions;
using Nemotron.Crds;
using Nemotron.Engines.Launch;
using Nemotron.Engines.Metrics.Dialects;

namespace Nemotron.Controllers.Engines;

/// <summary>What the engines' own words lead to in status: EngineHealthy and MetricsAvailable. Pure.</summary>
internal static class EngineConditions
{
    private const int MostNamed = 5;

    /// <summary>Sets both.</summary>
    /// <param name="conditions">The conditions under construction.</param>
    /// <param name="findings">What is known of the engines.</param>
    /// <param name="restarts">What is done about it.</param>
    /// <param name="launch">How they are started; null while that is not decided.</param>
    /// <param name="desired">Replicas wanted.</param>
    /// <param name="metricsElsewhere">Whether somebody else says MetricsAvailable: the autoscaler does of what it scales.</param>
    /// <param name="now">The time.</param>
    public static void Set(ConditionSet conditions, EngineFindings findings, RestartDecision restarts, LaunchSpec? launch, int desired, bool metricsElsewhere, DateTimeOffset now)
    {
        var ready = findings.Groups.Where(group => group.Ready).ToList();
        var silent = ready.Where(group => group.Report is not { } report || !(group.Sick is not null || EngineSickness.Answers(report, now, HealingLimits.Default))).ToList();
        Health(conditions, findings, restarts, ready.Count, silent, desired);
        if (!metricsElsewhere) Metrics(conditions, [.. ready.Except(silent)], launch, silent.Count);
    }

    private static void Health(ConditionSet conditions, EngineFindings findings, RestartDecision restarts, int ready, List<EngineGroup> silent, int desired)
    {
        var sick = findings.Groups.Where(group => group.Sick is not null).ToList();
        if (sick.Count > 0)
        {
            var reason = restarts.Hold switch
            {
                RestartHold.Doubted => ConditionReasons.SignalDoubted,
                RestartHold.Backoff => ConditionReasons.RestartBackoff,
                _ => sick[0].Sick!.Reason,
            };
            var what = Named(sick, group => $"{group.Leader!.Metadata.Name} {group.Sick!.What} (since {group.Sick.Since.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'})");
            conditions.Set(ConditionTypes.EngineHealthy, false, reason, restarts.Why.Length == 0 ? $"{what}." : $"{what}. {restarts.Why}");
        }
        else if (ready == 0 && findings.Groups.Count == 0 && desired == 0)
            conditions.Set(ConditionTypes.EngineHealthy, true, ConditionReasons.ScaledToZero, "No replica is wanted.");
        else if (ready == 0)
            conditions.Set(ConditionTypes.EngineHealthy, null, ConditionReasons.Loading, "No engine is ready yet.");
        else if (silent.Count > 0)
            conditions.Set(ConditionTypes.EngineHealthy, null, ConditionReasons.NotHeard,
                $"No answer to the operator from {Named(silent, group => group.Leader!.Metadata.Name)}. That says nothing of the engines: what the kubelet says counts. Let the operator's pod reach these pods if its health checks are wanted.");
        else
            conditions.Set(ConditionTypes.EngineHealthy, true, ConditionReasons.Healthy, "Every engine that is ready answers for itself.");
    }

    private static void Metrics(ConditionSet conditions, IReadOnlyList<EngineGroup> heard, LaunchSpec? launch, int silent)
    {
        if (launch is null)
            conditions.Set(ConditionTypes.MetricsAvailable, null, ConditionReasons.Pending, "Nothing was started.");
        else if (launch.Metrics is null)
            conditions.Set(ConditionTypes.MetricsAvailable, false, ConditionReasons.MetricsMissing, $"{launch.Release.Engine} {launch.Release.VersionText} has no Prometheus metrics as it is started here (its API is {launch.Protocol}).");
        else if (heard.Count == 0)
            conditions.Set(ConditionTypes.MetricsAvailable, null, silent > 0 ? ConditionReasons.NotHeard : ConditionReasons.Loading, silent > 0 ? "No engine has answered the operator." : "No engine is ready yet.");
        else if (heard.Where(group => group.Report!.Load?.Dialect.Seen != true).ToList() is { Count: > 0 } without)
            conditions.Set(ConditionTypes.MetricsAvailable, false, ConditionReasons.MetricsMissing, $"{Named(without, group => $"{group.Leader!.Metadata.Name}: {Lacking(group)}")}.");
        else
            conditions.Set(ConditionTypes.MetricsAvailable, true, ConditionReasons.Scraped, $"The engines' metrics are read as {string.Join(" and ", heard.Select(group => Title(group.Report!.Load!.Dialect.Name)).Distinct().Order(StringComparer.Ordinal))}.");
    }

    private static string Lacking(EngineGroup group) => group.Report switch
    {
        { Load: { } load } => $"no series of a known dialect ({load.Dialect.Because})",
        { QueryFailure: { } failure } => failure.TrimEnd('.'),
        _ => "its metrics were not read yet",
    };

    private static string Title(DialectName name) => name switch
    {
        DialectName.TritonTrtLlm => "triton (nv_trt_llm_*)",
        DialectName.TritonLlmApi => "triton (nv_inference_*)",
        DialectName.TrtLlmServe12 => "trtllm-serve/1.2 (no prefix)",
        DialectName.TrtLlmServe13 => "trtllm-serve/1.3 (trtllm_*)",
        DialectName.Vllm => "vllm (vllm:*)",
        _ => name.ToString(),
    };

    private static string Named(IReadOnlyList<EngineGroup> groups, Func<EngineGroup, string> name) =>
        string.Join("; ", groups.Take(MostNamed).Select(name)) + (groups.Count > MostNamed ? $"; and {groups.Count - MostNamed} more" : "");
}
