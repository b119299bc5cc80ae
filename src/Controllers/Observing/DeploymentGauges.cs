using System.Globalization;
using Nemotron.Crds;
using Nemotron.Planning;
using Prometheus;

namespace Nemotron.Controllers.Observing;

/// <summary>What Prometheus is told of NemotronDeployments: their specs and statuses in numbers. What is not known has no series.</summary>
internal static class DeploymentGauges
{
    private static readonly string[] Deployment = ["namespace", "nemotrondeployment"];

    public static IReadOnlyList<StateGauge<NemotronDeployment>> Of(IMetricFactory make) =>
    [
        New(make, "nemotron_deployment_replicas_desired", "Replicas to be kept: those wanted, by spec.replicas or by the autoscaler, as far as a fleet grants them.", d => d.Status?.DesiredReplicas),
        New(make, "nemotron_deployment_replicas", "Replicas that exist, ready or not.", d => d.Status?.Replicas),
        New(make, "nemotron_deployment_replicas_ready", "Replicas that serve.", d => d.Status?.ReadyReplicas),
        New(make, "nemotron_deployment_replicas_updated", "Replicas of the newest template.", d => d.Status?.UpdatedReplicas),
        New(make, "nemotron_deployment_replicas_min", "spec.autoscaling.minReplicas.", d => d.Spec.Autoscaling is null ? null : d.Spec.Autoscaling.MinReplicas ?? 1),
        New(make, "nemotron_deployment_replicas_max", "spec.autoscaling.maxReplicas.", d => d.Spec.Autoscaling?.MaxReplicas),
        New(make, "nemotron_deployment_gpus_per_replica", "GPUs of one replica.", d => d.Status?.Plan?.GpusPerReplica),
        New(make, "nemotron_deployment_kv_tokens_per_replica", "Tokens that one replica's KV cache holds, by the memory plan.", d => d.Status?.Plan?.KvTokens),
        new(
            make.CreateGauge("nemotron_deployment_info", "1 for each NemotronDeployment: what it serves, and where.", [.. Deployment, "model", "gpunodepool", "engine", "precision", "tensor_parallel"]),
            Info),
        new(
            make.CreateGauge("nemotron_deployment_condition", "1 for each condition in status: its answer (True, False, Unknown) and reason.", [.. Deployment, "type", "status", "reason"]),
            entity => (entity.Status?.Conditions ?? []).Select(condition => new Reading(1, [.. Name(entity), condition.Type, condition.Status, condition.Reason]))),
        new(
            make.CreateGauge("nemotron_deployment_last_scaling_timestamp_seconds", "When the autoscaler last changed the number of replicas (Unix time), from what to what, and why.", [.. Deployment, "from", "to", "reason"]),
            LastScaling),
        new(
            make.CreateGauge(
                "nemotron_deployment_latency_objective_seconds",
                "A latency objective. le is the bound of the gateway's histogram at which late requests can be told: the objective, or the next above it, as 2 and as 2.0, since expositions differ.",
                [.. Deployment, "mode", "signal", "le"]),
            Objectives),
        new(
            make.CreateGauge("nemotron_deployment_latency_allowed_ratio", "Share of requests that may be later than the latency objectives.", [.. Deployment, "mode"]),
            entity => Targets(entity).Select(target => new Reading(1 - ((target.Targets.Percentile ?? 95) / 100.0), [.. Name(entity), target.Mode]))),
    ];

    private static StateGauge<NemotronDeployment> New(IMetricFactory make, string name, string help, Func<NemotronDeployment, double?> value) =>
        new(make.CreateGauge(name, help, Deployment), entity => value(entity) is { } known ? [new Reading(known, Name(entity))] : []);

    private static string[] Name(NemotronDeployment entity) => [entity.Metadata.NamespaceProperty, entity.Metadata.Name];

    private static IEnumerable<Reading> Info(NemotronDeployment entity)
    {
        var status = entity.Status;
        yield return new Reading(1, [
            .. Name(entity), status?.Model ?? "", status?.NodePool ?? "", (entity.Spec.Engine?.Type ?? Crds.EngineKind.TrtLlmServe).ToString(), status?.Plan?.Precision?.ToString() ?? "",
            status?.Plan?.TensorParallel?.ToString(CultureInfo.InvariantCulture) ?? ""]);
    }

    private static IEnumerable<Reading> LastScaling(NemotronDeployment entity)
    {
        if (entity.Status?.LastScaling is { Time: { } time, From: { } from, To: { } to } last)
            yield return new Reading(
                new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)).ToUnixTimeSeconds(),
                [.. Name(entity), from.ToString(CultureInfo.InvariantCulture), to.ToString(CultureInfo.InvariantCulture), last.Reason ?? ""]);
    }

    private static IEnumerable<(string Mode, LatencyTargets Targets)> Targets(NemotronDeployment entity)
    {
        if (entity.Spec.Autoscaling?.Targets?.Latency is not { } latency) yield break;
        if (latency.ModeOn is { } on) yield return ("on", on);
        if (latency.ModeOff is not { } off) yield break;
        yield return ("off", off);
        // Requests of which no mode can be set: the autoscaler counts them to this side, too.
        yield return ("unset", off);
    }

    private static IEnumerable<Reading> Objectives(NemotronDeployment entity) =>
        from target in Targets(entity)
        from objective in new[]
        {
            (Signal: "ttft", Of: target.Targets.Ttft, Bounds: LatencyBounds.TimeToFirstToken),
            (Signal: "itl", Of: target.Targets.Itl, Bounds: LatencyBounds.TimePerOutputToken),
        }
        where objective.Of is not null
        let seconds = objective.Of!.Value.Value.TotalSeconds
        let bound = LatencyBounds.AtOrAbove(objective.Bounds, seconds)
        where bound is not null
        from le in Texts(bound.Value)
        select new Reading(seconds, [.. Name(entity), target.Mode, objective.Signal, le]);

    // Prometheus keeps the label as it was written: the older text format has le="2", OpenMetrics le="2.0".
    private static IEnumerable<string> Texts(double bound)
    {
        var text = bound.ToString("R", CultureInfo.InvariantCulture);
        return text.Contains('.', StringComparison.Ordinal) ? [text] : [text, $"{text}.0"];
    }
}
