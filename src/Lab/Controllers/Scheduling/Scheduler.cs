using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Nemotron.Lab.Api;
using Nemotron.Lab.Controllers.Storage;

namespace Nemotron.Lab.Controllers.Scheduling;

/// <summary>
/// Binds pending pods to nodes. It follows pods and nodes change by change; pods that fit nowhere are tried again only when something
/// changed that could help, and pods of one class share one verdict. It does not preempt.
/// </summary>
internal sealed class Scheduler : IControlLoop, IDisposable
{
    private static readonly TimeSpan FirstTelling = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestTelling = TimeSpan.FromSeconds(10);

    private readonly ControllerContext context;
    private readonly Informer pods;
    private readonly Informer claims;
    private readonly Informer storageClasses;
    private readonly ConcurrentQueue<(Changed What, JsonObject? Before, JsonObject? After)> changes = new();
    private readonly WorkQueue<string> wake;
    private readonly ClusterState state = new();
    private readonly PodClasses classes;
    private readonly PendingPods pending = new();
    private readonly Dictionary<PodClass, SchedulingOutcome> refused = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, (string Message, DateTimeOffset Next, TimeSpan Backoff)> told = [];
    private readonly HashSet<string> untold = [];
    private bool helped;
    private bool placed;
    private int start;

    /// <summary>A scheduler over the context's API.</summary>
    public Scheduler(ControllerContext context)
    {
        this.context = context;
        classes = new(state.Slots);
        wake = new(context.Time);
        pods = context.Informers.For(BuiltIn.Pods);
        claims = context.Informers.For(BuiltIn.PersistentVolumeClaims);
        storageClasses = context.Informers.For(BuiltIn.StorageClasses);
        pods.OnChange((before, after) => Follow(Changed.Pod, before, after));
        context.Informers.For(BuiltIn.Nodes).OnChange((before, after) => Follow(Changed.Node, before, after));
        claims.OnChange((before, after) =>
        {
            if (before.Text("status", "phase") != after.Text("status", "phase")) Follow(Changed.Claim, before, after);
        });
    }

    private enum Changed
    {
        Pod,
        Node,
        Claim,
    }

