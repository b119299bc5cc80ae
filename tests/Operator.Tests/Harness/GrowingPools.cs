using k8s;
using k8s.Models;
using Nemotron.Lab.Nodes;

namespace Nemotron.Operator.Tests.Harness;

/// <summary>Pools that grow in the Lab, through simulations of Karpenter and Cluster API; and looks at them.</summary>
internal static class GrowingPools
{
    /// <summary>A GpuNodePool whose nodes are the replicas of a simulated MachineDeployment.</summary>
    public const string Scale = """
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: GpuNodePool
        metadata: {name: grown}
        spec:
          nodeSelector: {fleet: grown}
          gpu: {product: H100-SXM, perNode: 8}
          maxNodes: 2
          provisioner:
            type: Scale
            scale:
              scaleDownDelay: 10m
              targetRef: {apiVersion: cluster.x-k8s.io/v1beta1, kind: MachineDeployment, namespace: machines, name: h100}
        """;

    /// <summary>The simulated MachineDeployment.</summary>
    public const string MachineDeployment = """
        apiVersion: v1
        kind: Namespace
        metadata: {name: machines}
        ---
        apiVersion: cluster.x-k8s.io/v1beta1
        kind: MachineDeployment
        metadata:
          name: h100
          namespace: machines
          annotations: {lab.nemotron.dev/machine: "H100:8", lab.nemotron.dev/join-seconds: "120"}
        spec:
          clusterName: lab
          replicas: 0
          template: {metadata: {labels: {fleet: grown}}}
        """;

    /// <summary>A GpuNodePool whose nodes a simulated Karpenter makes.</summary>
    public const string Karpenter = """
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: GpuNodePool
        metadata: {name: grown}
        spec:
          nodeSelector: {fleet: grown}
          gpu: {product: H100-SXM, perNode: 8}
          maxNodes: 2
          taints: [{key: nvidia.com/gpu, value: present, effect: NoSchedule}]
          provisioner:
            type: Karpenter
            karpenter:
              nodeClassRef: {group: karpenter.lab.nemotron.dev, kind: LabNodeClass, name: h100}
              weight: 10
        """;

    /// <summary>The simulated cloud's machines.</summary>
    public static string NodeClass(string spec) => $$"""
        apiVersion: karpenter.lab.nemotron.dev/v1
        kind: LabNodeClass
        metadata: {name: h100}
        spec: {machine: "H100:8", launchSeconds: 10, {{spec}}}
        """;

    /// <summary>A deployment whose replicas are TP groups of eight.</summary>
    public static string Nano(int replicas, string pool = "grown") => $$"""
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata: {name: nano, namespace: models}
        spec: {model: Nano, tensorParallel: 8, maxContextTokens: 8192, replicas: {{replicas}}, nodePool: {{pool}}}
        """;

    /// <summary>Starts a Lab at sixty times the speed with an operator in it.</summary>
    public static async Task<TestCluster> StartAsync(string nodes, LabAddOns with, params string[] documents)
    {
        var cluster = await TestCluster.StartAsync(nodes, clockSpeed: 60, with: with);
        await cluster.ApplyAsync(Fleets.All([Fleets.Namespace, .. documents]));
        await cluster.StartOperatorAsync();
        return cluster;
    }

    /// <summary>A condition of a pool.</summary>
    public static V1Condition? PoolCondition(this TestCluster cluster, string type, string pool = "grown") =>
        cluster.Pool(pool)?.Status?.Conditions?.FirstOrDefault(condition => condition.Type == type);

    /// <summary>All conditions of a pool, for what went wrong.</summary>
    public static string PoolTold(this TestCluster cluster, string pool = "grown") =>
        string.Join("; ", cluster.Pool(pool)?.Status?.Conditions?.Select(condition => $"{condition.Type} {condition.Status} {condition.Reason}: {condition.Message}") ?? []);

    /// <summary>The nodes there are.</summary>
    public static IList<V1Node> Nodes(this TestCluster cluster) => cluster.Client.ListNode().Items;

    /// <summary>Marks a node as broken, as node-problem-detector does.</summary>
    public static async Task CondemnAsync(this TestCluster cluster, string node) =>
        (await cluster.Kubectl.RunAsync(["patch", "node", node, "--subresource=status", "-p", """{"status":{"conditions":[{"type":"KernelDeadlock","status":"True","reason":"DockerHung","message":"task blocked"}]}}"""])).Succeeded();

    /// <summary>Lets time of the Lab pass.</summary>
    public static async Task PassAsync(this TestCluster cluster, TimeSpan time)
    {
        var from = cluster.Lab.Time.GetUtcNow();
        await Until.TrueAsync(() => cluster.Lab.Time.GetUtcNow() - from > time, $"{time} to pass");
    }
}
