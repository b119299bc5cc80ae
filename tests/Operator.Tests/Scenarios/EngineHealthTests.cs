using System.Globalization;
using k8s;
using k8s.Models;
using Nemotron.Crds;
using Nemotron.Lab.Nodes;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>
/// The failures of engines that a kubelet does not see, on simulated engines: found by the operator and healed as whole TP groups, and what is no failure left alone.
/// docs/engine-health.md has them in a table. All times are the Lab's.
/// </summary>
public class EngineHealthTests
{
    // trtllm-serve 1.3 says how many requests run, and 1.2 does not.
    private const string Counting = "1.3.0rc20";

    [Fact]
    public async Task A_hung_engine_that_is_deaf_to_SIGTERM_is_found_and_replaced_within_25_minutes()
    {
        await using var cluster = await StartAsync("1xH100:8");
        await cluster.ApplyAsync(Nano(1, Counting));
        await cluster.UntilReadyAsync(1);
        var before = cluster.Pods("nano").Single();
        await using var load = await EngineLoad.BeginAsync(before);

        var struck = cluster.Lab.Time.GetUtcNow();
        cluster.Lab.SetFault("models", before.Metadata.Name, "hang,ignore-sigterm");
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Condition(ConditionTypes.EngineHealthy) is { Status: "False", Reason: ConditionReasons.NoProgress }, "the hang to be found", Limit, cluster.Told);
        await Until.TrueAsync(() => cluster.Pods("nano").All(pod => pod.Metadata.Uid != before.Metadata.Uid), "the pod to be gone", Limit, cluster.Told);
        await cluster.UntilReadyAsync(1, limit: Limit);
        Report(cluster, "hang, deaf to SIGTERM", struck, TimeSpan.FromMinutes(25));

