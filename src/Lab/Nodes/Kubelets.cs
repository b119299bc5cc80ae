using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Nodes;

/// <summary>
/// The kubelets of all simulated nodes in one loop: they take bound pods through their life and write their status.
/// Nothing listens behind a pod: engines are simulated by the time they take, and "ready" means "loaded".
/// </summary>
internal sealed class Kubelets : Controller<ObjectKey>
{
    private readonly Informer pods;
    private readonly ObjectIndex podsByNode;
    private readonly ConcurrentDictionary<string, SimulatedNode> nodes = new();
    private readonly Dictionary<ObjectKey, (PodRun Run, SimulatedNode Node)> runs = [];
    private readonly ConcurrentDictionary<ObjectKey, (string? Container, int ExitCode)> crashes = new();
    private readonly KubeletOptions options;

    /// <summary>Kubelets over the context's API, for every node that carries <see cref="NodeObjects.KubeletAnnotation"/>.</summary>
    public Kubelets(ControllerContext context, KubeletOptions options)
        : base("kubelet", context)
    {
        this.options = options;
        pods = context.Informers.For(BuiltIn.Pods);
        podsByNode = pods.AddIndex(pod => pod.Text("spec", "nodeName") is { Length: > 0 } node ? [node] : []);
        context.Informers.For(BuiltIn.Nodes).OnChange(NodeChanged);
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

    /// <inheritdoc/>
    protected override void Reconcile(ObjectKey key)
    {
        var pod = pods.Get(key);
        if (runs.TryGetValue(key, out var known) && known.Run.Uid != pod?.Uid())
        {
            known.Node.ReturnIp(known.Run.Ip);
            runs.Remove(key);
        }

        if (pod is null)
        {
            crashes.TryRemove(key, out _);
            return;
        }

        if (!nodes.TryGetValue(pod.Text("spec", "nodeName") ?? "", out var node) || node.CutOff) return;
        var now = Context.Now;
        var run = known.Run is { } at && at.Uid == pod.Uid() ? at : new PodRun(pod.Uid(), now);
        if (pod.IsDeleting()) Stop(key, pod, node, run, now);
        else if (pod.Text("status", "phase") is not ("Succeeded" or "Failed")) Live(key, pod, node, run, now);
    }

    private void Live(ObjectKey key, JsonObject pod, SimulatedNode node, PodRun run, DateTimeOffset now)
    {
        var plan = PodPlan.From(pod, options.Loads, options.Creation);
        var before = run;
        (run, var next) = PodLifecycle.Advance(plan, run, now);
        if (crashes.TryRemove(key, out var crash))
        {
            run = Crashed(plan, run, crash.Container, crash.ExitCode, now);
            (run, next) = PodLifecycle.Advance(plan, run, now);
        }

        if (run.Ip is null && now >= run.Admitted + plan.Creation)
        {
            run = run with { Ip = pod.Flag("spec", "hostNetwork") ? node.HostIp : node.TakeIp() };
        }

        runs[key] = (run, node);
        TellStarts(pod, plan, before, run);
        WriteStatus(pod, new PodStatusView(pod, plan, run, now).Render(node.HostIp));
        if (next is { } due) Queue.AddAfter(key, due - now);
    }

    private void Stop(ObjectKey key, JsonObject pod, SimulatedNode node, PodRun run, DateTimeOffset now)
    {
        var started = run.Main.Any(container => container.Running);
        if (run.Stopping is null)
        {
            run = run with { Stopping = now };
            runs[key] = (run, node);
            if (started && options.Events)
            {
                foreach (var container in pod.Items("spec", "containers"))
                {
                    Context.Events.Normal(Name, pod, "Pod", "v1", "Killing", $"Stopping container {container.Text("name")}");
                }
            }
        }

        if (started)
        {
            var grace = TimeSpan.FromSeconds(pod.Whole("metadata", "deletionGracePeriodSeconds") ?? 30);
            var sleep = pod.Items("spec", "containers").Select(item => item.Whole("lifecycle", "preStop", "sleep", "seconds") ?? 0).DefaultIfEmpty().Max();
            var stopped = run.Stopping.Value + PodLifecycle.StopTime(TimeSpan.FromSeconds(sleep), options.Drain, grace);
            if (stopped > now)
            {
                Queue.AddAfter(key, stopped - now);
                return;
            }
        }

        var plan = PodPlan.From(pod, options.Loads, options.Creation) with { RestartPolicy = "Never" };
        if (started) run = run with { Main = [.. run.Main.Select(container => container.Running ? container.Exit(now, 0, again: false) : container)] };
        runs[key] = (run, node);
        // Whoever holds the pod by a finalizer wants to know how it ended.
        if (started && pod.At("metadata", "finalizers") is JsonArray { Count: > 0 }) WriteStatus(pod, new PodStatusView(pod, plan, run, now).Render(node.HostIp));
        if (pod.Whole("metadata", "deletionGracePeriodSeconds") == 0 && pod.At("metadata", "finalizers") is JsonArray { Count: > 0 }) return;
        Context.Api.Delete(BuiltIn.Pods, key.Namespace, key.Name, gracePeriodSeconds: 0, uid: pod.Uid());
        pods.ObserveDeletion(pod);
    }

    private static PodRun Crashed(PodPlan plan, PodRun run, string? name, int code, DateTimeOffset now)
    {
        var main = run.Main.ToArray();
        for (var i = 0; i < main.Length; i++)
        {
            if (!main[i].Running || (name is not null && plan.Main[i].Name != name)) continue;
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

    private void TellStarts(JsonObject pod, PodPlan plan, PodRun before, PodRun run)
    {
        if (!options.Events) return;
        Tell(plan.Init, before.Init, run.Init);
        Tell(plan.Main, before.Main, run.Main);

        void Tell(IReadOnlyList<ContainerPlan> plans, IReadOnlyList<ContainerRun> old, IReadOnlyList<ContainerRun> current)
        {
            for (var i = 0; i < current.Count; i++)
            {
                if (current[i].Started is null || (i < old.Count && old[i].Started == current[i].Started)) continue;
                Context.Events.Normal(Name, pod, "Pod", "v1", "Pulled", $"Container image \"{plans[i].Image}\" already present on machine");
                Context.Events.Normal(Name, pod, "Pod", "v1", "Created", $"Created container: {plans[i].Name}");
                Context.Events.Normal(Name, pod, "Pod", "v1", "Started", $"Started container {plans[i].Name}");
            }
        }
    }

    private void NodeChanged(JsonObject? before, JsonObject? after)
    {
        if (after is null)
        {
            nodes.TryRemove(before!.Name(), out _);
            return;
        }

        if (after.Annotation(NodeObjects.KubeletAnnotation) is null) return;
        if (nodes.TryGetValue(after.Name(), out var known) && known.Uid == after.Uid()) return;
        nodes[after.Name()] = new(after);
        EnqueuePodsOf(after.Name());
    }

    private bool Set(string node, bool cutOff)
    {
        if (!nodes.TryGetValue(node, out var known)) return false;
        known.CutOff = cutOff;
        if (!cutOff) EnqueuePodsOf(node);
        return true;
    }

    private void EnqueuePodsOf(string node)
    {
        foreach (var pod in podsByNode[node]) Queue.Add(ObjectKey.Of(pod));
    }
}
