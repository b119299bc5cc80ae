using System.Text.Json.Nodes;
using CsCheck;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Nodes.Tests;

public class PodLifecycleTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Creation = TimeSpan.FromSeconds(1);

    [Fact]
    public void An_engine_is_created_runs_loads_and_is_ready()
    {
        var plan = new PodPlan([], [Engine(30)], "Always", Creation);
        Told(plan).ShouldBe(
        [
            "0 Pending ready=False engine=waiting:ContainerCreating",
            "1 Running ready=False engine=running",
            "31 Running ready=True engine=running",
        ]);
    }

    [Fact]
    public void Init_containers_run_one_after_another_and_sidecars_stay()
    {
        var plan = new PodPlan(
            [Once("fetch", 5), new("side", "s:1") { Sidecar = true }, Once("check", 2)], [Engine(10)], "Always", Creation);
        Told(plan).ShouldBe(
        [
            "0 Pending ready=False fetch=waiting:ContainerCreating side=waiting:ContainerCreating check=waiting:ContainerCreating engine=waiting:ContainerCreating",
            "1 Pending ready=False fetch=running side=waiting:PodInitializing check=waiting:PodInitializing engine=waiting:PodInitializing",
            "6 Pending ready=False fetch=terminated:Completed side=running check=running engine=waiting:PodInitializing",
            "8 Running ready=False fetch=terminated:Completed side=running check=terminated:Completed engine=running",
            "18 Running ready=True fetch=terminated:Completed side=running check=terminated:Completed engine=running",
        ]);
    }

    [Fact]
    public void A_container_without_image_never_starts()
    {
        Told(new([], [new("engine", "")], "Always", Creation)).ShouldBe(
        [
            "0 Pending ready=False engine=waiting:InvalidImageName",
            "1 Pending ready=False engine=waiting:InvalidImageName",
        ]);
    }

    [Fact]
    public void Work_that_ends_completes_the_pod()
    {
        Told(new([], [Once("job", 4)], "Never", Creation)).ShouldBe(
        [
            "0 Pending ready=False job=waiting:ContainerCreating",
            "1 Running ready=True job=running",
            "5 Succeeded ready=False job=terminated:Completed",
        ]);
    }

    [Fact]
    public void A_crashing_container_backs_off_longer_each_time()
    {
        var plan = new PodPlan([], [Once("engine", 2) with { ExitCode = 1 }], "Always", Creation);
        Told(plan, most: 8).ShouldBe(
        [
            "0 Pending ready=False engine=waiting:ContainerCreating",
            "1 Running ready=True engine=running",
            "3 Running ready=True engine=running", // the first restart is at once
            "5 Running ready=False engine=waiting:CrashLoopBackOff",
            "15 Running ready=True engine=running",
            "17 Running ready=False engine=waiting:CrashLoopBackOff",
            "37 Running ready=True engine=running",
            "39 Running ready=False engine=waiting:CrashLoopBackOff",
        ]);
    }

    [Theory]
    [InlineData("Never", 3, "Failed")]
    [InlineData("Never", 0, "Succeeded")]
    [InlineData("OnFailure", 0, "Succeeded")]
    [InlineData("OnFailure", 3, "Running")]
    public void Restart_policy_decides_how_work_ends(string policy, int code, string phase)
    {
        var plan = new PodPlan([], [Once("job", 1) with { ExitCode = code }], policy, Creation);
        var (run, _) = PodLifecycle.Advance(plan, new("u", Start), Start.AddSeconds(3.5));
        PodLifecycle.Phase(plan, run).ShouldBe(phase);
    }

    [Fact]
    public void Looking_late_or_often_gives_the_same_state()
    {
        var plan = new PodPlan([Once("init", 3)], [Once("a", 5) with { ExitCode = 1 }, Engine(20)], "Always", Creation);
        Gen.Double[0, 200].Array[0, 20].Sample(looks =>
        {
            var often = new PodRun("u", Start);
            foreach (var at in looks.Order()) (often, _) = PodLifecycle.Advance(plan, often, Start.AddSeconds(at));
            (often, var next) = PodLifecycle.Advance(plan, often, Start.AddSeconds(200));
            var (once, due) = PodLifecycle.Advance(plan, new("u", Start), Start.AddSeconds(200));
            next.ShouldBe(due);
            often.Init.ShouldBe(once.Init);
            often.Main.ShouldBe(once.Main);
        });
    }

    [Theory]
    [InlineData(0, 0.5, 30, 0.5)]
    [InlineData(20, 0.5, 30, 20.5)]
    [InlineData(40, 0.5, 30, 30)]
    [InlineData(0, 0.5, 0, 0)]
    public void Stopping_takes_its_sleep_and_drain_but_never_more_than_the_grace_period(double sleep, double drain, double grace, double expected) =>
        PodLifecycle.StopTime(TimeSpan.FromSeconds(sleep), TimeSpan.FromSeconds(drain), TimeSpan.FromSeconds(grace)).ShouldBe(TimeSpan.FromSeconds(expected));

    [Fact]
    public void Readiness_gates_hold_a_loaded_pod_back()
    {
        var pod = (JsonObject)JsonNode.Parse("""{ "metadata": { "name": "p" }, "spec": { "readinessGates": [ { "conditionType": "x/y" } ] }, "status": {} }""")!;
        var plan = new PodPlan([], [Engine(0)], "Always", TimeSpan.Zero);
        var (run, _) = PodLifecycle.Advance(plan, new("u", Start), Start);
        pod["status"] = new PodStatusView(pod, plan, run, Start).Render("10.0.0.1");
        pod.Condition("Ready").Text("reason").ShouldBe("ReadinessGatesNotReady");
        pod.Condition("ContainersReady").Text("status").ShouldBe("True");
    }

    private static ContainerPlan Engine(int load) => new("engine", "e:1") { Load = TimeSpan.FromSeconds(load), Probed = true };

    private static ContainerPlan Once(string name, int seconds) => new(name, "o:1") { Run = TimeSpan.FromSeconds(seconds) };

    /// <summary>What the status says at each moment something happens by itself.</summary>
    private static List<string> Told(PodPlan plan, int most = 20)
    {
        var pod = (JsonObject)JsonNode.Parse("""{ "metadata": { "name": "p", "namespace": "default" }, "spec": {}, "status": {} }""")!;
        var run = new PodRun("u", Start);
        var lines = new List<string>();
        DateTimeOffset? at = Start;
        while (at is { } now && lines.Count < most)
        {
            (run, at) = PodLifecycle.Advance(plan, run, now);
            if (now >= Start + plan.Creation) run = run with { Ip = "10.0.0.2" };
            pod["status"] = new PodStatusView(pod, plan, run, now).Render("10.1.0.1");
            var containers = pod.Items("status", "initContainerStatuses").Concat(pod.Items("status", "containerStatuses")).Select(status =>
            {
                var (state, detail) = status.Obj("state")!.First();
                return $"{status.Text("name")}={state}{(detail.Text("reason") is { } reason ? ":" + reason : "")}";
            });
            lines.Add($"{(now - Start).TotalSeconds:0.##} {pod.Text("status", "phase")} ready={pod.ConditionIsTrue("Ready")} {string.Join(' ', containers)}");
        }

        return lines;
    }
}
