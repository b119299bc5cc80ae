using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Controllers.LeaderWorkerSets;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Controllers.Tests;

/// <summary>LeaderWorkerSets over the real API server, with leaders and workers as StatefulSets.</summary>
public class LeaderWorkerSetBehaviourTests
{
    [Fact]
    public async Task Groups_start_with_names_labels_variables_and_a_service()
    {
        await using var lab = await StartAsync("4xH100:8");
        await lab.CreateAsync(Lws.Sets, Set("ultra", 2, 3));
        await UntilAvailableAsync(lab, "ultra");

        lab.Pods().Select(pod => pod.Name()).ShouldBe(["ultra-0", "ultra-0-1", "ultra-0-2", "ultra-1", "ultra-1-1", "ultra-1-2"]);
        var leader = lab.Get(BuiltIn.Pods, "ultra-1");
        var worker = lab.Get(BuiltIn.Pods, "ultra-1-2");
        leader.Label(Lws.WorkerIndexLabel).ShouldBe("0");
        worker.Label(Lws.WorkerIndexLabel).ShouldBe("2");
        worker.Label(Lws.GroupIndexLabel).ShouldBe("1");
        worker.Label(Lws.GroupKeyLabel).ShouldBe(leader.Label(Lws.GroupKeyLabel));
        worker.Label(Lws.RevisionLabel).ShouldBe(leader.Label(Lws.RevisionLabel));
        worker.Annotation(Lws.LeaderNameAnnotation).ShouldBe("ultra-1");
        worker.Annotation(Lws.SizeAnnotation).ShouldBe("3");
        worker.Text("spec", "subdomain").ShouldBe("ultra");
        worker.Items("spec", "containers").Single().Items("env").Take(3).Select(entry => $"{entry.Text("name")}={entry.Text("value")}")
            .ShouldBe(["LWS_LEADER_ADDRESS=ultra-1.ultra.default", "LWS_GROUP_SIZE=3", "LWS_WORKER_INDEX=2"]);
        leader.ControllerRef().Text("name").ShouldBe("ultra");
        lab.Get(BuiltIn.StatefulSets, "ultra-1").ControllerRef().Text("uid").ShouldBe(leader.Uid());

        var service = lab.Get(BuiltIn.Services, "ultra");
        service.Text("spec", "clusterIP").ShouldBe("None");
        service.Flag("spec", "publishNotReadyAddresses").ShouldBeTrue();

        var set = lab.Get(Lws.Sets, "ultra");
        set.Whole("status", "replicas").ShouldBe(2);
        set.Whole("status", "updatedReplicas").ShouldBe(2);
        set.Whole("status", "observedGeneration").ShouldBe(set.Generation());
        lab.Api.List(BuiltIn.ControllerRevisions, "default").Items.Count(revision => revision.ControllerRef().Text("kind") == Lws.Kind).ShouldBe(1);

        // Settled: another look writes nothing.
        var before = Versions(lab);
        var patched = lab.Patch(Lws.Sets, "ultra", """{"metadata":{"labels":{"team":"a"}}}""");
        await lab.UntilAsync(BuiltIn.StatefulSets, "ultra", sts => sts.Label("team") == "a");
        var labelled = lab.Get(BuiltIn.StatefulSets, "ultra").Version();
        lab.Patch(BuiltIn.StatefulSets, "ultra", """{"metadata":{"annotations":{"look":"again"}}}""");
        await lab.UntilAsync(BuiltIn.StatefulSets, "ultra", sts => sts.Version() > labelled);
        Versions(lab).Except(before).ShouldBeEmpty();
        lab.Get(Lws.Sets, "ultra").Version().ShouldBe(patched.Version());

        // Its scale counts groups and selects leaders.
        var scale = lab.Api.MergePatch(Lws.Sets, "default", "ultra", new() { ["spec"] = new JsonObject { ["replicas"] = 1 } }, "hpa", "scale");
        scale.Text("status", "selector").ShouldBe("leaderworkerset.sigs.k8s.io/name=ultra,leaderworkerset.sigs.k8s.io/worker-index=0");
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Pods().Count == 3);
        lab.Pods().Select(pod => pod.Name()).ShouldBe(["ultra-0", "ultra-0-1", "ultra-0-2"]);

