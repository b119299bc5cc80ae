using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Storage;

/// <summary>What is to become of a claim that has no volume yet.</summary>
/// <param name="Bind">The volume to bind it to, or null.</param>
/// <param name="Provision">Whether a volume is to be made for it.</param>
/// <param name="Reason">Why it waits, as an event's reason, or null when it does not.</param>
/// <param name="Message">The sentence for people.</param>
/// <param name="Warns">Whether the wait will not end by itself.</param>
internal sealed record ClaimPlan(JsonObject? Bind, bool Provision, string? Reason = null, string Message = "", bool Warns = false);

/// <summary>Finds a volume for a claim, by the rules of the real binder; provisioners of every name are simulated.</summary>
internal static class ClaimDecision
{
    /// <summary>The provisioner that makes no volumes.</summary>
    public const string NoProvisioner = "kubernetes.io/no-provisioner";

    /// <summary>Decides for one claim.</summary>
    /// <param name="claim">The claim as served, without a volume.</param>
    /// <param name="storageClass">The StorageClass that it names, or null when there is none of that name.</param>
    /// <param name="volumes">The volumes that may be meant: the one asked for, those kept for it and the free ones of its class.</param>
    /// <param name="hasConsumer">Whether a pod uses it.</param>
    public static ClaimPlan Decide(JsonObject claim, JsonObject? storageClass, IEnumerable<JsonObject> volumes, bool hasConsumer)
    {
        var asked = claim.Text("spec", "volumeName");
        if (asked is { Length: > 0 })
        {
            var named = volumes.FirstOrDefault(volume => volume.Name() == asked);
            return named is not null && Takes(named, claim) ? new(named, false) : new(null, false);
        }

        var className = claim.Text("spec", "storageClassName") ?? "";
        if (storageClass.Text("volumeBindingMode") == "WaitForFirstConsumer" && !hasConsumer)
            return new(null, false, "WaitForFirstConsumer", "waiting for first consumer to be created before binding");
        var fitting = volumes.Where(volume => Takes(volume, claim) && Fits(volume, claim, className))
            .OrderBy(volume => volume.Obj("spec", "claimRef") is null)
            .ThenBy(volume => ResourceQuantity.Milli(volume.At("spec", "capacity", "storage")) ?? 0)
            .ThenBy(volume => volume.Name(), StringComparer.Ordinal)
            .FirstOrDefault();
        if (fitting is not null) return new(fitting, false);
        if (className.Length == 0) return new(null, false, "FailedBinding", "no persistent volumes available for this claim and no storage class is set");
        if (storageClass is null) return new(null, false, "ProvisioningFailed", $"storageclass.storage.k8s.io \"{className}\" not found", Warns: true);
        if (storageClass.Text("provisioner") == NoProvisioner)
            return new(null, false, "FailedBinding", $"no persistent volumes available for this claim and the class {className} provisions none");
        return new(null, true);
    }

    /// <summary>A volume made for a claim.</summary>
    public static JsonObject Volume(JsonObject claim, JsonObject storageClass) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "PersistentVolume",
        ["metadata"] = new JsonObject
        {
            ["name"] = $"pvc-{claim.Uid()}",
            ["annotations"] = new JsonObject { ["pv.kubernetes.io/provisioned-by"] = storageClass.Text("provisioner") },
        },
        ["spec"] = new JsonObject
        {
            ["capacity"] = new JsonObject { ["storage"] = claim.At("spec", "resources", "requests", "storage")?.DeepClone() },
            ["accessModes"] = claim.At("spec", "accessModes")?.DeepClone(),
            ["volumeMode"] = claim.Text("spec", "volumeMode") ?? "Filesystem",
            ["storageClassName"] = storageClass.Name(),
            ["persistentVolumeReclaimPolicy"] = storageClass.Text("reclaimPolicy") ?? "Delete",
            ["claimRef"] = Reference(claim),
            ["csi"] = new JsonObject { ["driver"] = storageClass.Text("provisioner"), ["volumeHandle"] = $"simulated-{claim.Uid()}" },
        },
    };

    /// <summary>How a volume names its claim.</summary>
    public static JsonObject Reference(JsonObject claim) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "PersistentVolumeClaim",
        ["namespace"] = claim.Namespace(),
        ["name"] = claim.Name(),
        ["uid"] = claim.Uid(),
    };

    /// <summary>Whether a volume is free, or kept for this claim.</summary>
    private static bool Takes(JsonObject volume, JsonObject claim)
    {
        if (volume.IsDeleting() || volume.Text("status", "phase") is "Released" or "Failed") return false;
        if (volume.Obj("spec", "claimRef") is not { } reference) return true;
        return reference.Text("name") == claim.Name() && reference.Text("namespace") == claim.Namespace()
            && (reference.Text("uid") is null or "" || reference.Text("uid") == claim.Uid());
    }

    private static bool Fits(JsonObject volume, JsonObject claim, string className) =>
        (volume.Text("spec", "storageClassName") ?? "") == className
        && (volume.Text("spec", "volumeMode") ?? "Filesystem") == (claim.Text("spec", "volumeMode") ?? "Filesystem")
        && claim.Texts("spec", "accessModes").All(volume.Texts("spec", "accessModes").Contains)
        && (ResourceQuantity.Milli(volume.At("spec", "capacity", "storage")) ?? 0) >= (ResourceQuantity.Milli(claim.At("spec", "resources", "requests", "storage")) ?? 0)
        && (claim.Obj("spec", "selector") is not { } selector || LabelSelector.From(selector).Matches(volume));
}
