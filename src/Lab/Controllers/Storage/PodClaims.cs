using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Storage;

/// <summary>The claims that a pod mounts.</summary>
internal static class PodClaims
{
    /// <summary>Their names, in the pod's namespace.</summary>
    public static IReadOnlyList<string> Of(JsonObject pod) =>
        [.. pod.Items("spec", "volumes").Select(volume => volume.Text("persistentVolumeClaim", "claimName")).OfType<string>()];

    /// <summary>Why the claims keep the pod from being scheduled, in the words of the real scheduler, or null when they do not.</summary>
    /// <param name="names">The claims.</param>
    /// <param name="find">A claim by name, or null.</param>
    /// <param name="waitsForConsumer">Whether a claim's class binds only once a pod wants it.</param>
    public static string? Obstacle(IEnumerable<string> names, Func<string, JsonObject?> find, Func<JsonObject, bool> waitsForConsumer)
    {
        foreach (var name in names)
        {
            if (find(name) is not { } claim) return $"persistentvolumeclaim \"{name}\" not found";
            if (claim.IsDeleting()) return $"persistentvolumeclaim \"{name}\" is being deleted";
            if (claim.Text("status", "phase") == "Lost") return $"persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{claim.Text("spec", "volumeName")}\"";
            if (claim.Text("status", "phase") != "Bound" && !waitsForConsumer(claim)) return "pod has unbound immediate PersistentVolumeClaims";
        }

        return null;
    }
}
