using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Controllers.Workloads;

namespace Nemotron.Lab.Controllers.StatefulSets;

/// <summary>Keeps the pods of each StatefulSet, with their names, claims and revisions.</summary>
internal sealed class StatefulSetController : Controller<ObjectKey>
{
    private const string Kind = "StatefulSet";
    private const string Version = "apps/v1";
    private readonly Informer sets;
    private readonly Informer pods;
    private readonly Informer claims;
    private readonly Informer revisions;
    private readonly ObjectIndex revisionsByOwner;
    private readonly SelectorIndex setsBySelector;
    private readonly OwnedPods owned;

    /// <summary>A controller over the context's API.</summary>
    public StatefulSetController(ControllerContext context, OwnedPods owned)
        : base("statefulset-controller", context)
    {
        this.owned = owned;
        sets = context.Informers.For(BuiltIn.StatefulSets);
        pods = context.Informers.For(BuiltIn.Pods);
        claims = context.Informers.For(BuiltIn.PersistentVolumeClaims);
        revisions = context.Informers.For(BuiltIn.ControllerRevisions);
        revisionsByOwner = revisions.AddIndex(revision => revision.ControllerUid() is { } uid ? [uid] : []);
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
        if (!set.IsDeleting())
        {
            var selector = LabelSelector.From(set.Obj("spec", "selector"));
            owned.Claim(set, Version, Kind, selector, Name, pod => StatefulPod.OrdinalOf(pod.Name(), set.Name()) is not null);
        }

        var collisions = set.Whole("status", "collisionCount") ?? 0;
        var update = UpdateRevision(set, ref collisions);
        var current = revisionsByOwner[set.Uid()].FirstOrDefault(revision => revision.Name() == set.Text("status", "currentRevision")) ?? update;
        var plan = StatefulSetDecision.Decide(StatefulSpec.From(set), current.Name(), update.Name(), PodsOf(set), Context.Now);
        if (!set.IsDeleting()) KeepClaims(set);
        ApiException? failed = null;
        foreach (var creation in plan.Create)
        {
            try
            {
                Create(set, creation, creation.Revision == update.Name() ? update : current);
            }
            catch (ApiException refused)
            {
                // One pod that cannot be made must not keep the others away.
                failed ??= refused;
            }
        }

        foreach (var name in plan.Delete) Delete(set, name);
        WriteStatus(set, current.Name(), update.Name(), collisions);
        if (failed is not null) throw new ApiException(failed.Code, failed.Reason, failed.Message);
        Truncate(set);
        if (plan.NextAvailable is { } at) Queue.AddAfter(key, at - Context.Now);
    }

    private List<StatefulPod> PodsOf(JsonObject set) => [.. owned.Of(set).Select(pod => StatefulPod.From(pod, set.Name())).OfType<StatefulPod>()];

    private JsonObject UpdateRevision(JsonObject set, ref long collisions)
    {
        var data = RevisionDecision.DataOf(set);
        var plan = RevisionDecision.Decide(revisionsByOwner[set.Uid()], data);
        if (plan.Found is { } found)
        {
            if (found.Whole("revision") == plan.Number || set.IsDeleting()) return found;
            var patch = new JsonObject { ["revision"] = plan.Number };
            var renumbered = Context.Api.MergePatch(BuiltIn.ControllerRevisions, set.Namespace(), found.Name(), patch, Name);
            revisions.Observe(renumbered);
            return renumbered;
        }

        while (true)
        {
            var made = RevisionDecision.New(set, (JsonObject)data.DeepClone(), plan.Number, collisions);
            try
            {
                var created = Context.Api.Create(BuiltIn.ControllerRevisions, set.Namespace(), made, Name);
                revisions.Observe(created);
                return created;
            }
            catch (ApiException taken) when (taken.Reason == "AlreadyExists")
            {
                collisions++;
            }
        }
    }

