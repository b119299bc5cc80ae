using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers.Workloads;

/// <summary>Rolls each Deployment's pods from one template to the next through its ReplicaSets.</summary>
internal sealed class DeploymentController : Controller<ObjectKey>
{
    private const string Desired = DeploymentSnapshot.DesiredAnnotation;
    private const string Most = DeploymentSnapshot.MaxAnnotation;
    private readonly Informer deployments;
    private readonly Informer sets;
    private readonly ObjectIndex setsByOwner;
    private readonly OwnedPods ownedPods;

    /// <summary>A controller over the context's API.</summary>
    public DeploymentController(ControllerContext context, OwnedPods ownedPods)
        : base("deployment-controller", context)
    {
        this.ownedPods = ownedPods;
        deployments = context.Informers.For(BuiltIn.Deployments);
        sets = context.Informers.For(BuiltIn.ReplicaSets);
        setsByOwner = sets.AddIndex(set => set.ControllerUid() is { } uid ? [uid] : []);
        deployments.OnChange((before, after) => Queue.Add(ObjectKey.Of(after ?? before!)));
        sets.OnChange((before, after) => EnqueueOwner(after ?? before!));
        // Recreate waits until the last old pod is gone, which no ReplicaSet's status tells.
        context.Informers.For(BuiltIn.Pods).OnChange((before, after) =>
        {
            if (after is null && before!.ControllerUid() is not null) EnqueueOwnerOfPod(before!);
        });
    }

    /// <inheritdoc/>
    protected override void Reconcile(ObjectKey key)
    {
        if (deployments.Get(key) is not { } deployment) return;
        var snapshot = new DeploymentSnapshot(deployment, setsByOwner[deployment.Uid()]);
        if (deployment.IsDeleting())
        {
            WriteStatus(snapshot, null, judgeProgress: false);
            return;
        }

        JsonArray? conditions = PausedCondition(deployment);
        if (!snapshot.Spec.Paused && snapshot.NewSet is { } current) conditions = SyncRevision(snapshot, current, conditions);
        var step = RolloutDecision.Decide(
            snapshot.Spec,
            snapshot.NewSet is null ? null : DeploymentSnapshot.Facts(snapshot.NewSet),
            [.. snapshot.OldSets.Select(DeploymentSnapshot.Facts)],
            snapshot.Spec.Recreate && snapshot.OldSets.Any(HasRunningPods));
        if (step.CreateNew is { } size) conditions = CreateNew(snapshot, size, conditions);
        foreach (var scale in step.Scale) Scale(snapshot, scale);
        foreach (var name in step.Remove) Remove(deployment, name);

        var after = new DeploymentSnapshot(deployments.Get(key) ?? deployment, setsByOwner[deployment.Uid()]);
        WriteStatus(after, conditions, judgeProgress: !snapshot.Spec.Paused);
        // One pass takes one step; whatever it left to do is done at once.
        if (step.CreateNew is not null || step.Scale.Count > 0) Queue.Add(key);
    }

    private JsonArray? CreateNew(DeploymentSnapshot snapshot, int size, JsonArray? conditions)
    {
        var deployment = snapshot.Deployment;
        var made = NewReplicaSet(snapshot, size);
        JsonObject created;
        try
        {
            created = Context.Api.Create(BuiltIn.ReplicaSets, deployment.Namespace(), made, Name);
        }
        catch (ApiException refused) when (refused.Reason == "AlreadyExists")
        {
            // Another template with the same hash, or a set that is going away: salt the hash and come again.
            var salted = deployment.Copy();
            salted.Ensure("status")["collisionCount"] = snapshot.Collisions + 1;
            deployments.Observe(Context.Api.Update(BuiltIn.Deployments, deployment.Namespace(), deployment.Name(), salted, Name, "status"));
            Queue.Add(ObjectKey.Of(deployment));
            return conditions;
        }
        catch (ApiException refused)
        {
            var failed = DeploymentStatusDecision.Set(Current(deployment, conditions), "Progressing", "False", "ReplicaSetCreateError", refused.Message, Context.Now);
            WriteStatus(snapshot, failed, judgeProgress: false);
            throw;
        }

        sets.Observe(created);
        if (size > 0) Scaled(deployment, created.Name(), 0, size);
        SetRevision(deployment, snapshot.Revision);
        return DeploymentStatusDecision.Set(
            Current(deployment, conditions), "Progressing", "True", "NewReplicaSetCreated", $"Created new replica set \"{created.Name()}\"", Context.Now);
    }

