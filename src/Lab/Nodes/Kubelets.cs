using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Nodes;

/// <summary>
/// The kubelets of all simulated nodes in one loop: they take bound pods through their life and write their status.
/// A container that <see cref="KubeletOptions.Runtime"/> knows has a process behind it, which is probed, exits and is restarted;
/// any other lives by the clock alone, and "ready" means that its load time has passed.
/// </summary>
internal sealed partial class Kubelets : Controller<ObjectKey>, IDisposable
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);
    private static readonly HeldBack NoAddress = new("ContainerCreating", "the node's range of pod addresses is used up");

    private readonly Informer pods;
    private readonly Informer nodeObjects;
    private readonly ObjectIndex podsByNode;
    private readonly ConcurrentDictionary<string, SimulatedNode> nodes = new();
    private readonly Dictionary<ObjectKey, (PodRun Run, SimulatedNode Node)> runs = [];
    private readonly ConcurrentDictionary<ObjectKey, (string? Container, int ExitCode)> crashes = new();
    private readonly KubeletOptions options;
    private readonly KubeletEvents events;
    private readonly ContainerInputs inputs;
    private readonly LivePods? live;
    private readonly ConcurrentDictionary<ObjectKey, bool> remounted = new();

    /// <summary>Kubelets over the context's API, for every node that carries <see cref="NodeObjects.KubeletAnnotation"/>.</summary>
    public Kubelets(ControllerContext context, KubeletOptions options)
        : base("kubelet", context)
    {
        this.options = options;
        events = new(context.Events, options.Events);
        inputs = new(context.Api.Get);
        if (options.Runtime is { } runtime) live = new(runtime, context.Time, Queue.Add);
        pods = context.Informers.For(BuiltIn.Pods);
        podsByNode = pods.AddIndex(pod => pod.Text("spec", "nodeName") is { Length: > 0 } node ? [node] : []);
        if (live is not null) FollowMountedObjects();
        nodeObjects = context.Informers.For(BuiltIn.Nodes);
        nodeObjects.OnChange(NodeChanged);
        pods.OnChange((before, after) =>
        {
            var pod = after ?? before!;
            if (pod.Text("spec", "nodeName") is { Length: > 0 }) Queue.Add(ObjectKey.Of(pod));
        });
    }

    /// <summary>Cuts a node off, as a power or network failure would: its pods stand still and its Lease runs out.</summary>
    /// <returns>False when there is no such simulated node.</returns>
    public bool CutOff(string node) => Set(node, true);

    /// <summary>Brings a node back: its kubelet stops the pods deleted meanwhile and goes on with the others.</summary>
    /// <returns>False when there is no such simulated node.</returns>
    public bool Reconnect(string node) => Set(node, false);

    /// <summary>Whether a node is simulated here and can be reached.</summary>
    public bool Reaches(string node) => nodes.TryGetValue(node, out var known) && !known.CutOff;

    /// <summary>Makes a pod's container exit (all of them when <paramref name="container"/> is null); its restart policy does the rest.</summary>
    public void Crash(string ns, string pod, string? container, int exitCode)
    {
        crashes[new(ns, pod)] = (container, exitCode);
        Queue.Add(new(ns, pod));
    }

    /// <summary>Ends all processes. Only after the loop has ended.</summary>
    public void Dispose() => live?.Dispose();

    /// <inheritdoc/>
    protected override void Reconcile(ObjectKey key)
    {
        var pod = pods.Get(key);
        if (runs.TryGetValue(key, out var known) && known.Run.Uid != pod?.Uid())
        {
            live?.Drop(key, known.Run.Uid);
            known.Node.Return(known.Run);
            runs.Remove(key);
        }

        if (pod is null)
        {
            crashes.TryRemove(key, out _);
            return;
        }

        if (!nodes.TryGetValue(pod.Text("spec", "nodeName") ?? "", out var node))
        {
            // The machine is gone, and what ran on it.
            live?.Drop(key, pod.Uid());
            return;
        }

        live?.Observe(key, pod, !node.CutOff);
        if (node.CutOff) return;
        var now = Context.Now;
        var run = known.Run is { } at && at.Uid == pod.Uid() ? at : new PodRun(pod.Uid(), now);
        var plan = PodPlan.From(pod, options.Loads, options.Creation, options.Runtime);
        if (pod.IsDeleting()) Stop(key, pod, node, plan, run, now);
        else if (pod.Text("status", "phase") is not ("Succeeded" or "Failed")) Live(key, pod, node, plan, run, now);
    }

    private void Live(ObjectKey key, JsonObject pod, SimulatedNode node, PodPlan plan, PodRun run, DateTimeOffset now)
    {
        var before = run;
        run = Prepare(pod, node, plan, run, now);
        run = TakeNews(key, pod, plan, run, restart: true);
        (run, var next) = PodLifecycle.Advance(plan, run, now);
        if (crashes.TryRemove(key, out var crash))
        {
            live?.End(key, crash.Container, new(crash.ExitCode));
            run = Crashed(plan, run, crash.Container, crash.ExitCode, now);
            (run, next) = PodLifecycle.Advance(plan, run, now);
        }

        if (run.Held is not null) next = now + LookAgain;
        runs[key] = (run, node);
        if (remounted.TryRemove(key, out _))
        {
            foreach (var container in plan.Live) live?.Refresh(key, container.Name, inputs.Files(pod, Served(pod, container.Name)));
        }

        events.Starts(pod, plan, before, run);
        foreach (var container in plan.Live) next = Earlier(next, Run(key, pod, node, plan, container, run, now));
        WriteStatus(pod, new PodStatusView(pod, plan, run, now).Render(node.HostIp));
        if (next is { } due) Queue.AddAfter(key, due - now);
    }

    /// <summary>What a pod gets before its first container: an address, GPUs, and the objects it refers to.</summary>
    private PodRun Prepare(JsonObject pod, SimulatedNode node, PodPlan plan, PodRun run, DateTimeOffset now)
    {
        if (now < run.Admitted + plan.Creation) return run;
        if (run.Ip is null)
        {
            var ip = pod.Flag("spec", "hostNetwork") ? node.HostIp : node.TakeIp();
            if (ip is not null) run = run with { Ip = ip, Gpus = node.TakeGpus(pod) };
        }

        if (live is null || run.Main.Count > 0) return run;
        if (run.Ip is null) return run with { Held = NoAddress };
        var missing = inputs.Missing(pod);
        if (missing is not null && missing != run.Held) events.Held(pod, missing);
        // Its containers start when what was missing is there.
        if (missing is null && run.Held is not null) run = run with { Admitted = now - plan.Creation };
        return run with { Held = missing };
    }

    private void Stop(ObjectKey key, JsonObject pod, SimulatedNode node, PodPlan plan, PodRun run, DateTimeOffset now)
    {
        var started = run.Main.Any(container => container.Running);
        if (run.Stopping is null)
        {
            run = run with { Stopping = now };
            if (started) events.Stopping(pod);
        }

        run = TakeNews(key, pod, plan, run, restart: false);
        runs[key] = (run, node);
        if (live?.Lives(key) == true)
        {
            StopProcesses(key, pod, node, plan, run, now);
            return;
        }

        if (started)
        {
            var sleep = pod.Items("spec", "containers").Select(PreStop.Sleep).DefaultIfEmpty().Max();
            var stopped = run.Main.Any(container => container.Running) ? run.Stopping!.Value + PodLifecycle.StopTime(sleep, options.Drain, Grace(pod)) : now;
            if (stopped > now)
            {
                Queue.AddAfter(key, stopped - now);
                return;
            }
        }

        plan = plan with { RestartPolicy = "Never" };
        if (started) run = run with { Main = [.. run.Main.Select(container => container.Running ? container.Exit(now, 0, again: false) : container)] };
        runs[key] = (run, node);
        // Whoever holds the pod by a finalizer wants to know how it ended.
        if (started && pod.At("metadata", "finalizers") is JsonArray { Count: > 0 }) WriteStatus(pod, new PodStatusView(pod, plan, run, now).Render(node.HostIp));
        if (pod.Whole("metadata", "deletionGracePeriodSeconds") == 0 && pod.At("metadata", "finalizers") is JsonArray { Count: > 0 }) return;
        Context.Api.Delete(BuiltIn.Pods, key.Namespace, key.Name, gracePeriodSeconds: 0, uid: pod.Uid());
        pods.ObserveDeletion(pod);
    }

    private static TimeSpan Grace(JsonObject pod) =>
        TimeSpan.FromSeconds(pod.Whole("metadata", "deletionGracePeriodSeconds") ?? pod.Whole("spec", "terminationGracePeriodSeconds") ?? 30);

    private static JsonObject Served(JsonObject pod, string container) =>
        pod.Items("spec", "initContainers").Concat(pod.Items("spec", "containers")).First(item => item.Text("name") == container);

    private static DateTimeOffset? Earlier(DateTimeOffset? left, DateTimeOffset? right) => left is null ? right : right is null || left < right ? left : right;

    private static PodRun Crashed(PodPlan plan, PodRun run, string? name, int code, DateTimeOffset now)
    {
        var main = run.Main.ToArray();
        for (var i = 0; i < main.Length; i++)
        {
            // What has a process ends by it.
            if (!main[i].Running || plan.Main[i].Probes is not null || (name is not null && plan.Main[i].Name != name)) continue;
            main[i] = main[i].Exit(now, code, plan.RestartPolicy == "Always" || (plan.RestartPolicy == "OnFailure" && code != 0));
        }

        return run with { Main = main };
    }

    private void WriteStatus(JsonObject pod, JsonObject status)
    {
        if (JsonNode.DeepEquals(status, pod.Obj("status"))) return;
        var patch = new JsonObject
        {
            // What others wrote since (an eviction's condition) must not be lost.
            ["metadata"] = new JsonObject { ["uid"] = pod.Uid(), ["resourceVersion"] = pod.Text("metadata", "resourceVersion") },
            ["status"] = status,
        };
        pods.Observe(Context.Api.MergePatch(BuiltIn.Pods, pod.Namespace(), pod.Name(), patch, Name, "status"));
    }

    private void NodeChanged(JsonObject? before, JsonObject? after)
    {
        if (after is null)
        {
            if (nodes.TryRemove(before!.Name(), out _)) options.Runtime?.ForgetNode(before!.Name());
            EnqueuePodsOf(before!.Name());
            return;
        }

        if (after.Annotation(NodeObjects.KubeletAnnotation) is null) return;
        options.Runtime?.ObserveNode(after);
        if (nodes.TryGetValue(after.Name(), out var known) && known.Uid == after.Uid()) return;
        nodes[after.Name()] = new(after);
        EnqueuePodsOf(after.Name());
    }

    private bool Set(string node, bool cutOff)
    {
        if (!nodes.TryGetValue(node, out var known)) return false;
        known.CutOff = cutOff;
        options.Runtime?.SetReachable(node, !cutOff);
        if (!cutOff || live is not null) EnqueuePodsOf(node);
        return true;
    }

    private void EnqueuePodsOf(string node)
    {
        foreach (var pod in podsByNode[node]) Queue.Add(ObjectKey.Of(pod));
    }
}
