using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments;

/// <summary>
/// Pods that their node has taken and cannot prepare: a volume that is mounted, of a Secret, a ConfigMap or a claim, or the network is not there. The kubelet says so
/// in an Event only, and the containers look as if they were about to start.
/// </summary>
internal static class UnpreparedPods
{
    // A volume of a cloud takes a minute to be attached.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>What is wrong with the first of them, with what to look for; null where none has been so for long.</summary>
    public static string? Trouble(DeploymentSnapshot snapshot)
    {
        if (Waiting(snapshot).FirstOrDefault(pod => Left(pod, snapshot) <= TimeSpan.Zero) is not { } late) return null;
        var secrets = Secrets(snapshot.Entity.Spec).ToList();
        var mounted = secrets.Count == 0 ? "" : $" Its gateway mounts the Secret{(secrets.Count > 1 ? "s" : "")} {string.Join(" and ", secrets)}.";
        return $"{late.Metadata.Name}: node {late.NodeName} has not got its volumes or its network ready in {Patience.TotalMinutes:0} minutes, so no container starts.{mounted} "
            + $"See the Events of the pod: kubectl -n {late.Metadata.NamespaceProperty} describe pod {late.Metadata.Name}.";
    }

    /// <summary>When to look again, since nothing else may happen until then; null for no need.</summary>
    public static TimeSpan? Due(DeploymentSnapshot snapshot) => Waiting(snapshot).Select(pod => Left(pod, snapshot)).Where(left => left > TimeSpan.Zero).Select(left => (TimeSpan?)left + TimeSpan.FromSeconds(1)).Min();

    private static IEnumerable<PodView> Waiting(DeploymentSnapshot snapshot) =>
        snapshot.Pods.Where(pod => pod is { Unprepared: true, Status.StartTime: not null }).OrderBy(pod => pod.Metadata.Name, StringComparer.Ordinal);

    private static TimeSpan Left(PodView pod, DeploymentSnapshot snapshot) => pod.Status!.StartTime!.Value + Patience - snapshot.Now;

    private static IEnumerable<string> Secrets(NemotronDeploymentSpec spec)
    {
        if (spec.Gateway?.ApiKeysSecretRef is { } keys) yield return $"{keys.Name} (key {keys.Key})";
        if (spec.Gateway?.Tls is { } tls) yield return tls.SecretName;
    }
}
