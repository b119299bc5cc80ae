using System.Globalization;
using System.Text.Json.Nodes;
using CsCheck;
using Nemotron.Lab.Controllers.Scheduling;

namespace Nemotron.Lab.Controllers.Tests;

public class SchedulingDecisionTests
{
    private readonly ClusterState state = new();
    private readonly PodClasses classes;
    private int start;
    private int serial;

    public SchedulingDecisionTests() => classes = new(state.Slots);

    [Fact]
    public void Reasons_are_counted_sorted_and_worded_as_kubectl_shows_them()
    {
        Node("a", 8, taints: """[{ "key": "nvidia.com/gpu", "value": "sick", "effect": "NoSchedule" }]""");
        Node("b", 4);
        Node("c", 4);
        Node("d", 8, unschedulable: true);
        Node("e", 8, labels: """{ "pool": "other" }""");
        Decide("""{ "nodeSelector": { "pool": "main" }, "containers": [{ "name": "c", "resources": { "requests": { "nvidia.com/gpu": "8", "cpu": "100" } } }] }""")
            .Message.ShouldBe(
                "0/5 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint {nvidia.com/gpu: sick}, "
                + "1 node(s) were unschedulable, 2 Insufficient cpu, 2 Insufficient nvidia.com/gpu.");
    }

    [Fact]
    public void Without_nodes_it_says_so() => Decide(Gpus(1)).Message.ShouldBe("no nodes available to schedule pods");

    [Fact]
    public void Full_nodes_have_too_many_pods()
    {
        Node("a", 8, pods: 1);
        Place("a", Gpus(1));
        Decide(Gpus(1)).Message.ShouldBe("0/1 nodes are available: 1 Too many pods.");
    }

    [Theory]
    [InlineData("In", "[\"H100\",\"H200\"]", "h100")]
    [InlineData("NotIn", "[\"H100\"]", "cpu,l40s")]
    [InlineData("Exists", "[]", "h100,l40s")]
    [InlineData("DoesNotExist", "[]", "cpu")]
    public void Required_node_affinity_knows_the_set_operators(string op, string values, string expected) =>
        Fitting("gpu", op, values).ShouldBe(expected);

    [Theory]
    [InlineData("Gt", "[\"50000\"]", "h100")]
    [InlineData("Lt", "[\"50000\"]", "l40s")]
    [InlineData("Gt", "[\"many\"]", "")]
    public void Required_node_affinity_compares_numbers(string op, string values, string expected) =>
        Fitting("memory", op, values).ShouldBe(expected);

    [Fact]
    public void Terms_are_alternatives_and_requirements_are_not()
    {
        Node("x", 8, labels: """{ "a": "1", "b": "1" }""");
        Node("y", 8, labels: """{ "a": "1" }""");
        Node("z", 8, labels: """{ "c": "1" }""");
        var affinity = """
            { "affinity": { "nodeAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms": [
              { "matchExpressions": [ { "key": "a", "operator": "Exists" }, { "key": "b", "operator": "Exists" } ] },
              { "matchFields": [ { "key": "metadata.name", "operator": "In", "values": ["z"] } ] },
              {} ] } } }, "containers": [] }
            """;
        var pod = Class(affinity);
        state.Nodes.Where(node => NodeFit.Fits(pod, node)).Select(node => node.Name).ShouldBe(["x", "z"]);
    }

    [Theory]
    [InlineData("""[{ "operator": "Exists" }]""", true)]
    [InlineData("""[{ "key": "k", "operator": "Exists" }]""", true)]
    [InlineData("""[{ "key": "k", "value": "v", "effect": "NoSchedule" }]""", true)]
    [InlineData("""[{ "key": "k", "value": "w" }]""", false)]
    [InlineData("""[{ "key": "k", "operator": "Exists", "effect": "NoExecute" }]""", false)]
    [InlineData("[]", false)]
    public void Tolerations_match_taints(string tolerations, bool fits)
    {
        Node("a", 8, taints: """[{ "key": "k", "value": "v", "effect": "NoSchedule" }]""");
        (Decide($$"""{ "tolerations": {{tolerations}}, "containers": [] }""").Node == "a").ShouldBe(fits);
    }

    [Fact]
    public void Soft_taints_and_preferred_labels_only_sway()
    {
        Node("a", 8, taints: """[{ "key": "k", "effect": "PreferNoSchedule" }]""");
        Decide(Gpus(1)).Node.ShouldBe("a");
        Node("b", 8);
        Node("c", 8, labels: """{ "fast": "yes" }""");
        Decide(Gpus(1)).Node.ShouldBe("b");
        Decide("""
            { "affinity": { "nodeAffinity": { "preferredDuringSchedulingIgnoredDuringExecution": [
              { "weight": 10, "preference": { "matchExpressions": [ { "key": "fast", "operator": "Exists" } ] } } ] } }, "containers": [] }
            """).Node.ShouldBe("c");
    }

