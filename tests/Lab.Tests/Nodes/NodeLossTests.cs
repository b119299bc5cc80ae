using Nemotron.Lab.Controllers;
using Nemotron.Lab.Controllers.NodeLifecycle;
using Nemotron.Lab.Controllers.Scheduling;
using Nemotron.Lab.Controllers.Tests;

namespace Nemotron.Lab.Nodes.Tests;

public class NodeLossTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    // Ready, lease ends in s, cordoned → lost, taints
    [InlineData("True", 10, false, false, "")]
    [InlineData("True", 0, false, true, "unreachable:NoSchedule unreachable:NoExecute")]
    [InlineData("Unknown", -100, false, false, "unreachable:NoSchedule unreachable:NoExecute")]
    [InlineData("False", 10, false, false, "not-ready:NoSchedule not-ready:NoExecute")]
    [InlineData(null, null, false, false, "not-ready:NoSchedule")]
    [InlineData("True", 10, true, false, "unschedulable:NoSchedule")]
    [InlineData("True", null, false, false, "")]
    public void Nodes_are_judged_by_lease_and_condition(string? ready, int? ends, bool cordoned, bool lost, string taints)
    {
        var verdict = NodeHealth.Judge(ready, [new("node.kubernetes.io/not-ready", "", "NoSchedule"), new("mine", "x", "NoSchedule")], cordoned, ends is null ? null : Now.AddSeconds(ends.Value), Now);
        verdict.Lost.ShouldBe(lost);
        string.Join(' ', verdict.Taints.Where(taint => taint.Key != "mine").Select(taint => $"{taint.Key["node.kubernetes.io/".Length..]}:{taint.Effect}")).ShouldBe(taints);
        verdict.Taints.ShouldContain(taint => taint.Key == "mine");
    }

    [Fact]
    public void Pods_leave_when_their_shortest_toleration_ends()
    {
        Taint[] taints = [new(NodeHealth.Unreachable, "", "NoExecute") { Added = Now.AddSeconds(-10) }];
        TaintEviction.EvictAt([], taints, Now).ShouldBe(Now);
        TaintEviction.EvictAt([new(NodeHealth.Unreachable, true, "", "NoExecute", 300)], taints, Now).ShouldBe(Now.AddSeconds(290));
        TaintEviction.EvictAt([new("", true, "", "", null)], taints, Now).ShouldBeNull();
        TaintEviction.EvictAt([new("", true, "", "", null), new(NodeHealth.Unreachable, true, "", "", 60)], taints, Now).ShouldBe(Now.AddSeconds(50));
        TaintEviction.EvictAt([], [new("k", "", "NoSchedule")], Now).ShouldBeNull();
    }

    [Fact]
    public async Task A_lost_node_is_tainted_its_pods_replaced_and_it_comes_back()
    {
        await using var lab = await TestPlane.StartAsync("2xH100:8", speed: 500);
        var deployment = TestPlane.GpuDeployment("ultra", 1, 8, more: """{ "minReadySeconds": 0 }""");
        deployment["spec"]!["template"]!["spec"]!["tolerations"] = System.Text.Json.Nodes.JsonNode.Parse(
            """[ { "key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60 } ]""");
        lab.Api.Create(BuiltIn.Deployments, "default", deployment, "test");
        await lab.UntilAsync(() => lab.ReadyPods().Count() == 1, "ready");
        var first = lab.ReadyPods().Single();
        var lost = first.Text("spec", "nodeName")!;

        lab.Plane.CutOff(lost).ShouldBeTrue();

        await lab.UntilAsync(() => lab.Api.Get(BuiltIn.Nodes, null, lost)!.Condition("Ready").Text("status") == "Unknown", "node lost");
        await lab.UntilAsync(() => lab.Pods().Any(pod => pod.Uid() == first.Uid() && !pod.ConditionIsTrue("Ready")), "its pod not ready");
        await lab.UntilAsync(() => lab.ReadyPods().Any(pod => pod.Text("spec", "nodeName") != lost), "replaced elsewhere");
        // The old pod cannot be stopped: nobody hears it. It stays, on its way out.
        lab.Pods().Single(pod => pod.Uid() == first.Uid()).IsDeleting().ShouldBeTrue();
        lab.Pods().Single(pod => pod.Uid() == first.Uid()).ConditionIsTrue("DisruptionTarget").ShouldBeTrue();

        lab.Plane.Reconnect(lost).ShouldBeTrue();

        await lab.UntilAsync(() => lab.Pods().All(pod => pod.Uid() != first.Uid()), "old pod stopped at last");
        await lab.UntilAsync(() => lab.Api.Get(BuiltIn.Nodes, null, lost)!.ConditionIsTrue("Ready") && Taint.Of(lab.Api.Get(BuiltIn.Nodes, null, lost)!).Count == 0, "node healthy");
    }

    [Fact]
    public async Task Pods_on_their_way_out_of_a_node_that_is_declared_out_of_service_are_given_up()
    {
        await using var lab = await TestPlane.StartAsync("2xH100:8", speed: 500);
        lab.Api.Create(BuiltIn.Deployments, "default", TestPlane.GpuDeployment("nano", 1, 8), "test");
        await lab.UntilAsync(() => lab.ReadyPods().Count() == 1, "ready");
        var first = lab.ReadyPods().Single();
        var lost = first.Text("spec", "nodeName")!;
        lab.Plane.CutOff(lost).ShouldBeTrue();
        await lab.UntilAsync(() => lab.Api.Get(BuiltIn.Nodes, null, lost)!.Condition("Ready").Text("status") == "Unknown", "node lost");
        lab.Api.Delete(BuiltIn.Pods, "default", first.Name());
        await lab.UntilAsync(() => lab.ReadyPods().Any(pod => pod.Uid() != first.Uid()), "replaced");
        lab.Pods().Single(pod => pod.Uid() == first.Uid()).IsDeleting().ShouldBeTrue();

        await lab.UntilAsync(() => Tainted(lab, lost), "the taint to be set");
        await lab.UntilAsync(() => lab.Pods().All(pod => pod.Uid() != first.Uid()), "given up");

        TaintEviction.IsOutOfService("True", [new("node.kubernetes.io/out-of-service", "", "NoExecute")]).ShouldBeFalse();
    }

    // The node lifecycle writes taints too; whoever is later tries again.
    private static bool Tainted(TestPlane lab, string name)
    {
        var node = lab.Api.Get(BuiltIn.Nodes, null, name)!.Copy();
        (node["spec"]!["taints"] as System.Text.Json.Nodes.JsonArray)!.Add(new System.Text.Json.Nodes.JsonObject { ["key"] = "node.kubernetes.io/out-of-service", ["value"] = "nodeshutdown", ["effect"] = "NoExecute" });
        try
        {
            lab.Api.MergePatch(BuiltIn.Nodes, null, name, new System.Text.Json.Nodes.JsonObject
            {
                ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["resourceVersion"] = node.Text("metadata", "resourceVersion") },
                ["spec"] = new System.Text.Json.Nodes.JsonObject { ["taints"] = node["spec"]!["taints"]!.DeepClone() },
            }, "test");
            return true;
        }
        catch (Api.ApiException e) when (e.Code == 409)
        {
            return false;
        }
    }

    [Fact]
    public async Task Pods_of_a_deleted_node_are_given_up_and_replaced()
    {
        await using var lab = await TestPlane.StartAsync("2xH100:8", speed: 500);
        lab.Api.Create(BuiltIn.Deployments, "default", TestPlane.GpuDeployment("nano", 1, 8), "test");
        await lab.UntilAsync(() => lab.ReadyPods().Count() == 1, "ready");
        var first = lab.ReadyPods().Single();
        lab.Api.Delete(BuiltIn.Nodes, null, first.Text("spec", "nodeName")!);
        await lab.UntilAsync(() => lab.ReadyPods().Any(pod => pod.Uid() != first.Uid()), "replaced");
        await lab.UntilAsync(() => lab.Api.List(BuiltIn.Leases).Items.Count == 1, "its lease collected");
    }

    [Fact]
    public async Task A_crashed_engine_restarts_and_is_ready_again()
    {
        await using var lab = await TestPlane.StartAsync("1xH100:8");
        lab.Api.Create(BuiltIn.Deployments, "default", TestPlane.GpuDeployment("nano", 1, 1), "test");
        await lab.UntilAsync(() => lab.ReadyPods().Count() == 1, "ready");
        var pod = lab.ReadyPods().Single();
        lab.Plane.Kubelets.Crash("default", pod.Name(), "engine", 137);
        await lab.UntilAsync(() => lab.Pods().Single().Items("status", "containerStatuses").Single() is var status && status.Whole("restartCount") == 1 && status.Flag("ready"), "restarted");
        lab.Pods().Single().Items("status", "containerStatuses").Single().Whole("lastState", "terminated", "exitCode").ShouldBe(137);
    }
}
