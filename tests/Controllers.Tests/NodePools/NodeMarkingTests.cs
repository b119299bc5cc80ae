using System.Text.Json.Nodes;
using k8s.Models;
using Nemotron.Controllers.NodePools;
using Nemotron.Controllers.Views;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.NodePools;

public class NodeMarkingTests
{
    private static readonly V1Taint OfOthers = new() { Key = "maintenance", Effect = "NoSchedule" };
    private static readonly V1Taint OfPool = new() { Key = "nvidia.com/gpu", Value = "present", Effect = "NoSchedule" };

    [Fact]
    public void Marks_a_new_member_and_keeps_the_taints_of_others()
    {
        var node = ANode("n");
        node.Spec!.Taints = [OfOthers];
        var pool = APool("p").With(spec => spec with { Labels = new Dictionary<string, string> { ["tier"] = "gold" }, Taints = [OfPool] });

        var patch = NodeMarking.Patch(node, pool)!;

        patch["metadata"]!["resourceVersion"]!.GetValue<string>().ShouldBe("1");
        patch["metadata"]!["labels"]!.AsObject().ToDictionary(label => label.Key, label => label.Value!.GetValue<string>())
            .ShouldBe(new Dictionary<string, string> { ["serving.nemotron.dev/node-pool"] = "p", ["tier"] = "gold" }, ignoreOrder: true);
        patch["spec"]!["taints"]!.AsArray().Select(taint => taint!["key"]!.GetValue<string>()).ShouldBe(["maintenance", "nvidia.com/gpu"]);
    }

    [Fact]
    public void Weights_that_are_used_are_told_by_a_label_and_it_goes_with_their_last_user()
    {
        var pool = APool("p");
        var marks = NodeMarks.None with { Weights = ["0123"] };
        var node = Apply(ANode("n"), NodeMarking.Patch(ANode("n"), pool, marks)!);
        node.Label("weights.serving.nemotron.dev/0123").ShouldBe("loaded");
        NodeMarking.Patch(node, pool, marks).ShouldBeNull();
        Apply(node, NodeMarking.Patch(node, pool, NodeMarks.None)!).Label("weights.serving.nemotron.dev/0123").ShouldBeNull();
    }

    [Fact]
    public void A_marked_member_is_left_alone()
    {
        var pool = APool("p").With(spec => spec with { Labels = new Dictionary<string, string> { ["tier"] = "gold" }, Taints = [OfPool] });
        var node = Apply(ANode("n"), NodeMarking.Patch(ANode("n"), pool)!);
        NodeMarking.Patch(node, pool).ShouldBeNull();
    }

    [Fact]
    public void A_node_that_leaves_loses_what_the_pool_set_and_nothing_else()
    {
        var before = ANode("n").Label("team", "red");
        before.Spec!.Taints = [OfOthers];
        var pool = APool("p").With(spec => spec with { Labels = new Dictionary<string, string> { ["tier"] = "gold" }, Taints = [OfPool] });
        var marked = Apply(before, NodeMarking.Patch(before, pool)!);

        var released = Apply(marked, NodeMarking.Patch(marked, null)!);

        released.Metadata.Labels.Keys.ShouldNotContain("tier");
        released.Metadata.Labels.Keys.ShouldNotContain("serving.nemotron.dev/node-pool");
        released.Metadata.Labels["team"].ShouldBe("red");
        released.Taints.Select(taint => taint.Key).ShouldBe(["maintenance"]);
        released.Metadata.Annotations.ShouldBeEmpty();
    }

    [Fact]
    public void A_taint_that_the_pool_no_longer_has_goes_and_a_new_value_replaces_the_old()
    {
        var pool = APool("p").With(spec => spec with { Taints = [OfPool, new V1Taint { Key = "old", Effect = "NoExecute" }] });
        var marked = Apply(ANode("n"), NodeMarking.Patch(ANode("n"), pool)!);
        pool.With(spec => spec with { Taints = [new V1Taint { Key = OfPool.Key, Effect = OfPool.Effect, Value = "yes" }] });

        var changed = Apply(marked, NodeMarking.Patch(marked, pool)!);

        changed.Taints.Select(taint => $"{taint.Key}={taint.Value}").ShouldBe(["nvidia.com/gpu=yes"]);
    }

    private static NodeView Apply(NodeView node, JsonObject patch)
    {
        var labels = new Dictionary<string, string>(node.Metadata.Labels);
        Merge(labels, patch["metadata"]!["labels"]);
        var annotations = new Dictionary<string, string>(node.Metadata.Annotations ?? new Dictionary<string, string>());
        Merge(annotations, patch["metadata"]!["annotations"]);
        var taints = node.Taints.ToList();
        if (patch["spec"] is { } spec)
            taints = (spec["taints"] as JsonArray ?? []).Select(taint => new V1Taint
            {
                Key = taint!["key"]!.GetValue<string>(),
                Value = taint["value"]?.GetValue<string>(),
                Effect = taint["effect"]!.GetValue<string>(),
            }).ToList();
        return new NodeView
        {
            Metadata = new V1ObjectMeta { Name = node.Metadata.Name, Labels = labels, Annotations = annotations, ResourceVersion = "2" },
            Spec = new NodeViewSpec { Taints = taints },
            Status = node.Status,
        };
    }

    private static void Merge(Dictionary<string, string> into, JsonNode? patch)
    {
        foreach (var (key, value) in patch as JsonObject ?? [])
        {
            if (value is null) into.Remove(key);
            else into[key] = value.GetValue<string>();
        }
    }
}
