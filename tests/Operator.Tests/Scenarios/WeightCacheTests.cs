using k8s;
using Nemotron.Crds;
using Nemotron.Lab.Nodes;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>Weights on the nodes' own disks. Downloads are simulated, and all times the Lab's.</summary>
public class WeightCacheTests
{
    private const string HeldWeights = "weights.serving.nemotron.dev/";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private const string Pool = """
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: GpuNodePool
        metadata: {name: h100}
        spec:
          nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}
          weightCache: {hostPath: /mnt/nvme/nemotron}
        """;

    [Fact]
    public async Task The_second_replica_finds_its_weights_and_both_go_with_the_deployment()
    {
        await using var cluster = await StartAsync("4xH100:8");
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Pool, Nano("nano", replicas: 1)));
        await cluster.UntilReadyAsync(1, limit: Limit);
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Status is { Weights: { Nodes: 2, Loaded: 2 } }, "two nodes to hold the weights", Limit, () => Told(cluster));
        var condition = cluster.Deployment("nano")!.Condition(ConditionTypes.WeightsCached)!;
        (condition.Status, condition.Reason).ShouldBe(("True", ConditionReasons.Cached));
        condition.Message.ShouldStartWith("2 of 2 nodes hold default/nvidia/Llama-3.1-Nemotron-Nano-8B-v1 (");
        await Until.TrueAsync(() => Holders(cluster).Count == 2, "their labels to say so", Limit, () => Told(cluster));
        var first = cluster.Pods("nano").Single();
        var before = Holders(cluster);

        await cluster.ApplyAsync(Nano("nano", replicas: 2));
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Status is { ReadyReplicas: 2 }, "two replicas to serve", Limit, () => Told(cluster));
        var second = cluster.Pods("nano").Single(pod => pod.Metadata.Name != first.Metadata.Name);
        before.ShouldContain(second.Spec.NodeName, "the scheduler was asked to prefer nodes that hold the weights");
        (await cluster.Kubectl.RunAsync($"-n models logs {second.Metadata.Name} -c weights")).Succeeded().ShouldContain("default/nvidia/Llama-3.1-Nemotron-Nano-8B-v1 is there already");
        Console.WriteLine($"measured: from created to serving, in the Lab's time: {Start(first):0} s where the weights were still to be downloaded, {Start(second):0} s where they were on the node's disk");
        Start(second).ShouldBeLessThan(Start(first));
        await Until.TrueAsync(() => Holders(cluster).Count == 3, "a third node to be made ready for the next", Limit, () => Told(cluster));

        (await cluster.Kubectl.RunAsync("-n models delete nemo nano --timeout=60s")).Succeeded();
        await Until.TrueAsync(() => Holders(cluster).Count == 0, "no node to be marked for nobody", Limit, () => Told(cluster));
        await Until.TrueAsync(() => cluster.Client.ListNamespacedJob("models").Items.Count == 0, "its Jobs to go with it", Limit, () => Told(cluster));
    }

    [Fact]
    public async Task What_is_downloaded_for_nobody_any_more_is_broken_off()
    {
        // So slow that it is under way when it is called off.
        await using var cluster = await StartAsync("2xH100:8", loadSpeed: 0.05);
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Pool, Nano("nano", replicas: 1)));
        await Until.TrueAsync(() => cluster.Client.ListNamespacedJob("models").Items is { Count: 2 } jobs && jobs.All(job => job.Status?.Active == 1), "both nodes to download", Limit, () => Told(cluster));
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Condition(ConditionTypes.WeightsCached)?.Message.EndsWith("download it.", StringComparison.Ordinal) == true, "that to be told", Limit, () => Told(cluster));
        await cluster.ApplyAsync(Nano("nano", replicas: 1).Replace("cache: Node", "cache: None", StringComparison.Ordinal));
        await Until.TrueAsync(() => cluster.Client.ListNamespacedJob("models").Items.Count == 0, "the Jobs to go", Limit, () => Told(cluster));
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Status is { Weights: null }, "nothing more to be told of weights", Limit, () => Told(cluster));
        Rights.Used(cluster.AuditFile).ShouldContain(right => right.StartsWith("batch/jobs ", StringComparison.Ordinal) && right.EndsWith(" delete", StringComparison.Ordinal));
    }

    private static async Task<TestCluster> StartAsync(string nodes, double loadSpeed = 1)
    {
        var cluster = await TestCluster.StartAsync(nodes, clockSpeed: 10, engines: LabEngines.Simulated, loadSpeed: loadSpeed);
        await cluster.StartOperatorAsync();
        return cluster;
    }

    private static string Nano(string name, int replicas) =>
        $$"""
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata: {name: {{name}}, namespace: models}
        spec: {model: Nano, tensorParallel: 8, replicas: {{replicas}}, gateway: {enabled: false}, checkpoint: {cache: Node} }
        """;

    private static List<string> Holders(TestCluster cluster) =>
        [.. cluster.Nodes().Where(node => node.Metadata.Labels.Keys.Any(key => key.StartsWith(HeldWeights, StringComparison.Ordinal))).Select(node => node.Metadata.Name)];

    private static double Start(k8s.Models.V1Pod pod) =>
        (pod.Status.Conditions.Single(condition => condition.Type == "Ready").LastTransitionTime!.Value - pod.Metadata.CreationTimestamp!.Value).TotalSeconds;

    private static string Told(TestCluster cluster) =>
        $"{cluster.Deployment("nano")?.Condition(ConditionTypes.WeightsCached)?.Message}; jobs {string.Join(", ", cluster.Client.ListNamespacedJob("models").Items.Select(job => $"{job.Metadata.Name} active {job.Status?.Active} done {job.Status?.Succeeded}"))}; "
        + $"held by {string.Join(", ", Holders(cluster))}; pods {string.Join(", ", cluster.Client.ListNamespacedPod("models").Items.Select(pod => $"{pod.Metadata.Name} on {pod.Spec.NodeName} {pod.Status.Phase}"))}";
}
