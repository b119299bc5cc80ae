using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Storage;

/// <summary>
/// Binds claims to volumes and makes the volumes that are missing, in place of the binder and of every storage driver. Volumes are
/// simulated: nothing is stored in them.
/// </summary>
internal sealed class PersistentVolumeController : Controller<ObjectKey>
{
    private readonly Informer claims;
    private readonly Informer volumes;
    private readonly Informer classes;
    private readonly ObjectIndex podsByClaim;
    private readonly ObjectIndex volumesByClaim;
    private readonly ObjectIndex freeByClass;
    private readonly ObjectIndex unbound;

    /// <summary>A controller over the context's API. Keys without a namespace are volumes.</summary>
    public PersistentVolumeController(ControllerContext context)
        : base("persistentvolume-controller", context)
    {
        claims = context.Informers.For(BuiltIn.PersistentVolumeClaims);
        volumes = context.Informers.For(BuiltIn.PersistentVolumes);
        classes = context.Informers.For(BuiltIn.StorageClasses);
        var pods = context.Informers.For(BuiltIn.Pods);
        podsByClaim = pods.AddIndex(pod => [.. PodClaims.Of(pod).Select(name => $"{pod.Namespace()}/{name}")]);
        volumesByClaim = volumes.AddIndex(volume => volume.Obj("spec", "claimRef") is { } claim ? [$"{claim.Text("namespace")}/{claim.Text("name")}"] : []);
        freeByClass = volumes.AddIndex(volume => volume.Obj("spec", "claimRef") is null ? [volume.Text("spec", "storageClassName") ?? ""] : []);
        unbound = claims.AddIndex(claim => claim.Text("status", "phase") == "Bound" ? [] : [""]);
        claims.OnChange((before, after) =>
        {
            Queue.Add(ObjectKey.Of(after ?? before!));
            foreach (var volume in volumesByClaim[ObjectKey.Of(after ?? before!).ToString()]) Queue.Add(ObjectKey.Of(volume));
        });
        volumes.OnChange((before, after) =>
        {
            Queue.Add(ObjectKey.Of(after ?? before!));
            if ((after ?? before!).Obj("spec", "claimRef") is { } claim) Queue.Add(new(claim.Text("namespace"), claim.Text("name") ?? ""));
            else EnqueueUnbound();
        });
        classes.OnChange((_, after) =>
        {
            if (after is not null) EnqueueUnbound();
        });
        pods.OnChange((before, after) =>
        {
            if (before is not null || after is null) return;
            foreach (var name in PodClaims.Of(after)) Queue.Add(new(after.Namespace(), name));
        });
    }

    /// <inheritdoc/>
    protected override void Reconcile(ObjectKey key)
    {
        if (key.Namespace is null) ReconcileVolume(key);
        else ReconcileClaim(key);
    }

    private void ReconcileClaim(ObjectKey key)
    {
        if (claims.Get(key) is not { } claim || claim.IsDeleting()) return;
        if (claim.Text("status", "phase") == "Bound")
        {
            if (volumes.Get(new(null, claim.Text("spec", "volumeName") ?? "")) is null) MarkLost(claim);
            return;
        }

        var storageClass = claim.Text("spec", "storageClassName") is { Length: > 0 } name ? ClassOf(name) : null;
        var plan = ClaimDecision.Decide(claim, storageClass, Candidates(claim), podsByClaim[key.ToString()].Count > 0);
        if (plan.Provision) Bind(claim, Provision(claim, storageClass!), bySystem: true);
        else if (plan.Bind is { } volume) Bind(claim, volume, bySystem: claim.Text("spec", "volumeName") is null or "");
        else if (plan.Reason is { } reason) Tell(claim, reason, plan.Message, plan.Warns);
    }

    /// <summary>The volume it asks for, or those kept for it and the free ones of its class.</summary>
    private IReadOnlyList<JsonObject> Candidates(JsonObject claim)
    {
        if (claim.Text("spec", "volumeName") is { Length: > 0 } asked) return volumes.Get(new(null, asked)) is { } named ? [named] : [];
        return [.. volumesByClaim[ObjectKey.Of(claim).ToString()], .. freeByClass[claim.Text("spec", "storageClassName") ?? ""]];
    }

    /// <summary>The class; one that was made a moment before its claim must not be taken for missing.</summary>
    private JsonObject? ClassOf(string name) => classes.Get(new(null, name)) ?? Context.Api.Get(BuiltIn.StorageClasses, null, name);

