namespace Nemotron.Operator.Tests.Harness;

/// <summary>YAML of fleets for tests.</summary>
internal static class Fleets
{
    public const string Pool = """
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: GpuNodePool
        metadata:
          name: h100
        spec:
          nodeSelector:
            nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3
        """;

    public const string Namespace = """
        apiVersion: v1
        kind: Namespace
        metadata:
          name: models
        """;

    /// <summary>Nanos <c>n-0</c> … with one GPU each.</summary>
    public static string Nanos(int count, int context = 8192) => string.Join("\n---\n", Enumerable.Range(0, count).Select(i => $"""
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata:
          name: n-{i}
          namespace: models
        spec:
          model: Nano
          tensorParallel: 1
          maxContextTokens: {context}
          replicas: 1
        """));

    public static string All(params string[] documents) => string.Join("\n---\n", documents);
}
