using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>
/// Publishes a Kubernetes Event (<c>events.k8s.io/v1</c>) about an entity. It only queues: it never waits for the API server and never throws
/// for it. Repetitions become one Event with a series; a flood about one object is cut off (25 at once, then one in five minutes).
/// Publish on a change that the caller has decided, not on every reconcile.
/// </summary>
/// <param name="entity">What the event is about.</param>
/// <param name="reason">Why, in CamelCase, at most 128 characters.</param>
/// <param name="message">The sentence people read; cut after 1,024 bytes.</param>
/// <param name="type">Normal or Warning.</param>
/// <param name="cancellationToken">Not used for waiting, since nothing waits; kept for KubeOps' shape.</param>
public delegate Task EventPublisher(
    IKubernetesObject<V1ObjectMeta> entity,
    string reason,
    string message,
    EventType type = EventType.Normal,
    CancellationToken cancellationToken = default);

/// <summary>The type of a Kubernetes Event.</summary>
public enum EventType
{
    /// <summary>Information.</summary>
    Normal,

    /// <summary>Something a person may have to look at.</summary>
    Warning,
}