    private void Create(JsonObject set, StatefulCreation creation, JsonObject revision)
    {
        foreach (var claim in StatefulPodTemplate.Claims(set, creation.Ordinal))
        {
            if (claims.Get(ObjectKey.Of(claim)) is { } there)
            {
                // A pod must not start on a claim that is about to go; the claim's end brings us back.
                if (there.IsDeleting()) throw new ApiException(409, "Conflict", $"the claim {there.Name()} is being deleted");
                continue;
            }

            claims.Observe(Context.Api.Create(BuiltIn.PersistentVolumeClaims, set.Namespace(), claim, Name));
            Context.Events.Normal(Name, set, Kind, Version, "SuccessfulCreate", $"create Claim {claim.Name()} Pod {set.Name()}-{creation.Ordinal} in StatefulSet {set.Name()} success");
        }

        var pod = StatefulPodTemplate.Pod(set, RevisionDecision.TemplateOf(revision), creation.Revision, creation.Ordinal);
        var name = pod.Name();
        try
        {
            pods.Observe(Context.Api.Create(BuiltIn.Pods, set.Namespace(), pod, Name));
        }
        catch (ApiException refused) when (refused.Reason != "AlreadyExists")
        {
            Context.Events.Warning(Name, set, Kind, Version, "FailedCreate", $"create Pod {name} in StatefulSet {set.Name()} failed error: {refused.Message}");
            throw;
        }

        Context.Events.Normal(Name, set, Kind, Version, "SuccessfulCreate", $"create Pod {name} in StatefulSet {set.Name()} successful");
    }

    private void Delete(JsonObject set, string name)
    {
        if (pods.Get(new(set.Namespace(), name)) is not { } pod) return;
        Context.Api.Delete(BuiltIn.Pods, set.Namespace(), name, uid: pod.Uid());
        pods.ObserveDeletion(pod);
        Context.Events.Normal(Name, set, Kind, Version, "SuccessfulDelete", $"delete Pod {name} in StatefulSet {set.Name()} successful");
    }

    private void KeepClaims(JsonObject set)
    {
        if (!set.Items("spec", "volumeClaimTemplates").Any()) return;
        var spec = StatefulSpec.From(set);
        foreach (var pod in owned.Of(set))
        {
            if (StatefulPod.OrdinalOf(pod.Name(), set.Name()) is not { } ordinal) continue;
            var condemned = ordinal < spec.Start || ordinal >= spec.Start + spec.Replicas;
            foreach (var name in StatefulPodTemplate.ClaimNames(set, ordinal))
            {
                if (claims.Get(new(set.Namespace(), name)) is not { } claim || ClaimRetention.Correct(claim, set, pod, condemned) is not { } owners) continue;
                var patch = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = claim.Uid(), ["ownerReferences"] = owners.Count == 0 ? null : owners } };
                claims.Observe(Context.Api.MergePatch(BuiltIn.PersistentVolumeClaims, set.Namespace(), name, patch, Name));
            }
        }
    }

    private void WriteStatus(JsonObject set, string current, string update, long collisions)
    {
        var status = StatefulSetStatus.Decide(set, current, update, collisions, PodsOf(set), Context.Now);
        if (JsonNode.DeepEquals(status, set.Obj("status"))) return;
        var changed = set.Copy();
        changed["status"] = status;
        sets.Observe(Context.Api.Update(BuiltIn.StatefulSets, set.Namespace(), set.Name(), changed, Name, "status"));
    }

    private void Truncate(JsonObject set)
    {
        var history = revisionsByOwner[set.Uid()];
        var limit = (int)(set.Whole("spec", "revisionHistoryLimit") ?? 10);
        if (history.Count <= limit + 1) return;
        var latest = sets.Get(ObjectKey.Of(set)) ?? set;
        HashSet<string> live = [latest.Text("status", "currentRevision") ?? "", latest.Text("status", "updateRevision") ?? "", .. PodsOf(set).Select(pod => pod.Revision)];
        foreach (var revision in RevisionDecision.Surplus(history, live, limit))
        {
            Context.Api.Delete(BuiltIn.ControllerRevisions, set.Namespace(), revision.Name(), uid: revision.Uid());
            revisions.ObserveDeletion(revision);
        }
    }

    private void EnqueueOwner(JsonObject? pod)
    {
        if (pod?.ControllerRef() is { } owner && owner.Text("kind") == Kind) Queue.Add(new(pod.Namespace(), owner.Text("name") ?? ""));
    }

    private void EnqueueMatching(JsonObject orphan)
    {
        foreach (var set in setsBySelector.Selecting(orphan.Namespace(), orphan.Obj("metadata", "labels"))) Queue.Add(set);
    }
}
