using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers.LeaderWorkerSets;

/// <summary>Gives each leader its workers, and makes a group anew when one of its pods restarts or goes. Its keys are pods.</summary>
internal sealed class GroupController : Controller<ObjectKey>
{
    private readonly Informer sets;
    private readonly Informer pods;
    private readonly Informer nodes;
    private readonly Informer statefulSets;
    private readonly Informer services;
    private readonly Informer revisions;
    private readonly ObjectIndex revisionsByOwner;
    private readonly GroupReader groups;

    /// <summary>A controller over the context's API, which serves the definition.</summary>
    public GroupController(ControllerContext context, GroupReader groups)
        : base("leaderworkerset-pod-controller", context)
    {
        this.groups = groups;
        sets = context.Informers.For(Lws.Sets);
        pods = context.Informers.For(BuiltIn.Pods);
        nodes = context.Informers.For(BuiltIn.Nodes);
        statefulSets = context.Informers.For(BuiltIn.StatefulSets);
        services = context.Informers.For(BuiltIn.Services);
        revisions = context.Informers.For(BuiltIn.ControllerRevisions);
        revisionsByOwner = revisions.AddIndex(revision => revision.ControllerUid() is { } uid ? [uid] : []);
        pods.OnChange((_, after) =>
        {
            if (after?.Label(Lws.NameLabel) is not null) Queue.Add(ObjectKey.Of(after));
        });
        statefulSets.OnChange((before, after) =>
        {
            // A leader whose workers went gets new ones.
            if (after is null && before!.ControllerRef() is { } owner && owner.Text("kind") == "Pod") Queue.Add(new(before!.Namespace(), owner.Text("name") ?? ""));
        });
    }

    /// <inheritdoc/>
    protected override void Reconcile(ObjectKey key)
    {
        if (pods.Get(key) is not { } pod || pod.Label(Lws.NameLabel) is not { } name || sets.Get(new(key.Namespace, name)) is not { } set) return;
        if (Recreate(set, pod)) return;
        if (pod.Label(Lws.WorkerIndexLabel) != "0" || pod.IsDeleting()) return;
        if (GroupTemplates.IsUniquePerReplica(set)) EnsureService(set, pod);
        if (GroupTemplates.Size(set) > 1) EnsureWorkers(set, pod);
    }

    /// <summary>Deletes the leader, with which all its workers go, when the group must be made anew; whether it is going.</summary>
    private bool Recreate(JsonObject set, JsonObject pod)
    {
        var policy = set.Text("spec", "leaderWorkerTemplate", "restartPolicy");
        if (!GroupRestartDecision.Recreates(policy, pod, groups.GroupOf(pod), GroupTemplates.Size(set))) return false;
        var leader = pod;
        if (pod.Label(Lws.WorkerIndexLabel) != "0")
        {
            if (pods.Get(new(pod.Namespace(), pod.Annotation(Lws.LeaderNameAnnotation) ?? "")) is not { } found || !BelongsTo(pod, found)) return false;
            leader = found;
        }

        if (leader.IsDeleting()) return true;
        Context.Api.Delete(BuiltIn.Pods, leader.Namespace(), leader.Name(), "Foreground", uid: leader.Uid());
        pods.ObserveDeletion(leader);
        var why = pod.IsDeleting() ? "is being deleted" : "restarted a container";
        Context.Events.Normal(Name, set, Lws.Kind, Lws.ApiVersion, "RecreateGroup", $"Pod {pod.Name()} {why}: group {leader.Label(Lws.GroupIndexLabel)} is made anew");
        return true;
    }

    /// <summary>Whether a worker is of this very leader and template, and not a leftover of a group that is being replaced.</summary>
    private bool BelongsTo(JsonObject worker, JsonObject leader) =>
        leader.Label(Lws.RevisionLabel) == worker.Label(Lws.RevisionLabel)
        && worker.ControllerRef() is { } owner && owner.Text("kind") == "StatefulSet"
        && statefulSets.Get(new(worker.Namespace(), owner.Text("name") ?? "")) is { } workers
        && workers.Uid() == owner.Text("uid")
        && workers.ControllerUid() == leader.Uid();

    private void EnsureService(JsonObject set, JsonObject leader)
    {
        if (services.Get(ObjectKey.Of(leader)) is not null) return;
        var service = GroupTemplates.Service(
            set, leader.Name(), leader, "v1", "Pod", (Lws.NameLabel, set.Name()), (Lws.GroupIndexLabel, leader.Label(Lws.GroupIndexLabel) ?? ""));
        services.Observe(Context.Api.Create(BuiltIn.Services, set.Namespace(), service, Name));
    }

    private void EnsureWorkers(JsonObject set, JsonObject leader)
    {
        if (statefulSets.Get(ObjectKey.Of(leader)) is not null) return;
        if (set.Text("spec", "startupPolicy") == "LeaderReady" && !leader.ConditionIsTrue("Ready")) return;
        (string, string)? topology = null;
        if (set.Annotation(Lws.ExclusiveAnnotation) is { Length: > 0 } key)
        {
            // Workers follow their leader: until it has a place they have none.
            if (leader.Text("spec", "nodeName") is not { Length: > 0 } place) return;
            if (nodes.Get(new(null, place))?.Label(key) is not { } value)
            {
                Context.Events.Warning(Name, set, Lws.Kind, Lws.ApiVersion, "FailedCreate", $"Node {place} of leader {leader.Name()} has no label {key}, which the exclusive topology names");
                return;
            }

            topology = (key, value);
        }

        if (revisionsByOwner[set.Uid()].FirstOrDefault(r => TemplateRevisions.KeyOf(r) == leader.Label(Lws.RevisionLabel)) is not { } revision)
        {
            Queue.AddAfter(ObjectKey.Of(leader), TimeSpan.FromSeconds(1));
            return;
        }

        var wanted = GroupTemplates.Workers(set, TemplateRevisions.Restore(set, revision), leader, topology);
        try
        {
            statefulSets.Observe(Context.Api.Create(BuiltIn.StatefulSets, leader.Namespace(), wanted, Name));
        }
        catch (ApiException refused) when (refused.Code is not 409)
        {
            Context.Events.Warning(Name, set, Lws.Kind, Lws.ApiVersion, "FailedCreate", $"The workers of leader {leader.Name()} cannot be created: {refused.Message}");
            throw;
        }

        Context.Events.Normal(Name, set, Lws.Kind, Lws.ApiVersion, "GroupsProgressing", $"Created the workers of leader {leader.Name()}");
    }
}
