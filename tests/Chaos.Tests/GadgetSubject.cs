using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Nemotron.Kube;
using Nemotron.Lab.Api;

namespace Nemotron.Chaos.Tests;

/// <summary>Gadgets: small enough that a thousand schedules take minutes.</summary>
internal sealed class GadgetSubject(int seed) : Subject
{
    private const string Namespace = "default";
    private const string Manager = "user";
    private static readonly Gvr Definitions = new("apiextensions.k8s.io", "v1", "customresourcedefinitions");
    private static readonly Gvr Gadgets = new("chaos.example.com", "v1", "gadgets");
    private static readonly Gvr ConfigMaps = new("", "v1", "configmaps");
    private readonly Ledger ledger = new();
    private readonly TwinNames names = new(seed);
    private HashSet<string> lost = [];

    public override int Objects => 30;

    public override bool MayLoseData => true;

    public override IReadOnlyList<string> Watched => ["gadgets", "configmaps"];

    // The finalizer, two children, the status, the finalizer's end; once more for what a deletion and a creation under the same name cost.
    public override int WritesPerChange => 6;

    public int Surplus => names.Surplus;

    public override void AddTo(IOperatorBuilder builder)
    {
        builder.Services.AddSingleton(ledger);
        builder.Services.AddSingleton(names);

        // Every form of the cache gets its turn.
        builder.AddInformer<V1ConfigMap>(informer =>
        {
            informer.Packed = seed % 2 == 0;
            informer.LabelSelector = seed % 3 == 0 ? $"{GadgetController.Label}=yes" : null;
        });
        builder.AddController<GadgetController, Gadget>().Owns<V1ConfigMap>().AddFinalizer<GadgetController, Gadget>("chaos.example.com/ledger");
    }

    public override void Install(IApi api) => api.Create(Definitions, null, Definition(), Manager);

    public override void Create(IApi api, int number)
    {
        if (api.Get(Gadgets, Namespace, Name(number)) is not null) return;
        Try(() => api.Create(Gadgets, Namespace, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = Name(number), ["namespace"] = Namespace },
            ["spec"] = new JsonObject { ["size"] = number },
        }, Manager));
    }

    public override void Change(IApi api, int number, int value) => Try(() => api.MergePatch(
        Gadgets, Namespace, Name(number), new JsonObject { ["spec"] = new JsonObject { ["size"] = value } }, Manager));

    public override void Delete(IApi api, int number) => Try(() => api.Delete(Gadgets, Namespace, Name(number)));

    public override void Drift(IApi api, int number)
    {
        foreach (var child in Children(api).Where(child => child.Name()?.StartsWith(Name(number), StringComparison.Ordinal) == true))
        {
            Try(() => api.MergePatch(ConfigMaps, Namespace, child.Name()!, new JsonObject { ["data"] = new JsonObject { ["size"] = "drifted" } }, Manager));
        }
    }

    public override void RemoveChild(IApi api, int number)
    {
        foreach (var child in Children(api).Where(child => child.Name()?.StartsWith(Name(number), StringComparison.Ordinal) == true))
        {
            Try(() => api.Delete(ConfigMaps, Namespace, child.Name()!));
        }
    }

    public override bool Synced(IInformerCaches caches) => caches.Get<Gadget>().Synced;

    public override void DataLost(bool operatorKnew)
    {
        lost = [.. ledger.Held.Keys];
        if (!operatorKnew) OperatorRestarted();
    }

    public override void OperatorRestarted()
    {
        // Whoever starts after the server has forgotten an object cannot know that it ever was.
        foreach (var uid in lost) ledger.Forget(uid);
        lost = [];
    }

    public override string? Unsettled(IApi api, IReadOnlySet<int> alive)
    {
        var gadgets = api.List(Gadgets).Items.ToDictionary(gadget => gadget.Name()!);
        var children = Children(api);
        if (gadgets.Keys.Except(alive.Select(Name)).FirstOrDefault() is { } surplus) return $"gadget {surplus} is still there";
        foreach (var number in alive)
        {
            if (!gadgets.TryGetValue(Name(number), out var gadget)) return $"gadget {Name(number)} is not there";
            if (gadget["metadata"]!["deletionTimestamp"] is not null) return $"gadget {Name(number)} has not ended";
            if (gadget["status"]?["observedGeneration"]?.ToString() != gadget["metadata"]!["generation"]!.ToString()) return $"gadget {Name(number)}: status {gadget["status"]}";
            if (gadget["metadata"]!["finalizers"]?.AsArray().Count != 1) return $"gadget {Name(number)} has no finalizer";
            var own = children.Where(child => Owner(child) == gadget["metadata"]!["uid"]!.ToString()).ToList();
            foreach (var role in (string[])["fixed", "twin"])
            {
                var ofRole = own.Where(child => child["metadata"]!["labels"]?[GadgetController.RoleLabel]?.ToString() == role).ToList();
                if (ofRole.Count != 1) return $"gadget {Name(number)} has {ofRole.Count} children \"{role}\"";
                if (ofRole[0]["data"]?["size"]?.ToString() != gadget["spec"]!["size"]!.ToString()) return $"gadget {Name(number)}: child {ofRole[0].Name()} says {ofRole[0]["data"]}";
            }
        }

        if (children.Count != 2 * alive.Count) return $"{children.Count} children of {alive.Count} gadgets";
        var uids = gadgets.Values.Select(gadget => gadget["metadata"]!["uid"]!.ToString()).ToHashSet();
        return ledger.Held.Keys.ToHashSet().SetEquals(uids) ? null
            : $"the ledger holds {string.Join(", ", ledger.Held.Where(pair => !uids.Contains(pair.Key)).Select(pair => pair.Value))} too much, lacks {uids.Except(ledger.Held.Keys).Count()}";
    }

    public override string? Broken(FaultSchedule schedule) =>
        names.Surplus > 0 && !schedule.MayCreateTwice ? $"{names.Surplus} children were made twice, though no answer was lost: a reconcile decided on stale news" : null;

    private static string Name(int number) => $"g{number:00}";

    private static string? Owner(JsonObject child) => child["metadata"]!["ownerReferences"]?[0]?["uid"]?.ToString();

    private static List<JsonObject> Children(IApi api) => [.. api.List(ConfigMaps, Namespace, $"{GadgetController.Label}=yes").Items];

    private static JsonObject Definition() => JsonNode.Parse("""
        {
          "metadata": { "name": "gadgets.chaos.example.com" },
          "spec": {
            "group": "chaos.example.com",
            "scope": "Namespaced",
            "names": { "plural": "gadgets", "singular": "gadget", "kind": "Gadget", "listKind": "GadgetList" },
            "versions": [{
              "name": "v1", "served": true, "storage": true,
              "subresources": { "status": {} },
              "schema": { "openAPIV3Schema": {
                "type": "object",
                "properties": {
                  "spec": { "type": "object", "properties": { "size": { "type": "integer" } } },
                  "status": { "type": "object", "properties": { "observedGeneration": { "type": "integer" }, "phase": { "type": "string" } } }
                }
              } }
            }]
          }
        }
        """)!.AsObject();
}
