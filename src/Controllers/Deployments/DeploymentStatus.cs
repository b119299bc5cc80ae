using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Deployments.Weights;
using Nemotron.Controllers.Engines;
using Nemotron.Controllers.Reasoning;
using Nemotron.Controllers.Scaling;
using Nemotron.Crds;
using MemoryPlan = Nemotron.Planning.MemoryPlan;

namespace Nemotron.Controllers.Deployments;

/// <summary>From a decision and what is seen to the status. Pure.</summary>
internal static class DeploymentStatus
{
    // The schema's bounds on the list and its lines.
    private const int MostLines = 64;
    private const int LongestLine = 256;

    /// <summary>The status.</summary>
    /// <param name="snapshot">What is seen.</param>
    /// <param name="decision">What was decided.</param>
    /// <param name="trouble">Why the decision could not be applied, or null.</param>
    /// <param name="changed">The conditions whose answer or reason is new.</param>
    /// <param name="reasoning">What is known of the reasoning mode; null for nothing.</param>
    /// <param name="restarts">What is done about sick engines; null for nothing.</param>
    /// <param name="weights">What is done about weights on nodes; null for nothing.</param>
    public static NemotronDeploymentStatus Of(
        DeploymentSnapshot snapshot,
        DeploymentDecision decision,
        Refusal? trouble,
        out IReadOnlyList<k8s.Models.V1Condition> changed,
        ReasoningVerification? reasoning = null,
        RestartDecision? restarts = null,
        WeightPlan? weights = null)
    {
        var entity = snapshot.Entity;
        var former = entity.Status;
        var live = snapshot.Workload(decision.Decided?.InGroups);
        var desired = decision.Decided?.Replicas ?? live?.Replicas ?? WantedReplicas.Of(entity.Spec, null, snapshot.Now);
        var counts = ReplicaCounts.Of(desired, live, snapshot.Pods, snapshot.Now, snapshot.Engines);
        if (counts.Trouble is null) counts = counts with { Trouble = UnpreparedPods.Trouble(snapshot) };
        var conditions = DeploymentConditions.Of(snapshot, decision, trouble, counts, restarts ?? RestartDecision.Nothing);
        var probed = (reasoning ?? ReasoningVerification.Unknown).Set(conditions, entity, decision.Decided, decision.Model?.Name);
        if (weights?.Condition is var (met, reason, message)) conditions.Set(ConditionTypes.WeightsCached, met, reason, message);
        else if (decision.Decided is null) conditions.Keep(ConditionTypes.WeightsCached);
        changed = [.. conditions.Changed];
        return new NemotronDeploymentStatus
        {
            ObservedGeneration = entity.Metadata.Generation,
            Conditions = conditions.ToList(),
            Model = decision.Model?.Name ?? former?.Model,
            NodePool = decision.Decided?.Pool ?? former?.NodePool,
            Plan = decision.Plan is { } plan ? Plan(plan, decision.Decided) : former?.Plan,
            Replicas = counts.Existing,
            ReadyReplicas = counts.Ready,
            UpdatedReplicas = counts.Updated,
            DesiredReplicas = counts.Desired,
            Selector = ChildLabels.SelectorText(entity.Metadata.Name),
            KvUtilizationPercent = entity.Spec.Autoscaling is null ? null : snapshot.Scaling is { } seen ? seen.Shown.KvPercent : former?.KvUtilizationPercent,
            TokensPerSecond = entity.Spec.Autoscaling is null ? null : snapshot.Scaling is { } scaled ? scaled.Shown.TokensPerSecond : former?.TokensPerSecond,
            LastScaling = ScalingStatus.Last(snapshot),
            Autoscaler = ScalingStatus.Autoscaler(snapshot),
            Engine = decision.Decided is { } decided
                ? new EngineStatus
                {
                    Type = entity.Spec.Engine?.Type ?? EngineKind.TrtLlmServe,
                    Image = decided.Launch.Image,
                    Version = decided.Launch.Release.VersionText,
                    Dialect = decided.Launch.Metrics is null ? null : decided.Launch.Release.MetricsDialect,
                    Protocol = decided.Launch.Protocol,
                }
                : former?.Engine,
            Weights = decision.Decided is null ? former?.Weights : weights?.Status,
            EngineRestarts = restarts is { History.Count: > 0 } ? restarts.History : null,
            Reasoning = new ReasoningStatus
            {
                Default = entity.Spec.Reasoning?.Default ?? ReasoningMode.Off,
                BudgetTokens = decision.Decided is { } held ? held.Gateway?.Settings.Reasoning.Budget?.InForce : entity.Spec.Reasoning?.BudgetTokens,
                Grammar = decision.Model?.Reasoning.Grammar.ToString() ?? former?.Reasoning?.Grammar,
                Probed = probed ?? former?.Reasoning?.Probed,
                Pressure = PressureOf.Status(snapshot),
            },
        };
    }

    private static MemoryPlanStatus Plan(MemoryPlan plan, DecidedDeployment? decided) => new()
    {
        Gpu = plan.Request.Gpu?.Name,
        GpuMemoryBytes = plan.GpuBytes,
        GpusPerReplica = plan.Gpus,
        NodesPerReplica = decided?.Shape.Pods ?? plan.Nodes,
        TensorParallel = plan.TensorParallel,
        PipelineParallel = plan.PipelineParallel,
        Precision = plan.Request.Precision.ToApi(),
        KvPrecision = plan.KvPrecision.ToApi(),
        WeightsBytesPerGpu = plan.WeightsBytesPerGpu,
        ReservedBytesPerGpu = plan.ActivationBytes + plan.NcclBytes + Math.Max(0, plan.HeldBackBytes),
        CacheBytesPerGpu = plan.CacheBudgetBytes,
        KvBytesPerTokenPerGpu = plan.KvBytesPerTokenPerGpu,
        StateBytesPerSequencePerGpu = plan.StateBytesPerSequencePerGpu,
        KvTokens = plan.KvTokens,
        ContextTokens = decided?.ContextTokens ?? plan.ContextTokens,
        MaxSequences = decided?.MaxSequences ?? plan.MaxSequences,
        Binding = plan.Binding.ToString(),
        Lines = [.. plan.Lines.Take(MostLines).Select(line => line.Text).Select(line => line.Length <= LongestLine ? line : line[..LongestLine])],
    };
}
