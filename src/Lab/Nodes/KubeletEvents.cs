using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Nodes;

/// <summary>What kubelets tell of in events, with their reasons and sentences.</summary>
/// <param name="events">Where events go.</param>
/// <param name="on">Whether any are written.</param>
internal sealed class KubeletEvents(EventWriter events, bool on)
{
    private const string Component = "kubelet";

    /// <summary>Tells of the containers that started since.</summary>
    public void Starts(JsonObject pod, PodPlan plan, PodRun before, PodRun run)
    {
        Tell(plan.Init, before.Init, run.Init);
        Tell(plan.Main, before.Main, run.Main);

        void Tell(IReadOnlyList<ContainerPlan> plans, IReadOnlyList<ContainerRun> old, IReadOnlyList<ContainerRun> current)
        {
            for (var i = 0; i < current.Count; i++)
            {
                if (current[i].Started is null || (i < old.Count && old[i].Started == current[i].Started)) continue;
                Normal(pod, "Pulled", $"Container image \"{plans[i].Image}\" already present on machine");
                Normal(pod, "Created", $"Created container: {plans[i].Name}");
                Normal(pod, "Started", $"Started container {plans[i].Name}");
            }
        }
    }

    /// <summary>Tells that a deleted pod's containers are being stopped.</summary>
    public void Stopping(JsonObject pod)
    {
        foreach (var container in pod.Items("spec", "containers")) Normal(pod, "Killing", $"Stopping container {container.Text("name")}");
    }

    /// <summary>Tells of a probe's failure.</summary>
    public void Unhealthy(JsonObject pod, ProbeKind kind, string message) => Warning(pod, "Unhealthy", $"{kind} probe failed: {message}");

    /// <summary>Tells that a probe has condemned a container.</summary>
    public void Condemned(JsonObject pod, ContainerPlan container, ProbeKind kind) =>
        Normal(pod, "Killing", $"Container {container.Name} failed {(kind == ProbeKind.Startup ? "startup" : "liveness")} probe, will be restarted");

    /// <summary>Tells that a container is not started again at once.</summary>
    public void BackOff(JsonObject pod, ContainerPlan container) =>
        Warning(pod, "BackOff", $"Back-off restarting failed container {container.Name} in pod {pod.Name()}_{pod.Namespace()}({pod.Uid()})");

    /// <summary>Tells of a preStop hook's failure.</summary>
    public void HookFailed(JsonObject pod, string message) => Warning(pod, "FailedPreStopHook", $"PreStopHook failed: {message}");

    /// <summary>Tells what keeps containers from being made.</summary>
    public void Held(JsonObject pod, HeldBack held) =>
        Warning(pod, held.Reason == "ContainerCreating" ? "FailedMount" : "Failed", held.Reason == "ContainerCreating" ? held.Message ?? "" : $"Error: {held.Message}");

    private void Normal(JsonObject pod, string reason, string message)
    {
        if (on) events.Normal(Component, pod, "Pod", "v1", reason, message);
    }

    private void Warning(JsonObject pod, string reason, string message)
    {
        if (on) events.Warning(Component, pod, "Pod", "v1", reason, message);
    }
}
