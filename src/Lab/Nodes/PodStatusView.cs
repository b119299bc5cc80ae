using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Nodes;

/// <summary>Writes down where a pod stands as its <c>status</c>, with the reasons and sentences of a kubelet.</summary>
/// <param name="pod">The pod as served.</param>
/// <param name="plan">How it behaves.</param>
/// <param name="run">Where it stands.</param>
/// <param name="now">The time now.</param>
internal sealed class PodStatusView(JsonObject pod, PodPlan plan, PodRun run, DateTimeOffset now)
{
    /// <summary>The whole status; what others wrote (the scheduler's condition, the QoS class) is kept.</summary>
    /// <param name="hostIp">The node's address.</param>
    public JsonObject Render(string hostIp)
    {
        var status = pod.Obj("status")?.Copy() ?? [];
        var phase = PodLifecycle.Phase(plan, run);
        status["phase"] = phase;
        status["hostIP"] = hostIp;
        status["hostIPs"] = new JsonArray(new JsonObject { ["ip"] = hostIp });
        if (IsPrepared && run.Ip is { } ip)
        {
            status["podIP"] = ip;
            status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = ip });
        }

        status["startTime"] = run.Admitted.Stamp();
        status["conditions"] = RenderConditions(phase);
        if (plan.Init.Count > 0) status["initContainerStatuses"] = new JsonArray([.. plan.Init.Select((container, i) => Container(container, At(run.Init, i), init: true))]);
        status["containerStatuses"] = new JsonArray([.. plan.Main.Select((container, i) => Container(container, At(run.Main, i), init: false))]);
        return status;
    }

    // Volumes come before the sandbox, and with that the address.
    private bool IsPrepared => run is { Ip: not null, Held: not { Reason: "ContainerCreating" } };

    private JsonArray RenderConditions(string phase)
    {
        var done = phase is "Succeeded" or "Failed";
        var conditions = (pod.At("status", "conditions") as JsonArray)
            .With("PodReadyToStartContainers", IsPrepared && !done ? "True" : "False", null, null, now, probeTime: true);

        var incomplete = plan.Init.Where((container, i) => !InitDone(container, At(run.Init, i))).Select(container => container.Name).ToList();
        conditions = incomplete.Count == 0
            ? conditions.With("Initialized", "True", phase == "Succeeded" ? "PodCompleted" : null, null, now, probeTime: true)
            : conditions.With("Initialized", "False", "ContainersNotInitialized", $"containers with incomplete status: [{string.Join(' ', incomplete)}]", now, probeTime: true);

        var unready = plan.Main.Where((container, i) => At(run.Main, i) is not { } at || !PodLifecycle.IsReady(container, at, now)).Select(container => container.Name).ToList();
        if (done)
        {
            var reason = phase == "Succeeded" ? "PodCompleted" : "PodFailed";
            return conditions.With("Ready", "False", reason, null, now, probeTime: true).With("ContainersReady", "False", reason, null, now, probeTime: true);
        }

        if (unready.Count > 0)
        {
            var message = $"containers with unready status: [{string.Join(' ', unready)}]";
            return conditions.With("Ready", "False", "ContainersNotReady", message, now, probeTime: true)
                .With("ContainersReady", "False", "ContainersNotReady", message, now, probeTime: true);
        }

        conditions = conditions.With("ContainersReady", "True", null, null, now, probeTime: true);
        var gate = pod.Items("spec", "readinessGates").Select(item => item.Text("conditionType") ?? "").FirstOrDefault(type => !pod.ConditionIsTrue(type));
        return gate is null
            ? conditions.With("Ready", "True", null, null, now, probeTime: true)
            : conditions.With("Ready", "False", "ReadinessGatesNotReady", pod.Condition(gate) is null
                ? $"corresponding condition of pod readiness gate \"{gate}\" does not exist."
                : $"the status of pod readiness gate \"{gate}\" is not \"True\", but {pod.Condition(gate).Text("status")}", now, probeTime: true);
    }

    private JsonObject Container(ContainerPlan container, ContainerRun? at, bool init)
    {
        var ready = at is not null && (init && !container.Sidecar ? at is { Ended: true, ExitCode: 0 } : PodLifecycle.IsReady(container, at, now));
        var status = new JsonObject
        {
            ["name"] = container.Name,
            ["state"] = State(container, at),
            ["lastState"] = at is { Finished: not null, Ended: false } ? new JsonObject { ["terminated"] = Terminated(container, at) } : new JsonObject(),
            ["ready"] = ready,
            ["restartCount"] = at?.Restarts ?? 0,
            ["image"] = container.Image,
            ["imageID"] = at?.Started is null && at?.Finished is null ? "" : $"simulated://{container.Image}",
            ["started"] = at is not null && PodLifecycle.HasStarted(container, at, now),
        };
        if (at?.Started is not null) status["containerID"] = ContainerId(container, at);
        return status;
    }

    private JsonObject State(ContainerPlan container, ContainerRun? at)
    {
        if (container.Image.Length == 0)
        {
            return Waiting("InvalidImageName", "Failed to apply default image tag \"\": couldn't parse image name \"\": invalid reference format");
        }

        if (at is null || at is { Started: null, Finished: null })
        {
            if (run.Held is { } held) return Waiting(held.Reason, held.Message);
            return Waiting(plan.Init.Count > 0 && run.Ip is not null && run.Main.Count == 0 ? "PodInitializing" : "ContainerCreating", null);
        }

        if (at.Started is { } started) return new() { ["running"] = new JsonObject { ["startedAt"] = started.Stamp() } };
        if (at.RestartAt is { } again && again > now)
        {
            var wait = TimeSpan.FromSeconds(Math.Round((again - at.Finished!.Value).TotalSeconds));
            var spelled = wait.TotalMinutes >= 1 ? $"{(int)wait.TotalMinutes}m{wait.Seconds}s" : $"{wait.Seconds}s";
            return Waiting(
                "CrashLoopBackOff",
                $"back-off {spelled} restarting failed container={container.Name} pod={pod.Name()}_{pod.Namespace()}({pod.Uid()})");
        }

        return new() { ["terminated"] = Terminated(container, at) };
    }

    private JsonObject Terminated(ContainerPlan container, ContainerRun at)
    {
        var terminated = new JsonObject
        {
            ["exitCode"] = at.ExitCode,
            ["reason"] = at.ExitReason ?? (at.ExitCode == 0 ? "Completed" : "Error"),
        };
        if (at.ExitMessage is { } message) terminated["message"] = message;
        terminated["startedAt"] = at.LastStarted?.Stamp();
        terminated["finishedAt"] = at.Finished?.Stamp();
        terminated["containerID"] = ContainerId(container, at);
        return terminated;
    }

    private static JsonObject Waiting(string reason, string? message)
    {
        var waiting = new JsonObject { ["reason"] = reason };
        if (message is not null) waiting["message"] = message;
        return new() { ["waiting"] = waiting };
    }

    private string ContainerId(ContainerPlan container, ContainerRun at) =>
        string.Create(CultureInfo.InvariantCulture, $"simulated://{run.Uid}/{container.Name}/{at.Restarts}");

    private bool InitDone(ContainerPlan container, ContainerRun? at) =>
        at is not null && (container.Sidecar ? PodLifecycle.IsReady(container, at, now) : at is { Ended: true, ExitCode: 0 });

    private static ContainerRun? At(IReadOnlyList<ContainerRun> runs, int i) => i < runs.Count ? runs[i] : null;
}
