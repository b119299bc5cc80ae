using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Scheduling;

/// <summary>A pod that waits for a node.</summary>
/// <param name="Key">Its place.</param>
/// <param name="Uid">Its uid.</param>
/// <param name="Class">Its class.</param>
/// <param name="Priority">Its priority; higher goes first.</param>
/// <param name="Since">When it was created; earlier goes first among equals.</param>
/// <param name="Order">Its first resource version, which decides within one second.</param>
/// <param name="Claims">The claims that it mounts.</param>
internal sealed record PendingPod(ObjectKey Key, string Uid, PodClass Class, long Priority, DateTimeOffset Since, long Order, IReadOnlyList<string> Claims);

/// <summary>Pods to be scheduled, by priority and then first come, first served; and those that found no node, kept apart until something changes.</summary>
internal sealed class PendingPods
{
    private readonly SortedSet<PendingPod> active = new(Comparer<PendingPod>.Create(Compare));
    private readonly Dictionary<string, PendingPod> all = [];
    private readonly Dictionary<string, PendingPod> stuck = [];

    /// <summary>How many found no node.</summary>
    public int Stuck => stuck.Count;

    /// <summary>Adds a pod, or replaces what was known of it when its class changed.</summary>
    public void Put(PendingPod pod)
    {
        if (all.TryGetValue(pod.Uid, out var known))
        {
            if (ReferenceEquals(known.Class, pod.Class) && known.Priority == pod.Priority) return;
            Remove(pod.Uid);
        }

        all[pod.Uid] = pod;
        active.Add(pod);
    }

    /// <summary>Forgets a pod.</summary>
    public void Remove(string uid)
    {
        if (!all.Remove(uid, out var known)) return;
        active.Remove(known);
        stuck.Remove(uid);
    }

    /// <summary>Takes the next pod to try, or null.</summary>
    public PendingPod? Take()
    {
        var next = active.Min;
        if (next is not null) active.Remove(next);
        return next;
    }

    /// <summary>Sets a pod aside until <see cref="Reactivate"/>.</summary>
    public void SetAside(PendingPod pod)
    {
        if (all.ContainsKey(pod.Uid)) stuck[pod.Uid] = pod;
    }

    /// <summary>Brings back the pods set aside that satisfy <paramref name="which"/>; whether there are any.</summary>
    public bool Reactivate(Func<PendingPod, bool>? which = null)
    {
        var back = stuck.Values.Where(pod => which is null || which(pod)).ToList();
        foreach (var pod in back)
        {
            stuck.Remove(pod.Uid);
            active.Add(pod);
        }

        return back.Count > 0;
    }

    /// <summary>Whether a pod waits to be scheduled by the default scheduler.</summary>
    public static bool Waits(JsonObject pod) =>
        pod.Text("spec", "nodeName") is null or ""
        && !pod.IsDeleting()
        && pod.Text("status", "phase") is null or "Pending"
        && pod.Text("spec", "schedulerName") is null or "" or "default-scheduler"
        && !pod.Items("spec", "schedulingGates").Any();

    private static int Compare(PendingPod? x, PendingPod? y)
    {
        var order = y!.Priority.CompareTo(x!.Priority);
        if (order == 0) order = x.Since.CompareTo(y.Since);
        if (order == 0) order = x.Order.CompareTo(y.Order);
        return order != 0 ? order : string.CompareOrdinal(x.Uid, y.Uid);
    }
}
