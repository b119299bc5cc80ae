using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Tests;

public class DeploymentBehaviourTests
{
    [Fact]
    public async Task A_deployment_becomes_ready_pods_on_gpu_nodes()
    {
        await using var lab = await TestPlane.StartAsync("3xH100:8");
        lab.Api.Create(BuiltIn.Deployments, "default", TestPlane.GpuDeployment("nano", 3, 4), "test");

        await lab.UntilAsync(() => lab.Deployment("nano").Whole("status", "availableReplicas") == 3, "three available replicas");

        var deployment = lab.Deployment("nano");
        deployment.Whole("status", "observedGeneration").ShouldBe(1);
        await lab.UntilAsync(() => lab.Deployment("nano").Condition("Progressing").Text("reason") == "NewReplicaSetAvailable", "rollout complete");
        deployment = lab.Deployment("nano");
        deployment.Condition("Available").Text("reason").ShouldBe("MinimumReplicasAvailable");
        deployment.Annotation("deployment.kubernetes.io/revision").ShouldBe("1");
        foreach (var pod in lab.Pods())
        {
            pod.Text("status", "phase").ShouldBe("Running");
            pod.Text("status", "podIP").ShouldStartWith("10.64.");
            pod.Text("metadata", "labels", "pod-template-hash").ShouldNotBeNull();
            pod.Name().ShouldStartWith($"nano-{pod.Label("pod-template-hash")}-");
        }

        lab.Pods().Select(pod => pod.Text("status", "podIP")).Distinct().Count().ShouldBe(3);
        lab.EventsOf("nano").ShouldContain(line => line.StartsWith("ScalingReplicaSet: Scaled up replica set nano-"));
    }

    [Fact]
    public async Task A_new_template_rolls_without_losing_availability_or_exceeding_the_surge()
    {
        await using var lab = await TestPlane.StartAsync("4xH100:8");
        lab.Api.Create(BuiltIn.Deployments, "default", TestPlane.GpuDeployment("super", 4, 2), "test");
        await lab.UntilAsync(() => lab.Deployment("super").Whole("status", "availableReplicas") == 4, "four available replicas");

        var most = 0;
        var least = int.MaxValue;
        lab.Api.MergePatch(BuiltIn.Deployments, "default", "super", (JsonObject)JsonNode.Parse("""
            { "spec": { "template": { "metadata": { "annotations": { "v": "2" } } } } }
            """)!, "test");
        await lab.UntilAsync(
            () =>
            {
                // Sizes, not pods, are what a Deployment bounds: one set may grow a moment before the other has shrunk, as in reality.
                most = Math.Max(most, (int)lab.Api.List(BuiltIn.ReplicaSets, "default").Items.Sum(set => set.Whole("spec", "replicas") ?? 0));
                least = Math.Min(least, lab.ReadyPods().Count());
                var d = lab.Deployment("super");
                return d.Whole("status", "observedGeneration") == d.Generation() && d.Whole("status", "updatedReplicas") == 4
                    && d.Whole("status", "replicas") == 4 && d.Whole("status", "availableReplicas") == 4;
            },
            "rolled");

        most.ShouldBeLessThanOrEqualTo(5);
        least.ShouldBeGreaterThanOrEqualTo(3);
        lab.Deployment("super").Annotation("deployment.kubernetes.io/revision").ShouldBe("2");
        lab.Api.List(BuiltIn.ReplicaSets, "default").Items.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Pods_that_fit_nowhere_say_why_and_start_when_room_appears()
    {
        await using var lab = await TestPlane.StartAsync("1xH100:8");
        lab.Api.Create(BuiltIn.Deployments, "default", TestPlane.GpuDeployment("ultra", 1, 8), "test");
        await lab.UntilAsync(() => lab.ReadyPods().Count() == 1, "ultra ready");
        lab.Api.Create(BuiltIn.Deployments, "default", TestPlane.GpuDeployment("nano", 1, 1), "test");
        await lab.UntilAsync(
            () => lab.Pods().Any(pod => pod.Label("app") == "nano" && pod.Condition("PodScheduled").Text("message") == "0/1 nodes are available: 1 Insufficient nvidia.com/gpu."),
            "nano cannot be scheduled");
        var stuck = lab.Pods().Single(pod => pod.Label("app") == "nano");
        stuck.Condition("PodScheduled").Text("reason").ShouldBe("Unschedulable");
        await lab.UntilAsync(() => lab.EventsOf(stuck.Name()).Any(line => line.StartsWith("FailedScheduling: 0/1 nodes")), "event");

        lab.Api.Delete(BuiltIn.Deployments, "default", "ultra");

        await lab.UntilAsync(() => lab.ReadyPods().Any(pod => pod.Label("app") == "nano"), "nano ready");
        await lab.UntilAsync(() => lab.Pods().Count == 1 && lab.Api.List(BuiltIn.ReplicaSets, "default").Items.Count == 1, "ultra's leftovers collected");
    }

    [Fact]
    public async Task Scaling_down_gives_up_the_cheapest_pods()
    {
        await using var lab = await TestPlane.StartAsync("2xH100:8");
        lab.Api.Create(BuiltIn.Deployments, "default", TestPlane.GpuDeployment("nano", 4, 1), "test");
        await lab.UntilAsync(() => lab.ReadyPods().Count() == 4, "four ready");
        var cheap = lab.Pods()[2].Name();
        foreach (var pod in lab.Pods())
        {
            var cost = pod.Name() == cheap ? "-10" : "5";
            lab.Api.MergePatch(BuiltIn.Pods, "default", pod.Name(), new JsonObject
            {
                ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["controller.kubernetes.io/pod-deletion-cost"] = cost } },
            }, "test");
        }

