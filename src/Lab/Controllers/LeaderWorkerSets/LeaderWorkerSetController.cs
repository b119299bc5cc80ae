using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers.LeaderWorkerSets;

/// <summary>Keeps the leaders of each LeaderWorkerSet and rolls its groups; their workers are the <see cref="GroupController"/>'s.</summary>
internal sealed class LeaderWorkerSetController : Controller<ObjectKey>
{
    private readonly Informer sets;
    private readonly Informer statefulSets;
    private readonly Informer services;
    private readonly Informer revisions;
    private readonly ObjectIndex revisionsByOwner;
    private readonly GroupReader groups;

    /// <summary>A controller over the context's API, which serves the definition.</summary>
    public LeaderWorkerSetController(ControllerContext context, GroupReader groups)
        : base("leaderworkerset-controller", context)
    {
        this.groups = groups;
        sets = context.Informers.For(Lws.Sets);
        statefulSets = context.Informers.For(BuiltIn.StatefulSets);
        services = context.Informers.For(BuiltIn.Services);
        revisions = context.Informers.For(BuiltIn.ControllerRevisions);
        revisionsByOwner = revisions.AddIndex(revision => revision.ControllerUid() is { } uid ? [uid] : []);
        sets.OnChange((before, after) => Queue.Add(ObjectKey.Of(after ?? before!)));
        foreach (var parts in (Informer[])[statefulSets, services])
        {
            parts.OnChange((before, after) =>
            {
                if ((after ?? before!).Label(Lws.NameLabel) is { } set) Queue.Add(new((after ?? before!).Namespace(), set));
            });
        }
    }

    /// <inheritdoc/>
    protected override void Reconcile(ObjectKey key)
    {
        if (sets.Get(key) is not { } set || set.IsDeleting()) return;
        var leaders = statefulSets.Get(key);
        // It goes, as in a foreground deletion; its end brings us back.
        if (leaders?.IsDeleting() == true) return;
        var (revision, changed) = Revision(set, leaders);
        var facts = LeaderSetFacts.From(leaders);
        var counted = groups.Groups(set, revision);
        var rollout = GroupRolloutDecision.Decide(GroupRolloutSpec.From(set), facts, changed, GroupReader.Ordered(counted, facts?.Replicas ?? 0));
        WriteLeaders(set, leaders, revision, rollout);
        if (!GroupTemplates.IsUniquePerReplica(set)) EnsureService(set);
        WriteStatus(set, key, counted);
        if (LeaderWorkerSetStatus.IsSettled(set, counted)) Truncate(set, revision);
    }

    /// <summary>The key of the present template, and whether it has just become another one.</summary>
    private (string Key, bool Changed) Revision(JsonObject set, JsonObject? leaders)
    {
        var history = revisionsByOwner[set.Uid()];
        var data = TemplateRevisions.DataOf(set);
        var running = leaders?.Label(Lws.RevisionLabel);
        var current = running is null ? null : Latest(history.Where(revision => TemplateRevisions.KeyOf(revision) == running));
        if (current is null) return (CreateRevision(set, history, data, running), false);
        return JsonNode.DeepEquals(current["data"], data) ? (running!, false) : (CreateRevision(set, history, data, null), true);
    }

    private string CreateRevision(JsonObject set, IEnumerable<JsonObject> history, JsonObject data, string? key)
    {
        var same = Latest(history.Where(revision => JsonNode.DeepEquals(revision["data"], data) && (key is null || TemplateRevisions.KeyOf(revision) == key)));
        if (same is not null) return TemplateRevisions.KeyOf(same);
        var number = history.Select(revision => revision.Whole("revision") ?? 0).DefaultIfEmpty().Max() + 1;
        var made = TemplateRevisions.New(set, data, number, key);
        var created = Context.Api.Create(BuiltIn.ControllerRevisions, set.Namespace(), made, Name);
        revisions.Observe(created);
        Tell(set, "CreatingRevision", $"Remembered template {TemplateRevisions.KeyOf(created)} as revision {number.ToString(CultureInfo.InvariantCulture)}");
        return TemplateRevisions.KeyOf(created);
    }

    private static JsonObject? Latest(IEnumerable<JsonObject> history) => history.MaxBy(revision => revision.Whole("revision") ?? 0);

