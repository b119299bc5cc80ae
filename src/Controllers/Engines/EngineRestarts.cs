using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Microsoft.Extensions.Logging;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Engines;

/// <summary>Deletes a pod of others' making.</summary>
internal interface IPodDeletion
{
    /// <summary>Deletes exactly this pod, if it is still as it was seen. False when it is gone or has changed.</summary>
    Task<bool> DeleteAsync(PodView pod, TimeSpan grace, CancellationToken cancellationToken);
}

/// <summary>By the API.</summary>
[EntityRbac(typeof(PodView), Verbs = RbacVerb.Delete)]
internal sealed class PodDeletion(IKubernetes kubernetes) : IPodDeletion
{
    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(PodView pod, TimeSpan grace, CancellationToken cancellationToken)
    {
        var options = new V1DeleteOptions
        {
            GracePeriodSeconds = (long)grace.TotalSeconds,
            // The version too: a container that was started anew meanwhile is another engine, of which nothing is known.
            Preconditions = new V1Preconditions { Uid = pod.Metadata.Uid, ResourceVersion = pod.Metadata.ResourceVersion },
        };
        try
        {
            await kubernetes.CoreV1.DeleteNamespacedPodAsync(pod.Metadata.Name, pod.Metadata.NamespaceProperty, options, cancellationToken: cancellationToken);
            return true;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            return false;
        }
    }
}

/// <summary>Carries out a restart that was decided and written down.</summary>
internal sealed partial class EngineRestarts(IPodDeletion pods, EventPublisher events, EngineHealthMetrics metrics, ILogger<EngineRestarts> logger)
{
    /// <summary>The event's reason.</summary>
    public const string Event = "EngineRestarted";

    // A sick engine ends no request, so there is nothing to drain; this much is for its preStop hook and for a process that still heeds SIGTERM. Then it is killed.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Deletes the pod that serves. It is the whole group where a replica is one pod; of several, the LeaderWorkerSet's controller makes the others anew with it. False when
    /// the pod has changed since it was looked at: then it is to be decided anew.
    /// </summary>
    public async Task<bool> ApplyAsync(NemotronDeployment entity, RestartDecision decision, CancellationToken cancellationToken)
    {
        if (decision.Restart is not { Leader: { } leader, Sick: { } sick } group) return true;
        if (!await pods.DeleteAsync(leader, Grace, cancellationToken)) return false;
        metrics.Restarted(entity.Metadata.NamespaceProperty, entity.Metadata.Name, sick.Reason);
        var message = $"Pod {leader.Metadata.Name}: {sick.Evidence} {(group.Pods.Count > 1 ? $"Its group of {group.Pods.Count} pods is restarted" : "It is restarted")} ({Ordinal(decision.Nth)} time).";
        LogRestarted(entity.Metadata.NamespaceProperty, entity.Metadata.Name, message);
        await events(entity, Event, message, EventType.Warning, cancellationToken);
        return true;
    }

    private static string Ordinal(int number) => (number % 100 is >= 11 and <= 13 ? 0 : number % 10) switch
    {
        1 => $"{number}st",
        2 => $"{number}nd",
        3 => $"{number}rd",
        _ => $"{number}th",
    };

    [LoggerMessage(2, LogLevel.Warning, "{Namespace}/{Name}: {What}")]
    private partial void LogRestarted(string @namespace, string name, string what);
}