        // The costs must have reached the ReplicaSet controller's cache before the size changes.
        var cache = lab.Plane.Context.Informers.For(BuiltIn.Pods);
        while (cache.All.Any(pod => pod.Annotation("controller.kubernetes.io/pod-deletion-cost") is null)) await Task.Yield();
        lab.Api.MergePatch(BuiltIn.Deployments, "default", "nano", new JsonObject { ["spec"] = new JsonObject { ["replicas"] = 3 } }, "test");
        await lab.UntilAsync(() => lab.Pods().Count == 3, "three left");

        lab.Pods().ShouldNotContain(pod => pod.Name() == cheap);
    }

    [Fact]
    public async Task A_deleted_namespace_is_emptied_and_goes()
    {
        await using var lab = await TestPlane.StartAsync("1xH100:8");
        lab.Api.Create(BuiltIn.Namespaces, null, MemoryApi.Named("team"), "test");
        lab.Api.Create(BuiltIn.Deployments, "team", TestPlane.GpuDeployment("nano", 2, 1), "test");
        await lab.UntilAsync(() => lab.ReadyPods("team").Count() == 2, "ready");
        await lab.UntilAsync(() => lab.Api.Get(BuiltIn.ServiceAccounts, "team", "default") is not null, "default service account");

        lab.Api.Delete(BuiltIn.Namespaces, null, "team");

        await lab.UntilAsync(() => lab.Api.Get(BuiltIn.Namespaces, null, "team") is null, "namespace gone");
        lab.Pods("team").ShouldBeEmpty();
        lab.Api.List(BuiltIn.ReplicaSets, "team").Items.ShouldBeEmpty();
        lab.Api.List(BuiltIn.ServiceAccounts, "team").Items.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_settled_deployment_is_written_no_more()
    {
        await using var lab = await TestPlane.StartAsync("1xH100:8");
        lab.Api.Create(BuiltIn.Deployments, "default", TestPlane.GpuDeployment("nano", 2, 1), "test");
        await lab.UntilAsync(() => lab.Deployment("nano").Condition("Progressing").Text("reason") == "NewReplicaSetAvailable", "complete");
        var lease = lab.Api.List(BuiltIn.Leases).Items.Single().Version();
        // Some lease renewals later, nothing but leases has been written.
        await lab.UntilAsync(() => lab.Api.List(BuiltIn.Leases).Items.Single().Version() > lease, "a renewal");
        var version = lab.Api.List(BuiltIn.Pods).ResourceVersion;
        var renewed = 0;
        var last = lab.Api.List(BuiltIn.Leases).Items.Single().Version();
        await lab.UntilAsync(
            () =>
            {
                var now = lab.Api.List(BuiltIn.Leases).Items.Single().Version();
                if (now != last) renewed++;
                last = now;
                return renewed >= 5;
            },
            "five renewals");
        var written = lab.Api.List(BuiltIn.Pods).ResourceVersion - version;
        written.ShouldBe(renewed);
    }
}