    [Fact]
    public void Pods_of_one_owner_are_spread()
    {
        Node("a", 8);
        Node("b", 8);
        var first = Decide(Gpus(1), owner: "set");
        Place(first.Node!, Gpus(1), owner: "set");
        Decide(Gpus(1), owner: "set").Node.ShouldNotBe(first.Node);
    }

    [Fact]
    public void Anti_affinity_keeps_replicas_apart_and_later_pods_away()
    {
        Node("a", 8, labels: """{ "zone": "1" }""");
        Node("b", 8, labels: """{ "zone": "2" }""");
        var apart = """
            { "affinity": { "podAntiAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": [
              { "topologyKey": "zone", "labelSelector": { "matchLabels": { "app": "x" } } } ] } }, "containers": [] }
            """;
        Place("a", apart, labels: """{ "app": "x" }""");
        Decide(apart, labels: """{ "app": "x" }""").Node.ShouldBe("b");
        Place("b", apart, labels: """{ "app": "x" }""");
        Decide(apart, labels: """{ "app": "x" }""").Message.ShouldBe("0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.");
        Decide(Gpus(0), labels: """{ "app": "x" }""").Message.ShouldBe("0/2 nodes are available: 2 node(s) didn't satisfy existing pods anti-affinity rules.");
        Decide(Gpus(0), labels: """{ "app": "y" }""").Node.ShouldNotBeNull();
    }

    [Fact]
    public void Affinity_follows_its_kind_and_the_first_of_a_kind_goes_anywhere()
    {
        Node("a", 8, labels: """{ "clique": "1" }""");
        Node("b", 8, labels: """{ "clique": "2" }""");
        var together = """
            { "affinity": { "podAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": [
              { "topologyKey": "clique", "labelSelector": { "matchLabels": { "group": "g" } } } ] } }, "containers": [] }
            """;
        Decide(together, labels: """{ "group": "other" }""").Message.ShouldBe("0/2 nodes are available: 2 node(s) didn't match pod affinity rules.");
        Decide(together, labels: """{ "group": "g" }""").Node.ShouldNotBeNull();
        Place("b", together, labels: """{ "group": "g" }""");
        Decide(together, labels: """{ "group": "g" }""").Node.ShouldBe("b");
    }

    [Fact]
    public void Topology_spread_bounds_the_skew()
    {
        Node("a", 8, labels: """{ "zone": "1" }""");
        Node("b", 8, labels: """{ "zone": "2" }""");
        Node("c", 8);
        var spread = """
            { "topologySpreadConstraints": [ { "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": { "matchLabels": { "app": "x" } } } ],
              "containers": [{ "name": "c", "resources": { "requests": { "nvidia.com/gpu": "8" } } }] }
            """;
        Place("a", spread, labels: """{ "app": "x" }""");
        Decide(spread, labels: """{ "app": "x" }""").Node.ShouldBe("b");
        Place("b", Gpus(8));
        Decide(spread, labels: """{ "app": "x" }""").Message.ShouldBe(
            "0/3 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label), 2 Insufficient nvidia.com/gpu.");
    }

    [Fact]
    public void Init_containers_and_sidecars_count_as_the_kubelet_runs_them()
    {
        var pod = Class("""
            { "initContainers": [
                { "name": "side", "restartPolicy": "Always", "resources": { "requests": { "cpu": "1" } } },
                { "name": "once", "resources": { "requests": { "cpu": "4", "memory": "1Gi" } } } ],
              "containers": [ { "name": "a", "resources": { "requests": { "cpu": "500m" }, "limits": { "memory": "2Gi" } } } ],
              "overhead": { "cpu": "250m" } }
            """);
        pod.Requests[ResourceSlots.Cpu].ShouldBe(5250);
        pod.Requests[ResourceSlots.Memory].ShouldBe(2L * 1024 * 1024 * 1024 * 1000);
    }

    [Theory]
    [InlineData("\"500m\"", 500)]
    [InlineData("2", 2000)]
    [InlineData("\"1Ki\"", 1024_000)]
    [InlineData("\"1k\"", 1000_000)]
    [InlineData("\"1e3\"", 1000_000)]
    [InlineData("\"0.5\"", 500)]
    [InlineData("\"100u\"", 1)]
    [InlineData("\"99Ei\"", long.MaxValue)]
    public void Quantities_are_read_exactly(string json, long milli) => ResourceQuantity.Milli(JsonNode.Parse(json)).ShouldBe(milli);

    [Fact]
    public void Nonsense_is_no_quantity() => ResourceQuantity.Milli("much").ShouldBeNull();

