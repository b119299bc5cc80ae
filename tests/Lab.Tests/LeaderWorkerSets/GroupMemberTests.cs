using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Controllers.LeaderWorkerSets;

namespace Nemotron.Lab.Controllers.Tests;

public class GroupMemberTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_leader_gets_its_group_and_variables_before_its_own()
    {
        var pod = Pod("ultra-2", leader: true, """{"leaderworkerset.sigs.k8s.io/size":"4"}""", """[{"name":"HOST","value":"$(LWS_LEADER_ADDRESS)"},{"name":"LWS_GROUP_SIZE","value":"99"}]""");
        GroupMember.Complete(pod);
        pod.Label(Lws.GroupIndexLabel).ShouldBe("2");
        pod.Label(Lws.GroupKeyLabel).ShouldBe(GroupMember.KeyOf("models", "ultra-2"));
        pod.Obj("spec", "affinity").ShouldBeNull();
        pod.Items("spec", "containers").Single()["env"]!.ToJsonString().ShouldBe(
            """[{"name":"LWS_LEADER_ADDRESS","value":"ultra-2.ultra.models"},{"name":"LWS_GROUP_SIZE","value":"4"},{"name":"LWS_WORKER_INDEX","value":"0"},{"name":"HOST","value":"$(LWS_LEADER_ADDRESS)"}]""");
    }

    [Fact]
    public void A_worker_gets_its_number_and_the_same_leader()
    {
        var pod = Pod("ultra-2-3", leader: false, """{"leaderworkerset.sigs.k8s.io/size":"4","leaderworkerset.sigs.k8s.io/leader-name":"ultra-2"}""", "[]");
        pod["metadata"]!["labels"]![Lws.GroupIndexLabel] = "2";
        GroupMember.Complete(pod);
        pod.Label(Lws.WorkerIndexLabel).ShouldBe("3");
        pod.Items("spec", "containers").Single().Items("env").Select(entry => entry.Text("value")).ShouldBe(["ultra-2.ultra.models", "4", "3"]);
    }

    [Fact]
    public void An_exclusive_group_keeps_together_and_others_away()
    {
        var pod = Pod("ultra-0", leader: true, """{"leaderworkerset.sigs.k8s.io/size":"2","leaderworkerset.sigs.k8s.io/exclusive-topology":"nvidia.com/gpu.clique"}""", "[]");
        GroupMember.Complete(pod);
        var key = pod.Label(Lws.GroupKeyLabel);
        var together = pod.Items("spec", "affinity", "podAffinity", "requiredDuringSchedulingIgnoredDuringExecution").Single();
        together.Text("topologyKey").ShouldBe("nvidia.com/gpu.clique");
        LabelSelector.From(together.Obj("labelSelector")).Matches(pod).ShouldBeTrue();
        var apart = LabelSelector.From(pod.Items("spec", "affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution").Single().Obj("labelSelector"));
        apart.Matches(pod).ShouldBeFalse();
        apart.MatchesLabels(new() { [Lws.GroupKeyLabel] = "another" }).ShouldBeTrue();
        apart.MatchesLabels([]).ShouldBeFalse("pods of no group are no matter");
        key!.Length.ShouldBe(40);
    }

    [Theory]
    // workers of a group of 8 pods in subgroups of 4: the leader is one of the first four
    [InlineData(8, 4, "0,0,0,1,1,1,1")]
    // 9 pods: the leader is one too many and joins the first
    [InlineData(9, 4, "0,0,0,0,1,1,1,1")]
    [InlineData(4, 2, "0,1,1")]
    [InlineData(3, 1, "1,2")]
    public void Workers_fall_into_subgroups(int size, int sub, string expected) =>
        string.Join(',', Enumerable.Range(1, size - 1).Select(worker => GroupMember.SubGroupOf(worker, size, sub))).ShouldBe(expected);

    [Fact]
    public void Subgroups_have_numbers_keys_and_places_of_their_own()
    {
        var pod = Pod("ultra-0-5", leader: false, """
            {"leaderworkerset.sigs.k8s.io/size":"8","leaderworkerset.sigs.k8s.io/leader-name":"ultra-0","leaderworkerset.sigs.k8s.io/subgroup-size":"4",
             "leaderworkerset.sigs.k8s.io/subgroup-exclusive-topology":"rack"}
            """, "[]");
        GroupMember.Complete(pod);
        pod.Label(Lws.SubGroupIndexLabel).ShouldBe("1");
        pod.Label(Lws.SubGroupKeyLabel).ShouldBe(GroupMember.KeyOf("ultra-0", "1"));
        pod.Items("spec", "affinity", "podAffinity", "requiredDuringSchedulingIgnoredDuringExecution").Single().Text("topologyKey").ShouldBe("rack");
    }

    [Fact]
    public void A_pod_that_only_bears_the_label_is_refused_and_a_stranger_left_alone()
    {
        var pod = Pod("ultra-0", leader: true, "{}", "[]");
        Should.Throw<ApiException>(() => GroupMember.Complete(pod)).Message.ShouldContain("leaderworkerset.sigs.k8s.io/size is missing");
        var stranger = (JsonObject)JsonNode.Parse("""{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c"}]}}""")!;
        GroupMember.Complete(stranger);
        stranger.ToJsonString().ShouldBe("""{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c"}]}}""");
    }

    [Theory]
    [InlineData("RecreateGroupOnPodRestart", "Running", 1, false, true)]
    [InlineData("RecreateGroupOnPodRestart", "Pending", 1, false, true)]
    [InlineData("RecreateGroupOnPodRestart", "Failed", 1, false, false)]
    [InlineData("RecreateGroupOnPodRestart", "Running", 0, false, false)]
    [InlineData("RecreateGroupOnPodRestart", "Running", 0, true, true)]
    [InlineData("RecreateGroupAfterStart", "Running", 1, false, true)]
    [InlineData("RecreateGroupAfterStart", "Pending", 1, false, false)]
    [InlineData("None", "Running", 1, true, false)]
    [InlineData("Default", "Running", 1, true, false)]
    public void A_group_is_made_anew_by_its_policy(string policy, string phase, int restarts, bool deleting, bool expected)
    {
        var pod = (JsonObject)JsonNode.Parse($$$$$$"""{"metadata":{"name":"p"},"status":{"phase":"{{{{{{phase}}}}}}","containerStatuses":[{"restartCount":{{{{{{restarts}}}}}}}]}}""")!;
        if (deleting) pod["metadata"]!["deletionTimestamp"] = "2026-01-01T00:00:00Z";
        GroupRestartDecision.Recreates(policy, pod, [pod], 1).ShouldBe(expected);
    }

    [Theory]
    [InlineData("3 0", "0UR 1UR 2UR", "Available=True", 3, 3)]
    [InlineData("3 0", "0UR 1UR 2U-", "Progressing=True", 2, 3)]
    [InlineData("3 0", "0UR 1UR", "Progressing=True", 2, 2)]
    [InlineData("3 0", "0OR 1UR 2UR", "UpdateInProgress=True Progressing=True", 3, 2)]
    [InlineData("3 1", "0OR 1UR 2UR", "Available=True", 3, 2)]
    [InlineData("3 0", "0UR 1UR 2UR 3OR", "Available=True", 4, 3)]
    public void The_status_says_how_the_groups_stand(string spec, string groups, string conditions, int ready, int updated)
    {
        var set = (JsonObject)JsonNode.Parse($$$$$$"""
            {"metadata":{"name":"ultra","generation":7},"spec":{"replicas":{{{{{{spec[0]}}}}}},"rolloutStrategy":{"rollingUpdateConfiguration":{"partition":{{{{{{spec[2]}}}}}}}}}}
            """)!;
        var counted = groups.Split(' ').Select(group => new CountedGroup(group[0] - '0', new(group[2] == 'R', group[1] == 'U'))).ToList();
        var status = LeaderWorkerSetStatus.Decide(set, 3, counted, Now);
        string.Join(' ', status.Items("conditions").Select(c => $"{c.Text("type")}={c.Text("status")}")).ShouldBe(conditions);
        status.Items("conditions").Select(c => c.Whole("observedGeneration")).Distinct().ShouldBe([7L]);
        status.Whole("readyReplicas").ShouldBe(ready);
        status.Whole("updatedReplicas").ShouldBe(updated);
        status.Text("hpaPodSelector").ShouldBe("leaderworkerset.sigs.k8s.io/name=ultra,leaderworkerset.sigs.k8s.io/worker-index=0");

        // Conditions that exclude each other are never both true.
        set["status"] = status;
        var later = LeaderWorkerSetStatus.Decide(set, 3, [new(0, new(true, true)), new(1, new(true, true)), new(2, new(true, true))], Now.AddMinutes(1));
        later.Items("conditions").Where(c => c.Text("status") == "True").Select(c => c.Text("type")).ShouldBe(["Available"]);
    }

    private static JsonObject Pod(string name, bool leader, string annotations, string env) => (JsonObject)JsonNode.Parse($$$$$$"""
        {"metadata":{"name":"{{{{{{name}}}}}}","namespace":"models","labels":{"leaderworkerset.sigs.k8s.io/name":"ultra"{{{{{{(leader ? ",\"leaderworkerset.sigs.k8s.io/worker-index\":\"0\"" : "")}}}}}}},
         "annotations":{{{{{{annotations}}}}}}},"spec":{"subdomain":"ultra","containers":[{"name":"engine","env":{{{{{{env}}}}}}}]}}
        """)!;
}