        lab.Api.Delete(Lws.Sets, "default", "ultra", "Foreground");
        await lab.UntilGoneAsync(Lws.Sets, "ultra");
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Pods().Count == 0);
        await lab.UntilGoneAsync(BuiltIn.Services, "ultra");
    }

    [Theory]
    [InlineData("ultra-0-1", false)]
    [InlineData("ultra-0", false)]
    [InlineData("ultra-0-2", true)]
    [InlineData("ultra-0", true)]
    public async Task A_restart_or_loss_of_one_pod_makes_its_whole_group_anew_and_no_other(string victim, bool delete)
    {
        await using var lab = await StartAsync("4xH100:8");
        await lab.CreateAsync(Lws.Sets, Set("ultra", 2, 3));
        await UntilAvailableAsync(lab, "ultra");
        var before = lab.Pods().ToDictionary(pod => pod.Name(), pod => pod.Uid());

        if (delete) lab.Api.Delete(BuiltIn.Pods, "default", victim);
        else lab.Cluster.Crash("default", victim, "engine", 139);
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Pods() is { Count: 6 } pods && pods.Where(pod => pod.Label(Lws.GroupIndexLabel) == "0").All(pod => pod.Uid() != before[pod.Name()]));
        await UntilAvailableAsync(lab, "ultra");

        lab.Pods().Where(pod => pod.Label(Lws.GroupIndexLabel) == "1").ShouldAllBe(pod => pod.Uid() == before[pod.Name()]);
        lab.Pods().SelectMany(pod => pod.Items("status", "containerStatuses")).Select(status => status.Whole("restartCount")).Distinct().ShouldBe([0L]);
        // A leader that is deleted takes its workers along by itself.
        lab.EventsOf("ultra").Any(line => line.StartsWith("RecreateGroup: ", StringComparison.Ordinal)).ShouldBe(!(delete && victim == "ultra-0"));
    }

    [Fact]
    public async Task Without_such_a_policy_a_pod_restarts_alone()
    {
        await using var lab = await StartAsync("4xH100:8");
        await lab.CreateAsync(Lws.Sets, Set("ultra", 1, 2, """{"leaderWorkerTemplate":{"restartPolicy":"None"}}"""));
        await UntilAvailableAsync(lab, "ultra");
        var before = lab.Pods().ToDictionary(pod => pod.Name(), pod => pod.Uid());
        lab.Cluster.Crash("default", "ultra-0-1", "engine", 139);
        await lab.UntilAsync(BuiltIn.Pods, "ultra-0-1", pod => pod.Items("status", "containerStatuses").Single() is var status && status.Whole("restartCount") == 1 && status.Flag("ready"));
        lab.Pods().ShouldAllBe(pod => pod.Uid() == before[pod.Name()]);
    }

    [Fact]
    public async Task Workers_may_wait_for_their_leader()
    {
        await using var lab = await StartAsync("4xH100:8");
        var seen = new System.Collections.Concurrent.ConcurrentBag<bool>();
        lab.Cluster.Plane.Context.Informers.For(BuiltIn.Pods).OnChange((before, after) =>
        {
            if (before is null && after?.Label(Lws.WorkerIndexLabel) is { } index && index != "0") seen.Add(lab.Get(BuiltIn.Pods, after.Annotation(Lws.LeaderNameAnnotation)!).ConditionIsTrue("Ready"));
        });
        await lab.CreateAsync(Lws.Sets, Set("ultra", 1, 3, """{"startupPolicy":"LeaderReady"}"""));
        await UntilAvailableAsync(lab, "ultra");
        seen.Count.ShouldBe(2);
        seen.ShouldAllBe(ready => ready);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    [InlineData(2, 0)]
    public async Task A_new_template_rolls_group_by_group_within_its_bounds(int unavailable, int surge)
    {
        await using var lab = await StartAsync("5xH100:8");
        await lab.CreateAsync(Lws.Sets, Set("ultra", 3, 2, $$$$$$"""
            {"rolloutStrategy":{"type":"RollingUpdate","rollingUpdateConfiguration":{"maxUnavailable":{{{{{{unavailable}}}}}},"maxSurge":{{{{{{surge}}}}}}}}}
            """));
        await UntilAvailableAsync(lab, "ultra");

        var least = int.MaxValue;
        var most = 0;
        var mixed = new System.Collections.Concurrent.ConcurrentBag<string>();
        lab.Patch(Lws.Sets, "ultra", """{"spec":{"leaderWorkerTemplate":{"workerTemplate":{"metadata":{"annotations":{"v":"2"}}}}}}""");
        await lab.UntilAsync(Lws.Sets, () =>
        {
            var pods = lab.Pods();
            var groups = pods.GroupBy(pod => pod.Label(Lws.GroupIndexLabel)).ToList();
            least = Math.Min(least, groups.Count(group => group.Count() == 2 && group.All(pod => pod.ConditionIsTrue("Ready") && !pod.IsDeleting())));
            most = Math.Max(most, groups.Count);
            foreach (var group in groups)
            {
                // A group is of one template: old pods may linger beside new ones only on their way out.
                if (group.Where(pod => !pod.IsDeleting()).Select(pod => pod.Annotation("v")).Distinct().Count() > 1) mixed.Add(string.Join(' ', group.Select(pod => $"{pod.Name()}:{pod.Annotation("v")}:{pod.IsDeleting()}")));
            }

            var set = lab.Get(Lws.Sets, "ultra");
            return set.Whole("status", "observedGeneration") == set.Generation() && set.ConditionIsTrue("Available") && pods.Count == 6 && pods.All(pod => pod.Annotation("v") == "2" && pod.ConditionIsTrue("Ready"));
        });

        least.ShouldBeGreaterThanOrEqualTo(3 - unavailable);
        most.ShouldBeLessThanOrEqualTo(3 + surge);
        await lab.UntilAsync(BuiltIn.ControllerRevisions, () => lab.Api.List(BuiltIn.ControllerRevisions, "default").Items.Count(revision => revision.ControllerRef().Text("kind") == Lws.Kind) == 1);
        lab.Get(BuiltIn.StatefulSets, "ultra").Whole("spec", "updateStrategy", "rollingUpdate", "partition").ShouldBe(0);
        lab.Get(Lws.Sets, "ultra").Condition("UpdateInProgress").Text("status").ShouldBe("False");
    }

    [Fact]
    public async Task A_group_below_the_partition_comes_back_as_it_was()
    {
        await using var lab = await StartAsync("5xH100:8");
        await lab.CreateAsync(Lws.Sets, Set("ultra", 2, 2));
        await UntilAvailableAsync(lab, "ultra");
        lab.Patch(Lws.Sets, "ultra", """
            {"spec":{"rolloutStrategy":{"rollingUpdateConfiguration":{"partition":1}},"leaderWorkerTemplate":{"workerTemplate":{"metadata":{"annotations":{"v":"2"}}}}}}
            """);
        await lab.UntilAsync(Lws.Sets, "ultra", set => set.Whole("status", "observedGeneration") == set.Generation() && set.Whole("status", "updatedReplicas") == 1 && set.ConditionIsTrue("Available"));
        var old = lab.Get(BuiltIn.Pods, "ultra-0").Uid();
        lab.Api.Delete(BuiltIn.Pods, "default", "ultra-0-1");
        await lab.UntilAsync(BuiltIn.Pods, "ultra-0", pod => pod.Uid() != old);
        await UntilAvailableAsync(lab, "ultra");
        lab.Pods().Select(pod => $"{pod.Name()}:{pod.Annotation("v")}").ShouldBe(["ultra-0:", "ultra-0-1:", "ultra-1:2", "ultra-1-1:2"]);
    }

    [Fact]
    public async Task An_exclusive_group_has_its_topology_domain_for_itself()
    {
        await using var lab = await StartAsync("4xH100:8");
        var racks = new Dictionary<string, string>();
        foreach (var (i, node) in lab.Api.List(BuiltIn.Nodes).Items.Index())
        {
            racks[node.Name()] = $"r{i / 2}";
            lab.Api.MergePatch(BuiltIn.Nodes, null, node.Name(), new() { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["rack"] = racks[node.Name()] } } }, "test");
        }

        var set = Set("ultra", 3, 2);
        set["metadata"]!["annotations"] = new JsonObject { [Lws.ExclusiveAnnotation] = "rack" };
        await lab.CreateAsync(Lws.Sets, set);
        // Two racks take two groups; the third finds none free.
        await lab.UntilAsync(Lws.Sets, "ultra", lws => lws.Whole("status", "readyReplicas") == 2);
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Pods().Any(pod => pod.Condition("PodScheduled").Text("reason") == "Unschedulable"));
        var placed = lab.Pods().Where(pod => pod.Text("spec", "nodeName") is { Length: > 0 }).ToList();
        placed.Count.ShouldBe(4);
        foreach (var group in placed.GroupBy(pod => pod.Label(Lws.GroupIndexLabel)))
        {
            group.Select(pod => racks[pod.Text("spec", "nodeName")!]).Distinct().Count().ShouldBe(1);
            group.Single(pod => pod.Label(Lws.WorkerIndexLabel) == "1").Text("spec", "nodeSelector", "rack").ShouldBe(racks[group.First().Text("spec", "nodeName")!]);
        }

        placed.Select(pod => racks[pod.Text("spec", "nodeName")!]).Distinct().Count().ShouldBe(2);
        lab.Get(Lws.Sets, "ultra").ConditionIsTrue("Progressing").ShouldBeTrue();
    }

    [Fact]
    public async Task Each_group_may_have_a_service_of_its_own()
    {
        await using var lab = await StartAsync("4xH100:8");
        await lab.CreateAsync(Lws.Sets, Set("ultra", 2, 2, """{"networkConfig":{"subdomainPolicy":"UniquePerReplica"}}"""));
        await UntilAvailableAsync(lab, "ultra");
        lab.Api.List(BuiltIn.Services, "default").Items.Select(service => service.Name()).ShouldBe(["ultra-0", "ultra-1"], ignoreOrder: true);
        lab.Get(BuiltIn.Pods, "ultra-1").Text("spec", "subdomain").ShouldBe("ultra-1");
        lab.Get(BuiltIn.Pods, "ultra-1-1").Items("spec", "containers").Single().Items("env").First().Text("value").ShouldBe("ultra-1.ultra-1.default");
    }

    [Theory]
    [InlineData("""{"leaderWorkerTemplate":{"size":0}}""", "spec.leaderWorkerTemplate.size: Invalid value: 0: must be at least 1: the leader")]
    [InlineData("""{"rolloutStrategy":{"type":"RollingUpdate","rollingUpdateConfiguration":{"maxUnavailable":0}}}""", "spec.rolloutStrategy.rollingUpdateConfiguration.maxUnavailable: Invalid value: 0: must not be 0 when `maxSurge` is 0")]
    [InlineData("""{"rolloutStrategy":{"type":"RollingUpdate","rollingUpdateConfiguration":{"maxSurge":"200%"}}}""", "must not be greater than 100%")]
    [InlineData("""{"rolloutStrategy":{"type":"RollingUpdate","rollingUpdateConfiguration":{"maxSurge":"some"}}}""", "a valid percent string")]
    [InlineData("""{"leaderWorkerTemplate":{"subGroupPolicy":{"subGroupSize":4}}}""", "must not be greater than the group's size, 3")]
    [InlineData("""{"leaderWorkerTemplate":{"subGroupPolicy":{}}}""", "spec.leaderWorkerTemplate.subGroupPolicy.subGroupSize: Required value")]
    [InlineData("""{"leaderWorkerTemplate":{"restartPolicy":"Sometimes"}}""", "spec.leaderWorkerTemplate.restartPolicy: Unsupported value: \"Sometimes\"")]
    [InlineData("""{"startupPolicy":"Whenever"}""", "spec.startupPolicy: Unsupported value: \"Whenever\"")]
    [InlineData("""{"replicas":-1}""", "spec.replicas in body should be greater than or equal to 0")]
    public async Task What_makes_no_sense_is_refused_with_its_path(string spec, string message)
    {
        await using var lab = await StartAsync("");
        var refused = Should.Throw<ApiException>(() => lab.Api.Create(Lws.Sets, "default", Set("ultra", 2, 3, spec), "test"));
        refused.Message.ShouldContain(message);
    }

    [Fact]
    public async Task Unknown_fields_of_the_pod_template_are_found_and_names_must_fit_a_service()
    {
        await using var lab = await StartAsync("");
        using var client = new HttpClient { BaseAddress = lab.Cluster.Url };
        var set = Set("ultra", 1, 2);
        set["spec"]!["leaderWorkerTemplate"]!["workerTemplate"]!["spec"]!["containers"]![0]!["imag"] = "x";
        using var strict = await client.PostAsync(new Uri("apis/leaderworkerset.x-k8s.io/v1/namespaces/default/leaderworkersets?fieldValidation=Strict", UriKind.Relative), Json(set), TestContext.Current.CancellationToken);
        ((int)strict.StatusCode).ShouldBe(400);
        (await strict.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("unknown field \\\"spec.leaderWorkerTemplate.workerTemplate.spec.containers[0].imag\\\"");
        Should.Throw<ApiException>(() => lab.Api.Create(Lws.Sets, "default", Set("0ultra", 1, 2), "test")).Message.ShouldContain("metadata.name: Invalid value: \"0ultra\"");
        lab.Api.Create(Lws.Sets, "default", Set("fine", 0, 4, """{"leaderWorkerTemplate":{"subGroupPolicy":{"subGroupSize":2}}}"""), "test");
        Should.Throw<ApiException>(() => lab.Patch(Lws.Sets, "fine", """{"spec":{"leaderWorkerTemplate":{"subGroupPolicy":{"subGroupSize":4}}}}""")).Message.ShouldContain("field is immutable");
    }

    [Fact]
    public async Task Where_it_is_not_installed_nothing_of_it_is_served()
    {
        await using var lab = await ServedLab.StartAsync("1xH100:8");
        lab.Api.Resources.ShouldNotContain(resource => resource.Resource.Group == Lws.Group);
        Should.Throw<ApiException>(() => lab.Api.Create(Lws.Sets, "default", Set("ultra", 1, 2), "test")).Code.ShouldBe(404);
        // A pod that bears its label is a pod like any other.
        var pod = (JsonObject)JsonNode.Parse("""{"metadata":{"name":"p","labels":{"leaderworkerset.sigs.k8s.io/name":"x"}},"spec":{"containers":[{"name":"c","image":"i:1"}]}}""")!;
        await lab.CreateAsync(BuiltIn.Pods, pod);
        await lab.UntilAsync(BuiltIn.Pods, "p", p => p.ConditionIsTrue("Ready"));
    }

    private static Task<ServedLab> StartAsync(string nodes) => ServedLab.StartAsync(nodes, new LabClusterOptions { With = LabAddOns.LeaderWorkerSets });

    private static Task UntilAvailableAsync(ServedLab lab, string name) =>
        lab.UntilAsync(Lws.Sets, name, set =>
        {
            var wanted = (set.Whole("spec", "replicas") ?? 1) * GroupTemplates.Size(set);
            return set.ConditionIsTrue("Available") && set.Whole("status", "observedGeneration") == set.Generation()
                && lab.Pods() is var pods && pods.Count == wanted && pods.All(pod => !pod.IsDeleting() && pod.ConditionIsTrue("Ready"));
        });

    /// <summary>The versions of all that a set consists of, but the leaders' StatefulSet itself.</summary>
    private static List<string> Versions(ServedLab lab) =>
    [
        .. lab.Pods().Concat(lab.Api.List(BuiltIn.StatefulSets).Items.Where(sts => sts.Name() != "ultra")).Concat(lab.Api.List(BuiltIn.Services, "default").Items)
            .Select(obj => $"{obj.Text("kind")} {obj.Name()} {obj.Version()}"),
    ];

    private static StringContent Json(JsonObject obj) => new(obj.ToJsonString(), System.Text.Encoding.UTF8, "application/json");

    internal static JsonObject Set(string name, int replicas, int size, string? spec = null)
    {
        var set = (JsonObject)JsonNode.Parse($$$$$$"""
            {"apiVersion":"leaderworkerset.x-k8s.io/v1","kind":"LeaderWorkerSet","metadata":{"name":"{{{{{{name}}}}}}"},
             "spec":{"replicas":{{{{{{replicas}}}}}},"leaderWorkerTemplate":{"size":{{{{{{size}}}}}},
              "workerTemplate":{"metadata":{"labels":{"app":"{{{{{{name}}}}}}"}},"spec":{"terminationGracePeriodSeconds":5,"containers":[{"name":"engine","image":"engine:1",
               "resources":{"limits":{"nvidia.com/gpu":"2"}}}]}}}}}
            """)!;
        if (spec is not null) set["spec"] = Nemotron.Lab.Patching.MergePatch.Apply(set["spec"], JsonNode.Parse(spec));
        return set;
    }
}