    [Fact]
    public void A_node_is_never_over_committed_and_equal_inputs_give_equal_outputs()
    {
        Gen.Select(Gen.Int[1, 8].Array[1, 12], Gen.Int[1, 8].Array[1, 60], Gen.Int[0, 99].Array[60]).Sample((nodes, pods, removals) =>
        {
            var first = Fill(nodes, pods, removals);
            first.ShouldBe(Fill(nodes, pods, removals));
        });

        static string Fill(int[] nodes, int[] pods, int[] removals)
        {
            var cluster = new SchedulingDecisionTests();
            for (var i = 0; i < nodes.Length; i++) cluster.Node($"n{i}", nodes[i]);
            var used = nodes.Select((_, i) => ($"n{i}", 0)).ToDictionary();
            var placed = new List<(string Uid, string Node, int Gpus)>();
            var log = "";
            for (var i = 0; i < pods.Length; i++)
            {
                if (removals[i] < 20 && placed.Count > 0)
                {
                    var gone = placed[removals[i] % placed.Count];
                    placed.Remove(gone);
                    cluster.state.Unplace(gone.Uid).ShouldBeTrue();
                    used[gone.Node] -= gone.Gpus;
                }

                var outcome = cluster.Decide(Gpus(pods[i]));
                var fits = nodes.Select((gpus, n) => gpus - used[$"n{n}"]).Any(free => free >= pods[i]);
                (outcome.Node is not null).ShouldBe(fits);
                log += outcome.Node + ",";
                if (outcome.Node is not { } node) continue;
                placed.Add((cluster.Place(node, Gpus(pods[i])), node, pods[i]));
                used[node] += pods[i];
                used[node].ShouldBeLessThanOrEqualTo(nodes[int.Parse(node[1..], CultureInfo.InvariantCulture)]);
            }

            return log;
        }
    }

    [Fact]
    public void Waiting_pods_come_by_priority_then_age()
    {
        var pending = new PendingPods();
        foreach (var (name, priority, second) in ((string, long, int)[])[("late", 0, 9), ("early", 0, 1), ("urgent", 100, 5)])
        {
            pending.Put(new(new("default", name), name, Class(Gpus(1)), priority, DateTimeOffset.UnixEpoch.AddSeconds(second), 0, []));
        }

        pending.Take()!.Uid.ShouldBe("urgent");
        var early = pending.Take()!;
        early.Uid.ShouldBe("early");
        pending.SetAside(early);
        pending.Take()!.Uid.ShouldBe("late");
        pending.Take().ShouldBeNull();
        pending.Reactivate();
        pending.Take()!.Uid.ShouldBe("early");
    }

    private string Fitting(string key, string op, string values)
    {
        Node("h100", 8, labels: """{ "gpu": "H100", "memory": "81559" }""");
        Node("l40s", 4, labels: """{ "gpu": "L40S", "memory": "46068" }""");
        Node("cpu", 0);
        var pod = Class($$"""
            { "affinity": { "nodeAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms": [
              { "matchExpressions": [ { "key": "{{key}}", "operator": "{{op}}", "values": {{values}} } ] } ] } } }, "containers": [] }
            """);
        return string.Join(',', state.Nodes.Where(node => NodeFit.Fits(pod, node)).Select(node => node.Name).Order());
    }

    private static string Gpus(int count) =>
        $$"""{ "containers": [{ "name": "c", "resources": { "requests": { "nvidia.com/gpu": "{{count}}" } } }] }""";

    private void Node(string name, int gpus, string labels = """{ "pool": "main" }""", string taints = "[]", bool unschedulable = false, int pods = 110) => state.PutNode((JsonObject)JsonNode.Parse($$"""
        { "metadata": { "name": "{{name}}", "labels": {{labels}} }, "spec": { "taints": {{taints}}, "unschedulable": {{(unschedulable ? "true" : "false")}} },
          "status": { "allocatable": { "cpu": "96", "memory": "1Ti", "pods": "{{pods}}", "nvidia.com/gpu": "{{gpus}}" } } }
        """)!);

    private PodClass Class(string spec, string labels = "{}", string? owner = null)
    {
        var owners = owner is null ? "[]" : $$"""[{ "controller": true, "uid": "{{owner}}" }]""";
        return classes.Of((JsonObject)JsonNode.Parse($$"""{ "metadata": { "name": "p", "namespace": "default", "labels": {{labels}}, "ownerReferences": {{owners}} }, "spec": {{spec}} }""")!);
    }

    private SchedulingOutcome Decide(string spec, string labels = "{}", string? owner = null) => SchedulingDecision.Decide(Class(spec, labels, owner), state, ref start);

    private string Place(string node, string spec, string labels = "{}", string? owner = null)
    {
        var uid = $"pod-{serial++}";
        state.Place(uid, Class(spec, labels, owner), node);
        return uid;
    }
}
