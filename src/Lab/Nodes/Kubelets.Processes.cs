using System.Net;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Nodes;

/// <summary>The part of the kubelets that handles processes: it starts them, takes their news, asks their probes and stops them.</summary>
internal sealed partial class Kubelets
{
    private PodRun TakeNews(ObjectKey key, JsonObject pod, PodPlan plan, PodRun run, bool restart)
    {
        foreach (var item in live?.Take(key) ?? [])
        {
            if (plan.Live.FirstOrDefault(container => container.Name == item.Container) is not { } container || run.Of(plan, container.Name) is not { } at) continue;
            switch (item)
            {
                case PodNews.Exited exited when at.Running:
                    var again = restart && plan.Restarts(container, exited.Exit.Code);
                    at = at.Exit(exited.At, exited.Exit.Code, again, exited.Exit.Reason, MessageOf(pod, container, exited.Exit));
                    run = run.With(plan, container.Name, at);
                    if (at.RestartAt > exited.At) events.BackOff(pod, container);
                    break;
                case PodNews.Probed probed when at.Running:
                    run = run.With(plan, container.Name, at with { Probes = at.Probes.After(probed.Kind, container.Probes![probed.Kind]!, probed.Answer.Success, probed.At) });
                    if (!probed.Answer.Success) events.Unhealthy(pod, probed.Kind, probed.Answer.Message);
                    break;
                case PodNews.HookFailed failed:
                    events.HookFailed(pod, failed.Message);
                    break;
            }
        }

        return run;
    }

    /// <summary>Starts a container's process when it is to run and does not, stops it when a probe has condemned it, and asks its probes.</summary>
    /// <returns>When its next probe is due.</returns>
    private DateTimeOffset? Run(ObjectKey key, JsonObject pod, SimulatedNode node, PodPlan plan, ContainerPlan container, PodRun run, DateTimeOffset now)
    {
        if (run.Of(plan, container.Name) is not { Running: true } at) return null;
        var served = Served(pod, container.Name);
        if (!live!.Lives(key, container.Name)) live.Start(key, at.Restarts, StartOf(pod, served, node, run, at, container));
        if (at.Probes.Condemned(container.Probes!) is { } condemned)
        {
            var grace = container.Probes![condemned]!.Grace ?? Grace(pod);
            if (live.Stop(key, served, grace)) events.Condemned(pod, container, condemned);
            return null;
        }

        return live.Ask(key, container, at, now);
    }

    private ContainerStart StartOf(JsonObject pod, JsonObject container, SimulatedNode node, PodRun run, ContainerRun at, ContainerPlan plan)
    {
        var environment = inputs.Environment(pod, container, run.Ip ?? "");
        return new()
        {
            Pod = pod,
            Container = container,
            Node = nodeObjects.Get(new(null, node.Name)),
            Ip = IPAddress.Parse(run.Ip!),
            Restarts = at.Restarts,
            Gpus = run.Gpus,
            Environment = environment,
            Files = inputs.Files(pod, container),
            CommandLine = ContainerInputs.CommandLine(container, environment),
            Load = plan.Load,
        };
    }

    /// <summary>Main containers first; sidecars serve until those are gone. Readiness is still asked: a draining pod says so.</summary>
    private void StopProcesses(ObjectKey key, JsonObject pod, SimulatedNode node, PodPlan plan, PodRun run, DateTimeOffset now)
    {
        var left = Grace(pod) - (now - run.Stopping!.Value);
        var grace = left > TimeSpan.Zero ? left : TimeSpan.Zero;
        foreach (var container in plan.Main.Where(container => container.Probes is not null)) live!.Stop(key, Served(pod, container.Name), grace);
        if (!plan.Main.Any(container => live!.Lives(key, container.Name)))
        {
            foreach (var container in plan.Init.Where(container => container.Probes is not null)) live!.Stop(key, Served(pod, container.Name), grace);
        }

        DateTimeOffset? next = null;
        foreach (var container in plan.Live)
        {
            if (run.Of(plan, container.Name) is { Running: true } at) next = Earlier(next, live!.Ask(key, container, at, now, readinessOnly: true));
        }

        WriteStatus(pod, new PodStatusView(pod, plan with { RestartPolicy = "Never" }, run, now).Render(node.HostIp));
        if (next is { } due) Queue.AddAfter(key, due - now);
    }

    private static string? MessageOf(JsonObject pod, ContainerPlan container, ContainerExit exit) =>
        exit.Code != 0 && Served(pod, container.Name).Text("terminationMessagePolicy") == "FallbackToLogsOnError" ? exit.Message : null;

    /// <summary>Hands changed ConfigMaps and Secrets on to the pods that mount them: at once, where a real kubelet takes up to a minute.</summary>
    private void FollowMountedObjects()
    {
        var byObject = pods.AddIndex(pod => ContainerInputs.Mounted(pod));
        Context.Informers.For(BuiltIn.ConfigMaps).OnChange((before, after) => Changed("configmap", before, after));
        Context.Informers.For(BuiltIn.Secrets).OnChange((before, after) => Changed("secret", before, after));

        void Changed(string kind, JsonObject? before, JsonObject? after)
        {
            if (before is null || after is null) return;
            foreach (var pod in byObject[$"{kind}/{after.Namespace()}/{after.Name()}"])
            {
                remounted[ObjectKey.Of(pod)] = true;
                Queue.Add(ObjectKey.Of(pod));
            }
        }
    }
}