    private void ReconcileVolume(ObjectKey key)
    {
        if (volumes.Get(key) is not { } volume || volume.IsDeleting()) return;
        if (volume.Obj("spec", "claimRef") is not { } reference)
        {
            SetPhase(volume, "Available");
            return;
        }

        var claim = claims.Get(new(reference.Text("namespace"), reference.Text("name") ?? ""));
        var uid = reference.Text("uid");
        if (uid is null or "") SetPhase(volume, "Available");
        else if (claim?.Uid() == uid) SetPhase(volume, claim.Text("spec", "volumeName") == volume.Name() ? "Bound" : "Available");
        else if (IsGone(reference)) GiveUp(volume);
    }

    /// <summary>Whether the claim that a volume names is gone. The cache may not have heard of it yet; then its arrival brings the volume back.</summary>
    private bool IsGone(JsonObject reference) =>
        Context.Api.Get(BuiltIn.PersistentVolumeClaims, reference.Text("namespace"), reference.Text("name") ?? "")?.Uid() != reference.Text("uid");

    private void GiveUp(JsonObject volume)
    {
        if (volume.Text("spec", "persistentVolumeReclaimPolicy") == "Delete") Remove(volume);
        else SetPhase(volume, "Released");
    }

    private JsonObject Provision(JsonObject claim, JsonObject storageClass)
    {
        var wanted = ClaimDecision.Volume(claim, storageClass);
        if (volumes.Get(new(null, wanted.Name())) is { } there) return there;
        var made = Context.Api.Create(BuiltIn.PersistentVolumes, null, wanted, Name);
        volumes.Observe(made);
        Context.Events.Normal(Name, claim, "PersistentVolumeClaim", "v1", "ProvisioningSucceeded", $"Successfully provisioned volume {made.Name()}");
        return made;
    }

    private void Bind(JsonObject claim, JsonObject volume, bool bySystem)
    {
        if (volume.Text("spec", "claimRef", "uid") != claim.Uid())
        {
            volume = Context.Api.MergePatch(
                BuiltIn.PersistentVolumes, null, volume.Name(), new JsonObject { ["spec"] = new JsonObject { ["claimRef"] = ClaimDecision.Reference(claim) } }, Name);
            volumes.Observe(volume);
        }

        var annotations = new JsonObject { ["pv.kubernetes.io/bind-completed"] = "yes" };
        if (bySystem) annotations["pv.kubernetes.io/bound-by-controller"] = "yes";
        Context.Api.MergePatch(BuiltIn.PersistentVolumeClaims, claim.Namespace(), claim.Name(), new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = claim.Uid(), ["annotations"] = annotations },
            ["spec"] = new JsonObject { ["volumeName"] = volume.Name() },
        }, Name);
        var status = new JsonObject
        {
            ["phase"] = "Bound",
            ["accessModes"] = volume.At("spec", "accessModes")?.DeepClone(),
            ["capacity"] = volume.At("spec", "capacity")?.DeepClone(),
        };
        claims.Observe(Context.Api.MergePatch(BuiltIn.PersistentVolumeClaims, claim.Namespace(), claim.Name(), new JsonObject { ["status"] = status }, Name, "status"));
        SetPhase(volume, "Bound");
    }

    private void MarkLost(JsonObject claim)
    {
        claims.Observe(Context.Api.MergePatch(
            BuiltIn.PersistentVolumeClaims, claim.Namespace(), claim.Name(), new JsonObject { ["status"] = new JsonObject { ["phase"] = "Lost" } }, Name, "status"));
        Tell(claim, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!", warns: true);
    }

    private void SetPhase(JsonObject volume, string phase)
    {
        if (volume.Text("status", "phase") == phase) return;
        volumes.Observe(Context.Api.MergePatch(BuiltIn.PersistentVolumes, null, volume.Name(), new JsonObject { ["status"] = new JsonObject { ["phase"] = phase } }, Name, "status"));
    }

    private void Remove(JsonObject volume)
    {
        Context.Api.Delete(BuiltIn.PersistentVolumes, null, volume.Name(), uid: volume.Uid());
        volumes.ObserveDeletion(volume);
    }

    private void Tell(JsonObject claim, string reason, string message, bool warns)
    {
        if (warns) Context.Events.Warning(Name, claim, "PersistentVolumeClaim", "v1", reason, message);
        else Context.Events.Normal(Name, claim, "PersistentVolumeClaim", "v1", reason, message);
    }

    private void EnqueueUnbound()
    {
        foreach (var claim in unbound[""]) Queue.Add(ObjectKey.Of(claim));
    }
}
