using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers.Workloads;

/// <summary>Keeps each ReplicaSet at its number of pods, adopts matching orphans and lets go of pods that no longer match.</summary>
internal sealed class ReplicaSetController : Controller<ObjectKey>
{
    private readonly Informer sets;
    private readonly Informer pods;
    private readonly OwnedPods owned;
    private readonly ObjectIndex setsByOwner;
    private readonly SelectorIndex setsBySelector;

    /// <summary>A controller over the context's API.</summary>
    public ReplicaSetController(ControllerContext context, OwnedPods owned)
        : base("replicaset-controller", context)
    {
        this.owned = owned;
        sets = context.Informers.For(BuiltIn.ReplicaSets);
        pods = context.Informers.For(BuiltIn.Pods);
        setsByOwner = sets.AddIndex(set => set.ControllerUid() is { } uid ? [uid] : []);
        setsBySelector = new(sets, set => LabelSelector.From(set.Obj("spec", "selector")));
        sets.OnChange((before, after) => Queue.Add(ObjectKey.Of(after ?? before!)));
        pods.OnChange((before, after) =>
        {
            EnqueueOwner(before);
            EnqueueOwner(after);
            if (after is not null && before is null && after.ControllerRef() is null) EnqueueMatching(after);
        });
    }

    /// <inheritdoc/>
    protected override void Reconcile(ObjectKey key)
    {
        if (sets.Get(key) is not { } set) return;
        var now = Context.Now;
        var desired = (int)(set.Whole("spec", "replicas") ?? 1);
        var minReady = TimeSpan.FromSeconds(set.Whole("spec", "minReadySeconds") ?? 0);
        var selector = LabelSelector.From(set.Obj("spec", "selector"));
        if (!set.IsDeleting()) owned.Claim(set, "apps/v1", "ReplicaSet", selector, Name);
        var mine = owned.Of(set);
        var facts = mine.Select(PodFacts.From).ToList();
        var plan = ReplicaSetDecision.Decide(desired, minReady, facts, () => Crowding(set, facts), now);
        JsonArray? failure = null;
        if (!set.IsDeleting())
        {
            try
            {
                Act(set, plan);
            }
            catch (ApiException refused)
            {
                failure = set.Obj("status")?["conditions"] as JsonArray;
                failure = failure.With("ReplicaFailure", "True", plan.Create > 0 ? "FailedCreate" : "FailedDelete", refused.Message, now);
                WriteStatus(set, selector, owned.Of(set), minReady, failure);
                Context.Events.Warning(Name, set, "ReplicaSet", "apps/v1", "FailedCreate", $"Error creating: {refused.Message}");
                throw;
            }
        }

        var acted = plan.Create > 0 || plan.Delete.Count > 0;
        WriteStatus(set, selector, acted ? owned.Of(set) : mine, minReady, failure);
        if (plan.NextAvailable is { } at) Queue.AddAfter(key, at - now);
    }

    private void Act(JsonObject set, ReplicaSetPlan plan)
    {
        for (var i = 0; i < plan.Create; i++)
        {
            var pod = PodTemplates.NewPod(set, "apps/v1", "ReplicaSet");
            pod["metadata"]!["generateName"] = set.Name() + "-";
            var made = Context.Api.Create(BuiltIn.Pods, set.Namespace(), pod, Name);
            pods.Observe(made);
            Context.Events.Normal(Name, set, "ReplicaSet", "apps/v1", "SuccessfulCreate", $"Created pod: {made.Name()}");
        }

        foreach (var victim in plan.Delete)
        {
            var pod = pods.Get(new(set.Namespace(), victim));
            if (pod is null) continue;
            Context.Api.Delete(BuiltIn.Pods, set.Namespace(), victim, uid: pod.Uid());
            pods.ObserveDeletion(pod);
            Context.Events.Normal(Name, set, "ReplicaSet", "apps/v1", "SuccessfulDelete", $"Deleted pod: {victim}");
        }

        if (plan.Create == ReplicaSetDecision.Burst || plan.Delete.Count == ReplicaSetDecision.Burst) Queue.Add(ObjectKey.Of(set));
    }

    private void WriteStatus(JsonObject set, LabelSelector selector, IReadOnlyList<JsonObject> mine, TimeSpan minReady, JsonArray? failure)
    {
        var now = Context.Now;
        var active = mine.Select(pod => (Pod: pod, Facts: PodFacts.From(pod))).Where(entry => entry.Facts.Active).ToList();
        var template = LabelSelector.FromMap(set.Obj("spec", "template", "metadata", "labels"));
        var status = new JsonObject { ["replicas"] = active.Count };
        status.SetCount("fullyLabeledReplicas", active.Count(entry => template.Matches(entry.Pod) && selector.Matches(entry.Pod)));
        status.SetCount("readyReplicas", active.Count(entry => entry.Facts.Ready));
        status.SetCount("availableReplicas", active.Count(entry => entry.Facts.Available(minReady, now)));
        status["observedGeneration"] = set.Generation();
        if (failure is not null) status["conditions"] = failure.DeepClone();
        if (JsonNode.DeepEquals(status, set.Obj("status"))) return;
        var changed = set.Copy();
        changed["status"] = status;
        sets.Observe(Context.Api.Update(BuiltIn.ReplicaSets, set.Namespace(), set.Name(), changed, Name, "status"));
    }

    private Dictionary<string, int> Crowding(JsonObject set, IEnumerable<PodFacts> own)
    {
        IEnumerable<PodFacts> related = own;
        if (set.ControllerUid() is { } owner) related = setsByOwner[owner].SelectMany(owned.Of).Select(PodFacts.From);
        var perNode = new Dictionary<string, int>();
        foreach (var pod in related)
        {
            if (pod is { Active: true, NodeName: { } node }) perNode[node] = perNode.GetValueOrDefault(node) + 1;
        }

        return perNode;
    }

    private void EnqueueOwner(JsonObject? pod)
    {
        if (pod?.ControllerRef() is { } owner && owner.Text("kind") == "ReplicaSet") Queue.Add(new(pod.Namespace(), owner.Text("name") ?? ""));
    }

    private void EnqueueMatching(JsonObject orphan)
    {
        foreach (var set in setsBySelector.Selecting(orphan.Namespace(), orphan.Obj("metadata", "labels"))) Queue.Add(set);
    }
}
