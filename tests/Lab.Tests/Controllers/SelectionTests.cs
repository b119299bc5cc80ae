using System.Globalization;
using System.Text.Json.Nodes;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Nemotron.Lab.Controllers.Scheduling;

namespace Nemotron.Lab.Controllers.Tests;

/// <summary>What is found through an index is what a walk over everything finds.</summary>
public class SelectionTests
{
    // Labels of an object: for a, b and c no label (0) or one of two values.
    private static readonly Gen<int[]> Labels = Gen.Int[0, 2].Array[3];

    // A selector: none (0), everything (1), or a term per label: no term (0), a value (1, 2), one of both (3), any (4), none (5), not the first (6).
    private static readonly Gen<(int Kind, int[] Terms)> Selectors = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 6].Array[3]);

    [Fact]
    public void Objects_are_found_by_selector() =>
        Gen.Select(Gen.Select(Gen.Int[0, 8], Gen.Int[0, 1], Labels).Array[0, 40], Selectors).Sample((writes, wanted) =>
        {
            var informer = Cache();
            var index = informer.ByLabel;
            var present = new Dictionary<string, JsonObject>();
            var version = 0;
            foreach (var (name, ns, labels) in writes)
            {
                var obj = Object($"o{name}", $"n{ns}", ++version, labels);
                informer.Observe(obj);
                present[ObjectKey.Of(obj).ToString()] = obj;
            }

            var selector = LabelSelector.From(Selector(wanted));
            index.Matching("n0", selector).Select(obj => obj.Name()).Order()
                .ShouldBe(present.Values.Where(obj => obj.Namespace() == "n0" && selector.Matches(obj)).Select(obj => obj.Name()).Order());
        });

    [Fact]
    public void Selectors_are_found_by_labels() =>
        Gen.Select(Gen.Select(Gen.Int[0, 8], Gen.Int[0, 1], Selectors).Array[0, 40], Labels).Sample((writes, labels) =>
        {
            var informer = Cache();
            var index = new SelectorIndex(informer, obj => LabelSelector.From(obj.Obj("spec", "selector")));
            var present = new Dictionary<string, JsonObject>();
            var version = 0;
            foreach (var (name, ns, wanted) in writes)
            {
                var obj = Object($"o{name}", $"n{ns}", ++version, []);
                obj["spec"] = new JsonObject { ["selector"] = Selector(wanted) };
                informer.Observe(obj);
                present[ObjectKey.Of(obj).ToString()] = obj;
            }

            var pod = Object("pod", "n0", 1, labels);
            index.Selecting("n0", pod.Obj("metadata", "labels")).Select(key => key.Name).Order().ShouldBe(
                present.Values.Where(obj => obj.Namespace() == "n0" && LabelSelector.From(obj.Obj("spec", "selector")).Matches(pod)).Select(obj => obj.Name()).Order());
        });

    [Fact]
    public void Placed_pods_are_found_by_selector() =>
        Gen.Select(Gen.Select(Gen.Int[0, 12], Gen.Int[0, 1], Labels, Gen.Int[0, 3]).Array[0, 40], Selectors, Gen.Int[0, 2]).Sample((places, wanted, where) =>
        {
            var state = new ClusterState();
            var classes = new PodClasses(state.Slots);
            var present = new Dictionary<string, (PodClass Class, string Node)>();
            foreach (var (uid, ns, labels, node) in places)
            {
                var id = uid.ToString(CultureInfo.InvariantCulture);
                // Node 0 is none: the pod is gone.
                if (node == 0)
                {
                    state.Unplace(id).ShouldBe(present.Remove(id));
                    continue;
                }

                var pod = classes.Of(Object("p", $"n{ns}", 1, labels));
                state.Place(id, pod, $"node{node}");
                present[id] = (pod, $"node{node}");
            }

            var selector = LabelSelector.From(Selector(wanted));
            string[]? namespaces = where switch { 0 => null, 1 => ["n0"], _ => ["n0", "n1"] };
            state.Placements.Matching(namespaces, selector)
                .SelectMany(placement => placement.Nodes.SelectMany(node => Enumerable.Repeat($"{placement.Class.Namespace} {node.Key}", node.Value))).Order()
                .ShouldBe(present.Values.Where(pod => namespaces?.Contains(pod.Class.Namespace) != false && selector.MatchesLabels(pod.Class.Labels))
                    .Select(pod => $"{pod.Class.Namespace} {pod.Node}").Order());
        });

    private static Informer Cache() => new(new MemoryApi(new FakeTimeProvider()), MemoryApi.ConfigMaps);

    private static JsonObject Object(string name, string ns, int version, int[] labels)
    {
        var map = new JsonObject();
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] > 0) map[Label(i)] = $"{labels[i]}";
        }

        return new()
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = name, ["namespace"] = ns, ["uid"] = $"{ns}-{name}", ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture), ["labels"] = map,
            },
        };
    }

    private static JsonObject? Selector((int Kind, int[] Terms) wanted)
    {
        if (wanted.Kind == 0) return null;
        var expressions = new JsonArray();
        for (var i = 0; wanted.Kind > 1 && i < wanted.Terms.Length; i++)
        {
            var term = wanted.Terms[i];
            if (term == 0) continue;
            (string Operator, string[] Values) chosen = term switch
            {
                1 => ("In", ["1"]),
                2 => ("In", ["2"]),
                3 => ("In", ["1", "2"]),
                4 => ("Exists", []),
                5 => ("DoesNotExist", []),
                _ => ("NotIn", ["1"]),
            };
            expressions.Add(new JsonObject { ["key"] = Label(i), ["operator"] = chosen.Operator, ["values"] = new JsonArray([.. chosen.Values.Select(value => (JsonNode)value)]) });
        }

        return new() { ["matchExpressions"] = expressions };
    }

    private static string Label(int i) => $"{(char)('a' + i)}";
}