    private void WriteLeaders(JsonObject set, JsonObject? leaders, string revision, GroupRollout rollout)
    {
        var wanted = GroupTemplates.Leaders(set, revision, rollout);
        if (leaders is null)
        {
            try
            {
                statefulSets.Observe(Context.Api.Create(BuiltIn.StatefulSets, set.Namespace(), wanted, Name));
            }
            catch (ApiException refused) when (refused.Code is not 409)
            {
                Context.Events.Warning(Name, set, Lws.Kind, Lws.ApiVersion, "FailedCreate", $"The leaders' StatefulSet {set.Name()} cannot be created: {refused.Message}");
                throw;
            }

            Tell(set, "GroupsProgressing", $"Created the leaders' StatefulSet {set.Name()}");
            return;
        }

        var next = leaders.Copy();
        foreach (var part in (ReadOnlySpan<string>)["labels", "annotations"])
        {
            var entries = next.Ensure("metadata").Ensure(part);
            foreach (var (name, value) in wanted.Obj("metadata", part)!) entries[name] = value?.DeepClone();
        }

        var spec = next.Ensure("spec");
        foreach (var part in (ReadOnlySpan<string>)["replicas", "template", "updateStrategy"]) spec[part] = wanted["spec"]![part]!.DeepClone();
        // The server fills in the defaults; when nothing differs then, nothing is written.
        var written = Context.Api.Update(BuiltIn.StatefulSets, set.Namespace(), set.Name(), next, Name);
        statefulSets.Observe(written);
        var before = leaders.Whole("spec", "updateStrategy", "rollingUpdate", "partition") ?? 0;
        if (leaders.Label(Lws.RevisionLabel) == revision && rollout.Partition < before)
            Tell(set, "GroupsUpdating", $"Updating groups {before - 1} down to {rollout.Partition}");
        var size = leaders.Whole("spec", "replicas") ?? 1;
        if (rollout.Replicas < size) Tell(set, "GroupsProgressing", $"Removing groups {size - 1} down to {rollout.Replicas}");
    }

    private void EnsureService(JsonObject set)
    {
        if (services.Get(ObjectKey.Of(set)) is not null) return;
        var service = GroupTemplates.Service(set, set.Name(), set, Lws.ApiVersion, Lws.Kind, (Lws.NameLabel, set.Name()));
        services.Observe(Context.Api.Create(BuiltIn.Services, set.Namespace(), service, Name));
    }

    private void WriteStatus(JsonObject set, ObjectKey key, IReadOnlyList<CountedGroup> counted)
    {
        var leaders = (int)(statefulSets.Get(key)?.Whole("status", "replicas") ?? 0);
        var status = LeaderWorkerSetStatus.Decide(set, leaders, counted, Context.Now);
        if (JsonNode.DeepEquals(status, set.Obj("status"))) return;
        var changed = set.Copy();
        changed["status"] = status;
        var written = Context.Api.Update(Lws.Sets, set.Namespace(), set.Name(), changed, Name, "status");
        sets.Observe(written);
        foreach (var type in (ReadOnlySpan<string>)[LeaderWorkerSetStatus.UpdateInProgress, LeaderWorkerSetStatus.Progressing, LeaderWorkerSetStatus.Available])
        {
            if (!written.ConditionIsTrue(type) || set.ConditionIsTrue(type)) continue;
            var condition = written.Condition(type)!;
            Tell(set, condition.Text("reason")!, $"{condition.Text("message")} {written.Whole("status", "readyReplicas") ?? 0} of {set.Whole("spec", "replicas") ?? 1} groups are ready.");
            break;
        }
    }

    private void Truncate(JsonObject set, string revision)
    {
        foreach (var old in revisionsByOwner[set.Uid()].Where(old => TemplateRevisions.KeyOf(old) != revision))
        {
            Context.Api.Delete(BuiltIn.ControllerRevisions, set.Namespace(), old.Name(), uid: old.Uid());
            revisions.ObserveDeletion(old);
        }
    }

    private void Tell(JsonObject set, string reason, string message) => Context.Events.Normal(Name, set, Lws.Kind, Lws.ApiVersion, reason, message);
}