        var entry = cluster.Deployment("nano")!.Status!.EngineRestarts.ShouldHaveSingleItem();
        (entry.PodUid, entry.Count, entry.Reason).ShouldBe((before.Metadata.Uid, 1, ConditionReasons.NoProgress));
        var told = await cluster.EventsAsync("EngineRestarted");
        told.ShouldContain($"Pod {before.Metadata.Name}: ");
        told.ShouldContain("no request has ended for");
        told.ShouldContain("2 probes by one token failed. It is restarted (1st time).");
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Is(ConditionTypes.EngineHealthy), "the new engine to be heard", Limit, cluster.Told);
        cluster.Deployment("nano")!.Status!.ReadyReplicas.ShouldBe(1);
    }

    [Fact]
    public async Task Of_two_engines_that_hang_at_once_one_is_replaced_after_the_other_serves()
    {
        await using var cluster = await StartAsync("1xH100:8");
        await cluster.ApplyAsync(Nano(2, Counting));
        await cluster.UntilReadyAsync(1);
        var before = cluster.Pods("nano");
        await using var one = await EngineLoad.BeginAsync(before[0]);
        await using var two = await EngineLoad.BeginAsync(before[1]);
        var struck = cluster.Lab.Time.GetUtcNow();
        foreach (var pod in before) cluster.Lab.SetFault("models", pod.Metadata.Name, "hang");

        var replaced = new HashSet<string>();
        var mostAway = 0;
        await Until.TrueAsync(() =>
        {
            var now = cluster.Pods("nano");
            // Away: being deleted, or in its place one that does not serve yet.
            mostAway = Math.Max(mostAway, 2 - now.Count(pod => pod.Metadata.DeletionTimestamp is null && IsReady(pod)));
            foreach (var pod in before.Where(pod => now.All(other => other.Metadata.Uid != pod.Metadata.Uid))) replaced.Add(pod.Metadata.Uid);
            return replaced.Count == 2 && cluster.Deployment("nano")!.Is(ConditionTypes.Ready);
        }, "both to be replaced", Limit, cluster.Told);
        mostAway.ShouldBe(1);
        Report(cluster, "two replicas hung at once", struck, TimeSpan.FromMinutes(35));

        // The second was restarted when the first's successor had become ready.
        var restarts = cluster.Deployment("nano")!.Status!.EngineRestarts!.OrderBy(entry => entry.Time).ToList();
        restarts.Count.ShouldBe(2);
        var heir = cluster.Pods("nano").Single(pod => pod.Metadata.Name == restarts[0].Replica);
        restarts[1].Time!.Value.ShouldBeGreaterThanOrEqualTo(heir.Status.Conditions.Single(condition => condition.Type == "Ready").LastTransitionTime!.Value);
    }

    [Fact]
    public async Task A_hung_group_over_two_nodes_is_replaced_as_a_whole()
    {
        await using var cluster = await StartAsync("2xH100:8", with: LabAddOns.LeaderWorkerSets);
        await cluster.ApplyAsync(Ultra);
        await cluster.UntilReadyAsync(1, limit: Limit);
        var before = cluster.Pods("ultra");
        before.Count.ShouldBe(2);
        var leader = before.Single(pod => pod.Metadata.Labels[NemotronLabels.Role] == NemotronLabels.ServerRole);
        await using var load = await EngineLoad.BeginAsync(leader);

        var struck = cluster.Lab.Time.GetUtcNow();
        cluster.Lab.SetFault("models", leader.Metadata.Name, "hang");
        await Until.TrueAsync(() => cluster.Pods("ultra") is { Count: 2 } now && now.All(pod => before.All(old => old.Metadata.Uid != pod.Metadata.Uid)), "both pods to be new", Limit, cluster.Told);
        await cluster.UntilReadyAsync(1, limit: Limit);
        Report(cluster, "hang of a group over two nodes", struck, TimeSpan.FromMinutes(35));
        (await cluster.EventsAsync("EngineRestarted")).ShouldContain("Its group of 2 pods is restarted (1st time).");
        cluster.Deployment("ultra")!.Status!.EngineRestarts.ShouldHaveSingleItem().Replica.ShouldBe("ultra-group/0");
    }

    [Fact]
    public async Task A_hang_of_an_engine_that_does_not_say_what_runs_is_found_by_the_gateway_beside_it()
    {
        await using var cluster = await StartAsync("1xH100:8", gateway: true);
        await cluster.ApplyAsync(Nano(1, "1.2.1"));
        await cluster.UntilReadyAsync(1);
        var before = cluster.Pods("nano").Single();
        await using var load = await EngineLoad.BeginAsync(before);

        var struck = cluster.Lab.Time.GetUtcNow();
        cluster.Lab.SetFault("models", before.Metadata.Name, "hang");
        await Until.TrueAsync(() => cluster.Pods("nano").All(pod => pod.Metadata.Uid != before.Metadata.Uid), "the pod to be replaced", Limit, cluster.Told);
        await cluster.UntilReadyAsync(1, limit: Limit);
        Report(cluster, "hang, trtllm-serve 1.2", struck, TimeSpan.FromMinutes(15));
        (await cluster.EventsAsync("EngineRestarted")).ShouldContain("requests in flight by the gateway's count, and no token for");
    }

    [Fact]
    public async Task A_dead_stub_that_Triton_does_not_see_is_found_by_the_requests_that_fail()
    {
        await using var cluster = await StartAsync("1xH100:8");
        await cluster.ApplyAsync(Nano(1, "26.03", "Triton"));
        await cluster.UntilReadyAsync(1);
        var before = cluster.Pods("nano").Single();
        await using var load = await EngineLoad.BeginAsync(before, triton: true);

        var struck = cluster.Lab.Time.GetUtcNow();
        cluster.Lab.SetFault("models", before.Metadata.Name, "dead-stub");
        await Until.TrueAsync(() => cluster.Pods("nano").All(pod => pod.Metadata.Uid != before.Metadata.Uid), "the pod to be replaced", Limit, cluster.Told);
        await cluster.UntilReadyAsync(1, limit: Limit);
        Report(cluster, "dead stub, Triton 26.03", struck, TimeSpan.FromMinutes(12));
        (await cluster.EventsAsync("EngineRestarted")).ShouldContain("and none succeeded; 2 probes by one token failed.");
        before.Status.ContainerStatuses.Single(status => status.Name == "engine").RestartCount.ShouldBe(0);
    }

    [Theory]
    [InlineData("rank-crash", "TrtLlmServe", "1.2.1", 12)]
    [InlineData("fatal-error", "TrtLlmServe", "1.2.1", 6)]
    [InlineData("dead-stub", "Triton", "26.07", 15)]
    public async Task What_the_kubelet_heals_is_left_to_it(string fault, string engine, string version, int minutes)
    {
        await using var cluster = await StartAsync("1xH100:8");
        await cluster.ApplyAsync(Nano(1, version, engine));
        await cluster.UntilReadyAsync(1);
        var before = cluster.Pods("nano").Single();
        var struck = cluster.Lab.Time.GetUtcNow();
        cluster.Lab.SetFault("models", before.Metadata.Name, fault);
        await Until.TrueAsync(() => cluster.Pods("nano").Single() is var now && now.Metadata.Uid == before.Metadata.Uid && Restarts(now) == 1, "the container to be restarted", Limit, cluster.Told);
        await cluster.UntilReadyAsync(1, limit: Limit);
        Report(cluster, $"{fault}, {engine} {version}, by the kubelet", struck, TimeSpan.FromMinutes(minutes));
        (await cluster.EventsAsync("EngineRestarted")).ShouldNotContain("Pod ");
        cluster.Deployment("nano")!.Status!.EngineRestarts.ShouldBeNull();
    }

    [Fact]
    public async Task A_pod_that_refuses_connections_while_it_loads_is_not_restarted()
    {
        await using var cluster = await StartAsync("1xH100:8");
        await cluster.ApplyAsync(Nano(1, "1.2.1", podTemplate: "podTemplate: {metadata: {annotations: {lab.nemotron.dev/fault: load-forever}}}"));
        await Until.TrueAsync(() => cluster.Pods("nano").SingleOrDefault() is { Status.Phase: "Running" }, "the pod to run", Limit);
        var before = cluster.Pods("nano").Single();
        await PassAsync(cluster, TimeSpan.FromMinutes(12));
        var now = cluster.Pods("nano").Single();
        (now.Metadata.Uid, now.Metadata.DeletionTimestamp, Restarts(now)).ShouldBe((before.Metadata.Uid, null, 0));
        cluster.Deployment("nano")!.Condition(ConditionTypes.EngineHealthy)!.Status.ShouldBe("Unknown");
    }

    [Fact]
    public async Task Engines_behind_a_network_that_is_cut_are_unknown_and_not_restarted()
    {
        await using var cluster = await StartAsync("1xH100:8");
        await cluster.ApplyAsync(Nano(2, Counting));
        await cluster.UntilReadyAsync(1);
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Is(ConditionTypes.EngineHealthy), "the engines to be heard", Limit, cluster.Told);
        var before = cluster.Pods("nano").Select(pod => pod.Metadata.Uid).Order().ToList();
        cluster.Lab.CutOff(cluster.Pods("nano")[0].Spec.NodeName).ShouldBeTrue();
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Condition(ConditionTypes.EngineHealthy)?.Status == "Unknown", "the silence to be told", Limit, cluster.Told);
        // Pods of a node that is gone are evicted by Kubernetes itself after five minutes.
        await PassAsync(cluster, TimeSpan.FromMinutes(3));
        cluster.Pods("nano").Select(pod => pod.Metadata.Uid).Order().ToList().ShouldBe(before);
        cluster.Pods("nano").ShouldAllBe(pod => pod.Metadata.DeletionTimestamp == null);
        (await cluster.EventsAsync("EngineRestarted")).ShouldNotContain("Pod ");
    }

    [Fact]
    public async Task A_healthy_fleet_whose_engines_are_asked_costs_no_write()
    {
        // Slower than the others: at 60 the minute after which an answer is too old is a second of a machine that may be busy.
        await using var cluster = await StartAsync("3xH100:8", speed: 15);
        (await cluster.Kubectl.RunAsync("apply -f config/samples/fleet.yaml")).Succeeded();
        await cluster.UntilReadyAsync(3, limit: Limit);
        await Until.TrueAsync(() => cluster.Deployments().All(deployment => deployment.Is(ConditionTypes.EngineHealthy)), "all engines to be heard", Limit, cluster.Told);
        await PassAsync(cluster, TimeSpan.FromMinutes(1));
        cluster.Lab.Server.Log.Clear();
        await PassAsync(cluster, TimeSpan.FromMinutes(5));
        cluster.Lab.Server.Log.Requests.Where(request => request.IsWrite).Select(request => $"{request.Method} {request.Path}").ShouldBeEmpty();
    }

    // Of the machine's time, for a test that hangs.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private const string Ultra = $"""
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata:
          name: ultra
          namespace: models
        spec:
          model: Ultra
          tensorParallel: 8
          pipelineParallel: 2
          maxContextTokens: 32768
          checkpoint: {"{trustRemoteCode: true}"}
          engine: {"{"}type: TrtLlmServe, version: {Counting}{"}"}
        """;

    private static async Task<TestCluster> StartAsync(string nodes, LabAddOns with = LabAddOns.None, bool gateway = false, double speed = 60)
    {
        var cluster = await TestCluster.StartAsync(nodes, clockSpeed: speed, engines: LabEngines.Simulated, gateway: gateway, with: with);
        await cluster.StartOperatorAsync();
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool));
        return cluster;
    }

    private static string Nano(int replicas, string version, string engine = "TrtLlmServe", string podTemplate = "") => $"""
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata:
          name: nano
          namespace: models
        spec:
          model: Nano
          tensorParallel: 1
          maxContextTokens: 65536
          replicas: {replicas}
          engine: {"{"}type: {engine}, version: "{version}"{"}"}
          {podTemplate}
        """;

    private static async Task PassAsync(TestCluster cluster, TimeSpan time)
    {
        var from = cluster.Lab.Time.GetUtcNow();
        await Until.TrueAsync(() => cluster.Lab.Time.GetUtcNow() - from > time, $"{time} to pass", Limit);
    }

    private static void Report(TestCluster cluster, string failure, DateTimeOffset struck, TimeSpan within)
    {
        var took = cluster.Lab.Time.GetUtcNow() - struck;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"measured: {failure}: serves again {took.TotalMinutes:0.0} minutes of the Lab's time after the fault"));
        took.ShouldBeLessThan(within);
    }

    private static bool IsReady(V1Pod pod) => pod.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;

    private static int Restarts(V1Pod pod) => pod.Status.ContainerStatuses.Single(status => status.Name == "engine").RestartCount;
}

/// <summary>What these tests look at.</summary>
internal static class EngineHealthLooks
{
    public static IList<V1Pod> Pods(this TestCluster cluster, string deployment) =>
        cluster.Client.ListNamespacedPod("models", labelSelector: $"serving.nemotron.dev/deployment={deployment}").Items;

    public static async Task<string> EventsAsync(this TestCluster cluster, string reason) =>
        (await cluster.Kubectl.RunAsync($"-n models get events --field-selector reason={reason} -o custom-columns=MESSAGE:.message")).Succeeded();

    public static string Told(this TestCluster cluster) => string.Join("; ", cluster.Deployments().SelectMany(deployment => deployment.Status?.Conditions ?? [])
        .Where(condition => condition.Type is ConditionTypes.EngineHealthy or ConditionTypes.MetricsAvailable or ConditionTypes.Ready).Select(condition => $"{condition.Type} {condition.Status} {condition.Reason}: {condition.Message}"));
}
