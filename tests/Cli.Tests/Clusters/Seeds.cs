namespace Nemotron.Cli.Tests.Clusters;

/// <summary>What an operator and its users would have put into a cluster.</summary>
internal static class Seeds
{
    public const string Namespace = """
        apiVersion: v1
        kind: Namespace
        metadata: {name: models}
        """;

    public const string Pool = """
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: GpuNodePool
        metadata: {name: h100}
        spec: {nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}}
        """;

    /// <summary>A Super that scales and serves, with one condition that is not as wished.</summary>
    public const string Super = """
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata: {name: super, namespace: models}
        spec:
          model: Super
          nodePool: h100
          precision: FP8
          reasoning: {default: "On"}
          autoscaling: {minReplicas: 1, maxReplicas: 4}
        status:
          observedGeneration: 1
          model: Super
          nodePool: h100
          replicas: 3
          readyReplicas: 2
          updatedReplicas: 3
          desiredReplicas: 3
          kvUtilizationPercent: 71
          tokensPerSecond: 2400
          plan: {gpu: H100-SXM, gpusPerReplica: 2, tensorParallel: 2, pipelineParallel: 1, precision: FP8, kvPrecision: FP8, kvTokens: 900000, contextTokens: 131072, maxSequences: 64}
          engine: {type: TrtLlmServe, version: 1.2.0}
          lastScaling: {time: "2026-01-01T00:00:00Z", from: 2, to: 3, reason: Throughput, message: "Up from 2 to 3 replicas: 2400 output tokens/s are wanted."}
          autoscaler:
            recommendedReplicas: 3
            reason: Throughput
            message: "Up from 2 to 3 replicas: 2400 output tokens/s are wanted."
            state: '{"LastTick":"2026-01-01T00:05:00Z","Arrivals":[{"At":"2026-01-01T00:05:00Z","Off":3.5,"On":1.25,"InFlight":42}],"Queued":7,"LengthsOff":{"PromptTokens":500,"OutputTokens":200,"Weight":300},"LengthsOn":{"PromptTokens":500,"OutputTokens":3000,"Weight":90},"LeadTime":"00:03:20"}'
          conditions:
          - {type: Accepted, status: "True", reason: Valid, message: The spec can be carried out., lastTransitionTime: "2026-01-01T00:00:00Z", observedGeneration: 1}
          - {type: Ready, status: "False", reason: PartiallyReady, message: 2 of 3 replicas serve., lastTransitionTime: "2026-01-01T00:00:00Z", observedGeneration: 1}
          - {type: ScalingLimited, status: "False", reason: WithinLimits, message: The number of replicas follows the demand., lastTransitionTime: "2026-01-01T00:00:00Z", observedGeneration: 1}
        """;

    /// <summary>A pod of <see cref="Super"/>; the Lab has no node for it unless a test gives it one.</summary>
    public static string Pod(string name, string node = "") => $$"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {{name}}
          namespace: models
          labels: {serving.nemotron.dev/deployment: super, serving.nemotron.dev/role: server}
        spec:
          {{(node.Length > 0 ? $"nodeName: {node}" : "schedulerName: nobody")}}
          containers:
          - name: engine
            image: engine:1
            resources:
              limits: {nvidia.com/gpu: "2"}
            ports: [{name: engine, containerPort: 8000}]
        """;

    public static string All(params string[] documents) => string.Join("\n---\n", documents);
}
