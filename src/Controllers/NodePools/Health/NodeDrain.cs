using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Nemotron.Controllers.Views;
using Nemotron.Kube;

namespace Nemotron.Controllers.NodePools.Health;

/// <summary>Empties sick nodes of replicas. Each goes whole: of one with several pods the LeaderWorkerSet makes all anew when one goes.</summary>
internal interface INodeDrain
{
    /// <summary>Asks a pod to go in its own time: what it has in flight it may finish. False where a PodDisruptionBudget is in the way.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="force">Passes over PodDisruptionBudgets, since what they protect is lost already.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    Task<bool> TakeAsync(PodView pod, bool force, CancellationToken cancellationToken);

    /// <summary>Takes a pod out of the API, whatever has become of it on its node.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    Task ForgetAsync(PodView pod, CancellationToken cancellationToken);

    /// <summary>Whether PodDisruptionBudgets, whoever made them, would let a pod go now. It stays.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    Task<bool> MayGoAsync(PodView pod, CancellationToken cancellationToken);
}

/// <summary>By the API.</summary>
[EntityRbac(typeof(PodView), Verbs = RbacVerb.Delete)]
[GenericRbac(Groups = [""], Resources = ["pods/eviction"], Verbs = RbacVerb.Create)]
internal sealed class NodeDrain(IKubernetes kubernetes) : INodeDrain
{
    /// <inheritdoc/>
    public async Task<bool> TakeAsync(PodView pod, bool force, CancellationToken cancellationToken)
    {
        var (ns, name) = (pod.Metadata.NamespaceProperty, pod.Metadata.Name);
        // With its uid: a StatefulSet gives the next pod the same name.
        var options = new V1DeleteOptions { Preconditions = new V1Preconditions { Uid = pod.Metadata.Uid } };
        try
        {
            if (force) await kubernetes.CoreV1.DeleteNamespacedPodAsync(name, ns, options, cancellationToken: cancellationToken);
            else await EvictAsync(name, ns, options, cancellationToken);
            return true;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            return true;
        }
        // More than one budget for a pod the server answers as its own error, each time.
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.TooManyRequests || (!force && e.Response.StatusCode == HttpStatusCode.InternalServerError))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async Task ForgetAsync(PodView pod, CancellationToken cancellationToken)
    {
        var options = new V1DeleteOptions { GracePeriodSeconds = 0, Preconditions = new V1Preconditions { Uid = pod.Metadata.Uid } };
        try
        {
            await kubernetes.CoreV1.DeleteNamespacedPodAsync(pod.Metadata.Name, pod.Metadata.NamespaceProperty, options, cancellationToken: cancellationToken);
        }
        catch (HttpOperationException e) when (e.Response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            // Gone by itself, and there may be another of its name.
        }
    }

    /// <inheritdoc/>
    public async Task<bool> MayGoAsync(PodView pod, CancellationToken cancellationToken)
    {
        try
        {
            await EvictAsync(pod.Metadata.Name, pod.Metadata.NamespaceProperty, new V1DeleteOptions { DryRun = ["All"], Preconditions = new V1Preconditions { Uid = pod.Metadata.Uid } }, cancellationToken);
            return true;
        }
        // Gone or another by now: what is decided next sees that. As for more than one budget, see above.
        catch (HttpOperationException e) when (e.Response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.InternalServerError)
        {
            return false;
        }
    }

    private Task EvictAsync(string name, string ns, V1DeleteOptions options, CancellationToken cancellationToken) => kubernetes.CoreV1.CreateNamespacedPodEvictionAsync(
        new V1Eviction { ApiVersion = "policy/v1", Kind = "Eviction", Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = ns }, DeleteOptions = options }, name, ns, cancellationToken: cancellationToken);
}
