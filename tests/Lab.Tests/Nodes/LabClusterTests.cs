using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;
using Nemotron.Lab.Controllers.Tests;

namespace Nemotron.Lab.Nodes.Tests;

/// <summary>The whole Lab: real API server, controllers and kubelets.</summary>
public class LabClusterTests
{
    [Fact]
    public async Task A_deployment_becomes_ready_over_the_real_api_server()
    {
        await using var lab = await LabCluster.StartAsync(new() { Nodes = "2xH100:8", ClockSpeed = 100 }, TestContext.Current.CancellationToken);
        lab.Api.Create(BuiltIn.Deployments, "default", TestPlane.GpuDeployment("nano", 3, 2), "test");

        await UntilAsync(lab, BuiltIn.Deployments, () => Deployment(lab, "nano").Condition("Progressing").Text("reason") == "NewReplicaSetAvailable");

        var deployment = Deployment(lab, "nano");
        deployment.Whole("status", "availableReplicas").ShouldBe(3);
        deployment.Whole("status", "observedGeneration").ShouldBe(deployment.Generation());
        lab.Api.List(BuiltIn.ReplicaSets, "default").Items.Count.ShouldBe(1);
        foreach (var pod in lab.Api.List(BuiltIn.Pods, "default").Items)
        {
            pod.ConditionIsTrue("Ready").ShouldBeTrue();
            pod.ConditionIsTrue("PodScheduled").ShouldBeTrue();
            pod.Text("status", "podIP").ShouldNotBeNull();
        }

        lab.Api.Delete(BuiltIn.Deployments, "default", "nano", "Foreground");
        await UntilAsync(lab, BuiltIn.Deployments, () => lab.Api.Get(BuiltIn.Deployments, "default", "nano") is null);
        lab.Api.List(BuiltIn.Pods, "default").Items.ShouldBeEmpty();
        lab.Api.List(BuiltIn.ReplicaSets, "default").Items.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_new_image_rolls_out_over_the_real_api_server()
    {
        await using var lab = await LabCluster.StartAsync(new() { Nodes = "2xH100:8", ClockSpeed = 100 }, TestContext.Current.CancellationToken);
        lab.Api.Create(BuiltIn.Deployments, "default", TestPlane.GpuDeployment("nano", 2, 1), "test");
        await UntilAsync(lab, BuiltIn.Deployments, () => Deployment(lab, "nano").Whole("status", "availableReplicas") == 2);
        lab.Api.MergePatch(BuiltIn.Deployments, "default", "nano", (JsonObject)JsonNode.Parse("""{ "spec": { "template": { "metadata": { "annotations": { "v": "2" } } } } }""")!, "test");
        await UntilAsync(lab, BuiltIn.Deployments, () =>
            Deployment(lab, "nano") is var d && d.Whole("status", "observedGeneration") == d.Generation() && d.Whole("status", "updatedReplicas") == 2 && d.Whole("status", "availableReplicas") == 2 && d.Whole("status", "replicas") == 2);
        lab.Api.List(BuiltIn.ReplicaSets, "default").Items.Count.ShouldBe(2);
        Deployment(lab, "nano").Annotation("deployment.kubernetes.io/revision").ShouldBe("2");
    }

    [Fact]
    public async Task A_namespace_is_emptied_over_the_real_api_server()
    {
        await using var lab = await LabCluster.StartAsync(new() { Nodes = "1xH100:8", ClockSpeed = 100 }, TestContext.Current.CancellationToken);
        lab.Api.Create(BuiltIn.Namespaces, null, MemoryApi.Named("team"), "test");
        lab.Api.Create(BuiltIn.Deployments, "team", TestPlane.GpuDeployment("nano", 2, 1), "test");
        await UntilAsync(lab, BuiltIn.Deployments, () => lab.Api.Get(BuiltIn.Deployments, "team", "nano").Whole("status", "availableReplicas") == 2);
        lab.Api.Delete(BuiltIn.Namespaces, null, "team");
        await UntilAsync(lab, BuiltIn.Namespaces, () => lab.Api.Get(BuiltIn.Namespaces, null, "team") is null);
    }

    private static JsonObject Deployment(LabCluster lab, string name) => lab.Api.Get(BuiltIn.Deployments, "default", name)!;

    /// <summary>Looks again at every change of a resource; real time bounds a hanging test only.</summary>
    private static async Task UntilAsync(LabCluster lab, Nemotron.Lab.Api.Gvr resource, Func<bool> holds)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        var (_, version) = lab.Api.List(resource);
        if (holds()) return;
        await foreach (var _ in lab.Api.WatchAsync(resource, null, version, limit.Token))
        {
            if (holds()) return;
        }
    }
}