    /// <inheritdoc/>
    public string Name => "default-scheduler";

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            while (!cancel.IsCancellationRequested)
            {
                await wake.TakeAllAsync(cancel).ConfigureAwait(false);
                TakeInChanges();
                do
                {
                    while (pending.Take() is { } pod)
                    {
                        cancel.ThrowIfCancellationRequested();
                        Schedule(pod);
                        // A node lost or a pod deleted meanwhile counts for the very next pod.
                        TakeInChanges();
                    }
                }
                while (TryAgain());
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }
        finally
        {
            Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => wake.Dispose();

    private void Follow(Changed what, JsonObject? before, JsonObject? after)
    {
        changes.Enqueue((what, before, after));
        wake.Add("changed");
    }

    private void TakeInChanges()
    {
        var helps = false;
        while (changes.TryDequeue(out var change))
        {
            helps |= change.What switch
            {
                Changed.Node => TakeInNode(change.Before, change.After),
                Changed.Pod => TakeInPod(change.Before, change.After),
                _ => true,
            };
        }

        if (!helps) return;
        refused.Clear();
        helped = true;
    }

    /// <summary>
    /// Brings back the pods set aside that may have a chance now; whether there are any. Done when the others have had their turn and not at
    /// every change, or a crowd without a place would be walked through again for each pod that comes or goes.
    /// </summary>
    private bool TryAgain()
    {
        var (all, beside) = (helped, placed);
        (helped, placed) = (false, false);
        if (pending.Stuck == 0) return false;
        if (all) return pending.Reactivate();
        var now = context.Now;
        return pending.Reactivate(pod =>
            // A pod placed since may be what others want to stand beside.
            (beside && pod.Class.LooksAtPods)
            || (untold.Contains(pod.Uid) && told.TryGetValue(pod.Uid, out var last) && last.Next <= now));
    }

    private bool TakeInNode(JsonObject? before, JsonObject? after)
    {
        if (after is not null) return state.PutNode(after);
        state.RemoveNode(before!.Name());
        return true;
    }

    private bool TakeInPod(JsonObject? before, JsonObject? after)
    {
        var pod = after ?? before!;
        var uid = pod.Uid();
        var gone = after is null || after.Text("status", "phase") is "Succeeded" or "Failed";
        if (gone || !PendingPods.Waits(pod))
        {
            pending.Remove(uid);
            told.Remove(uid);
            untold.Remove(uid);
        }

        if (gone) return state.Unplace(uid);
        var node = pod.Text("spec", "nodeName");
        if (node is { Length: > 0 })
        {
            state.Place(uid, classes.Of(pod), node);
            return false;
        }

        if (PendingPods.Waits(pod))
        {
            pending.Put(new(ObjectKey.Of(pod), uid, classes.Of(pod), pod.Whole("spec", "priority") ?? 0, pod.Created(), pod.Version(), PodClaims.Of(pod)));
        }

        return false;
    }

    private void Schedule(PendingPod pod)
    {
        SchedulingOutcome? outcome = null;
        if (pod.Claims.Count > 0 && PodClaims.Obstacle(pod.Claims, name => claims.Get(new(pod.Key.Namespace, name)), WaitsForConsumer) is { } obstacle)
        {
            outcome = new(null, $"0/{state.Nodes.Count} nodes are available: {obstacle}.");
        }
        else if (!refused.TryGetValue(pod.Class, out outcome))
        {
            outcome = SchedulingDecision.Decide(pod.Class, state, ref start);
            if (outcome.Node is null && !pod.Class.LooksAtPods) refused[pod.Class] = outcome;
        }

        try
        {
            if (outcome.Node is { } node) Bind(pod, node);
            else TellStuck(pod, outcome.Message);
        }
        catch (ApiException fault)
        {
            if (fault.Code is not (404 or 409)) context.Log.LogWarning("{Scheduler}: {Pod}: {Message}", Name, pod.Key, fault.Message);
            // The pod's own change brings it back; anything else is tried again shortly.
            if (state.Unplace(pod.Uid)) refused.Clear();
            pending.SetAside(pod);
            untold.Add(pod.Uid);
            told[pod.Uid] = ("", context.Now + FirstTelling, FirstTelling);
            wake.AddAfter(pod.Uid, FirstTelling);
        }
    }

    private bool WaitsForConsumer(JsonObject claim) =>
        storageClasses.Get(new(null, claim.Text("spec", "storageClassName") ?? ""))?.Text("volumeBindingMode") == "WaitForFirstConsumer";

    private void Bind(PendingPod pod, string node)
    {
        if (pods.Get(pod.Key) is not { } served || served.Uid() != pod.Uid) return;
        state.Place(pod.Uid, pod.Class, node);
        var bound = PodBinding.Bind(context.Api, served, node, context.Now, Name);
        pods.Observe(bound);
        pending.Remove(pod.Uid);
        told.Remove(pod.Uid);
        untold.Remove(pod.Uid);
        context.Events.Normal(Name, bound, "Pod", "v1", "Scheduled", $"Successfully assigned {pod.Key} to {node}");
        placed = true;
    }

    private void TellStuck(PendingPod pod, string message)
    {
        pending.SetAside(pod);
        untold.Remove(pod.Uid);
        var now = context.Now;
        var known = told.TryGetValue(pod.Uid, out var last);
        if (known && last.Message == message) return;
        if (known && now < last.Next)
        {
            // A crowd of waiting pods whose counts change with every binding must not become a storm of writes.
            untold.Add(pod.Uid);
            wake.AddAfter(pod.Uid, last.Next - now);
            return;
        }

        var backoff = known ? last.Backoff * 2 : FirstTelling;
        backoff = backoff < LongestTelling ? backoff : LongestTelling;
        told[pod.Uid] = (message, now + backoff, backoff);
        if (pods.Get(pod.Key) is not { } served || served.Uid() != pod.Uid) return;
        var conditions = (served.At("status", "conditions") as JsonArray).With("PodScheduled", "False", "Unschedulable", message, now, probeTime: true);
        var patch = new JsonObject { ["status"] = new JsonObject { ["conditions"] = conditions } };
        pods.Observe(context.Api.MergePatch(BuiltIn.Pods, pod.Key.Namespace, pod.Key.Name, patch, Name, "status"));
        context.Events.Warning(Name, served, "Pod", "v1", "FailedScheduling", message);
    }
}