    private static JsonObject NewReplicaSet(DeploymentSnapshot snapshot, int size)
    {
        var deployment = snapshot.Deployment;
        var template = deployment.Obj("spec", "template")!.Copy();
        template.Ensure("metadata").Ensure("labels")[PodTemplates.HashLabel] = snapshot.Hash;
        var selector = deployment.Obj("spec", "selector")!.Copy();
        selector.Ensure("matchLabels")[PodTemplates.HashLabel] = snapshot.Hash;
        var annotations = CopiedAnnotations(deployment);
        annotations[DeploymentSnapshot.RevisionAnnotation] = snapshot.Revision.ToString(CultureInfo.InvariantCulture);
        annotations[Desired] = snapshot.Spec.Replicas.ToString(CultureInfo.InvariantCulture);
        annotations[Most] = (snapshot.Spec.Replicas + snapshot.Spec.MaxSurge).ToString(CultureInfo.InvariantCulture);
        var spec = new JsonObject { ["replicas"] = size, ["selector"] = selector, ["template"] = template };
        if (deployment.Whole("spec", "minReadySeconds") is { } minReady and > 0) spec["minReadySeconds"] = minReady;
        return new()
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "ReplicaSet",
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{deployment.Name()}-{snapshot.Hash}",
                ["namespace"] = deployment.Namespace(),
                ["labels"] = template.Obj("metadata", "labels")!.Copy(),
                ["annotations"] = annotations,
                ["ownerReferences"] = new JsonArray(PodTemplates.ControllerReference(deployment, "apps/v1", "Deployment")),
            },
            ["spec"] = spec,
        };
    }

    private static JsonObject CopiedAnnotations(JsonObject deployment)
    {
        var copied = new JsonObject();
        foreach (var (name, value) in deployment.Obj("metadata", "annotations") ?? [])
        {
            if (name is "kubectl.kubernetes.io/last-applied-configuration" or Desired or Most or DeploymentSnapshot.RevisionAnnotation) continue;
            copied[name] = value?.DeepClone();
        }

        return copied;
    }

    private JsonArray? SyncRevision(DeploymentSnapshot snapshot, JsonObject current, JsonArray? conditions)
    {
        var deployment = snapshot.Deployment;
        var annotations = CopiedAnnotations(deployment);
        annotations[DeploymentSnapshot.RevisionAnnotation] = snapshot.Revision.ToString(CultureInfo.InvariantCulture);
        var stale = annotations.Where(wanted => current.Annotation(wanted.Key) != wanted.Value.Text()).ToList();
        var minReady = deployment.Whole("spec", "minReadySeconds") ?? 0;
        if (stale.Count > 0 || (current.Whole("spec", "minReadySeconds") ?? 0) != minReady)
        {
            var changed = current.Copy();
            foreach (var (name, value) in stale) changed.Ensure("metadata").Ensure("annotations")[name] = value?.DeepClone();
            changed.Ensure("spec")["minReadySeconds"] = minReady;
            sets.Observe(Context.Api.Update(BuiltIn.ReplicaSets, current.Namespace(), current.Name(), changed, Name));
        }

        SetRevision(deployment, snapshot.Revision);
        var known = Current(deployment, conditions);
        if (DeploymentStatusDecision.Find(known, "Progressing") is not null || snapshot.ProgressDeadline is null) return conditions;
        return DeploymentStatusDecision.Set(known, "Progressing", "True", "FoundNewReplicaSet", $"Found new replica set \"{current.Name()}\"", Context.Now);
    }

    private void SetRevision(JsonObject deployment, long revision)
    {
        var text = revision.ToString(CultureInfo.InvariantCulture);
        if (deployment.Annotation(DeploymentSnapshot.RevisionAnnotation) == text) return;
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [DeploymentSnapshot.RevisionAnnotation] = text } },
        };
        deployments.Observe(Context.Api.MergePatch(BuiltIn.Deployments, deployment.Namespace(), deployment.Name(), patch, Name));
    }

    private void Scale(DeploymentSnapshot snapshot, ScaleStep step)
    {
        var key = new ObjectKey(snapshot.Deployment.Namespace(), step.ReplicaSet);
        if (sets.Get(key) is not { } set) return;
        var changed = set.Copy();
        changed.Ensure("spec")["replicas"] = step.To;
        var annotations = changed.Ensure("metadata").Ensure("annotations");
        annotations[Desired] = snapshot.Spec.Replicas.ToString(CultureInfo.InvariantCulture);
        annotations[Most] = (snapshot.Spec.Replicas + snapshot.Spec.MaxSurge).ToString(CultureInfo.InvariantCulture);
        sets.Observe(Context.Api.Update(BuiltIn.ReplicaSets, set.Namespace(), set.Name(), changed, Name));
        if (step.From != step.To) Scaled(snapshot.Deployment, step.ReplicaSet, step.From, step.To);
    }

    private void Scaled(JsonObject deployment, string set, int from, int to) => Context.Events.Normal(
        Name, deployment, "Deployment", "apps/v1", "ScalingReplicaSet", $"Scaled {(to > from ? "up" : "down")} replica set {set} from {from} to {to}");

    private void Remove(JsonObject deployment, string name)
    {
        if (sets.Get(new(deployment.Namespace(), name)) is not { } set) return;
        Context.Api.Delete(BuiltIn.ReplicaSets, set.Namespace(), name, uid: set.Uid());
        sets.ObserveDeletion(set);
    }

    private JsonArray? PausedCondition(JsonObject deployment)
    {
        if (deployment.Whole("spec", "progressDeadlineSeconds") is null or int.MaxValue) return null;
        var conditions = deployment.At("status", "conditions") as JsonArray;
        var progressing = DeploymentStatusDecision.Find(conditions, "Progressing");
        // A verdict already spoken stays until the rollout moves again.
        if (progressing.Text("reason") == "ProgressDeadlineExceeded") return null;
        var paused = deployment.Flag("spec", "paused");
        var wasPaused = progressing.Text("reason") == "DeploymentPaused";
        if (paused && !wasPaused) return DeploymentStatusDecision.Set(conditions, "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused", Context.Now);
        return !paused && wasPaused
            ? DeploymentStatusDecision.Set(conditions, "Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed", Context.Now)
            : null;
    }

    private void WriteStatus(DeploymentSnapshot snapshot, JsonArray? conditions, bool judgeProgress)
    {
        var deployment = snapshot.Deployment;
        var counts = snapshot.Counts;
        var progress = new DeploymentProgress(
            deployment.Name(), snapshot.Spec.Replicas, snapshot.Spec.MaxUnavailable, snapshot.CountsBefore, counts, snapshot.NewSet?.Name(), snapshot.ProgressDeadline);
        var (next, lookAgain) = DeploymentStatusDecision.Decide(progress, Current(deployment, conditions), Context.Now, judgeProgress);
        var failure = snapshot.Sets.Select(set => set.Condition("ReplicaFailure")).FirstOrDefault(found => found is not null);
        next = failure is null
            ? [.. next.OfType<JsonObject>().Where(condition => condition.Text("type") != "ReplicaFailure").Select(condition => condition.Copy())]
            : DeploymentStatusDecision.Set(next, "ReplicaFailure", "True", failure.Text("reason") ?? "", failure.Text("message") ?? "", Context.Now);
        if (lookAgain is { } wait) Queue.AddAfter(ObjectKey.Of(deployment), wait);

        var status = new JsonObject { ["observedGeneration"] = deployment.Generation() };
        status.SetCount("replicas", counts.Replicas);
        status.SetCount("updatedReplicas", counts.Updated);
        status.SetCount("readyReplicas", counts.Ready);
        status.SetCount("availableReplicas", counts.Available);
        status.SetCount("unavailableReplicas", counts.Unavailable);
        status["conditions"] = next.DeepClone();
        if (snapshot.Collisions > 0) status["collisionCount"] = snapshot.Collisions;
        if (JsonNode.DeepEquals(status, deployment.Obj("status"))) return;
        var changed = deployment.Copy();
        changed["status"] = status;
        deployments.Observe(Context.Api.Update(BuiltIn.Deployments, deployment.Namespace(), deployment.Name(), changed, Name, "status"));
    }

    private static JsonArray? Current(JsonObject deployment, JsonArray? changed) => changed ?? deployment.At("status", "conditions") as JsonArray;

    private bool HasRunningPods(JsonObject set) => ownedPods.Of(set).Any(pod => pod.Text("status", "phase") is not ("Succeeded" or "Failed"));

    private void EnqueueOwner(JsonObject set)
    {
        if (set.ControllerRef() is { } owner && owner.Text("kind") == "Deployment") Queue.Add(new(set.Namespace(), owner.Text("name") ?? ""));
    }

    private void EnqueueOwnerOfPod(JsonObject pod)
    {
        if (pod.ControllerRef() is { } owner && sets.Get(new(pod.Namespace(), owner.Text("name") ?? "")) is { } set) EnqueueOwner(set);
    }
}
