using System.Text.Json.Serialization;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using YamlDotNet.Serialization;

namespace Nemotron.Cli.Statuses;

/// <summary>A deployment as <c>status -o json</c> and <c>-o yaml</c> write it, and as the tree shows it. The names are an interface that scripts rely on.</summary>
internal sealed record StatusReport
{
    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public required string Age { get; init; }
    public required string? Model { get; init; }
    public required string? Tier { get; init; }
    public required string? NodePool { get; init; }
    public required string? Gpu { get; init; }
    public required int? TensorParallel { get; init; }
    public required int? PipelineParallel { get; init; }
    public required int? GpusPerReplica { get; init; }
    public required string? Precision { get; init; }
    public required string? KvPrecision { get; init; }
    public required long? ContextTokens { get; init; }
    public required string Engine { get; init; }
    public required string? EngineVersion { get; init; }
    public required string ReasoningDefault { get; init; }
    public required string ReasoningEnforcement { get; init; }
    public required int? Desired { get; init; }
    public required int? Existing { get; init; }
    public required int? Ready { get; init; }
    public required int? Updated { get; init; }
    public required string ReplicasOwner { get; init; }
    public required int? KvUtilizationPercent { get; init; }
    public required long? TokensPerSecond { get; init; }
    public required bool UpToDate { get; init; }
    public required IReadOnlyList<PodReport> Pods { get; init; }
    public required IReadOnlyList<ConditionReport> Conditions { get; init; }
    public required ScalingReport? LastScaling { get; init; }
    public required string? Decision { get; init; }

    /// <summary>The worst of the conditions: what the first line of the tree says.</summary>
    [JsonIgnore, YamlIgnore]
    public ConditionReport? Worst => Conditions.Count > 0 && Conditions[0].Verdict != ConditionVerdict.Good ? Conditions[0] : null;

    /// <summary>Puts together what is known of a deployment. Pure.</summary>
    /// <param name="entity">The deployment.</param>
    /// <param name="pods">Its pods.</param>
    /// <param name="now">The time.</param>
    public static StatusReport Of(NemotronDeployment entity, IReadOnlyList<PodView> pods, DateTimeOffset now)
    {
        var (spec, status, plan) = (entity.Spec, entity.Status, entity.Status?.Plan);
        return new StatusReport
        {
            Namespace = entity.Metadata.NamespaceProperty ?? "",
            Name = entity.Metadata.Name,
            Age = Cli.Age.Of(entity.Metadata.CreationTimestamp, now),
            Model = status?.Model ?? spec.ModelRef?.Name,
            Tier = spec.Model?.ToString(),
            NodePool = status?.NodePool ?? spec.NodePool,
            Gpu = plan?.Gpu,
            TensorParallel = plan?.TensorParallel ?? spec.TensorParallel,
            PipelineParallel = plan?.PipelineParallel ?? spec.PipelineParallel,
            GpusPerReplica = plan?.GpusPerReplica,
            Precision = (plan?.Precision ?? spec.Precision)?.ToString(),
            KvPrecision = plan?.KvPrecision?.ToString(),
            ContextTokens = plan?.ContextTokens ?? spec.MaxContextTokens,
            Engine = (spec.Engine?.Type ?? EngineKind.TrtLlmServe).ToString(),
            EngineVersion = status?.Engine?.Version,
            ReasoningDefault = (spec.Reasoning?.Default ?? ReasoningMode.Off).ToString(),
            ReasoningEnforcement = (spec.Reasoning?.Enforcement ?? Crds.ReasoningEnforcement.Default).ToString(),
            Desired = status?.DesiredReplicas,
            Existing = status?.Replicas,
            Ready = status?.ReadyReplicas,
            Updated = status?.UpdatedReplicas,
            ReplicasOwner = Owner(spec),
            KvUtilizationPercent = status?.KvUtilizationPercent,
            TokensPerSecond = status?.TokensPerSecond,
            UpToDate = status?.ObservedGeneration == entity.Metadata.Generation,
            Pods = [.. pods.OrderBy(pod => pod.Replica, StringComparer.Ordinal).ThenBy(pod => pod.IsWorker).ThenBy(pod => pod.Metadata.Name, StringComparer.Ordinal).Select(pod => PodReport.Of(pod, now))],
            Conditions = [.. (status?.Conditions ?? []).Select(condition => ConditionReport.Of(condition, spec.Autoscaling is not null, now)).OrderBy(condition => condition.Verdict)],
            LastScaling = status?.LastScaling is { } change ? ScalingReport.Of(change, now) : null,
            Decision = status?.Autoscaler?.Message,
        };
    }

    private static string Owner(NemotronDeploymentSpec spec) => spec.Autoscaling switch
    {
        { Mode: AutoscalingMode.Recommend } autoscaling => $"spec.replicas; the autoscaler recommends within {autoscaling.MinReplicas ?? 1} to {autoscaling.MaxReplicas}",
        { } autoscaling => $"the autoscaler, {autoscaling.MinReplicas ?? 1} to {autoscaling.MaxReplicas}",
        null => "spec.replicas",
    };
}

/// <summary>A pod of a <see cref="StatusReport"/>.</summary>
internal sealed record PodReport(string Name, string Replica, bool InGroup, string Phase, string? Why, string? Node, int Gpus, string Age)
{
    public static PodReport Of(PodView pod, DateTimeOffset now)
    {
        var (phase, why) = PodPhases.Of(pod);
        return new PodReport(pod.Metadata.Name, pod.Replica, pod.InGroup, phase, why, pod.NodeName, pod.Gpus, Cli.Age.Of(pod.Metadata.CreationTimestamp, now));
    }
}

/// <summary>A condition of a <see cref="StatusReport"/>.</summary>
internal sealed record ConditionReport(string Type, string Status, string Reason, string Message, ConditionVerdict Verdict, string Since)
{
    public static ConditionReport Of(k8s.Models.V1Condition condition, bool scales, DateTimeOffset now) => new(
        condition.Type, condition.Status, condition.Reason, condition.Message, ConditionVerdicts.Of(condition, scales), Cli.Age.Of(condition.LastTransitionTime, now));
}

/// <summary>A change of the number of replicas.</summary>
internal sealed record ScalingReport(string Ago, DateTime? Time, int? From, int? To, string? Reason, string? Message)
{
    public static ScalingReport Of(ScalingDecisionStatus change, DateTimeOffset now) =>
        new(Cli.Age.Of(change.Time, now), change.Time, change.From, change.To, change.Reason, change.Message);
}
