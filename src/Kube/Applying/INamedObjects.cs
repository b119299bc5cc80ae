using System.Text.Json.Nodes;

namespace Nemotron.Kube;

/// <summary>Names an object of whatever kind, as references within specs do.</summary>
/// <param name="ApiVersion"><c>group/version</c>, or <c>v1</c>.</param>
/// <param name="Kind">The kind.</param>
/// <param name="Namespace">The namespace; null for objects of the cluster.</param>
/// <param name="Name">The name.</param>
public sealed record ObjectReference(string ApiVersion, string Kind, string? Namespace, string Name)
{
    /// <summary>The API group; the core group is the empty string.</summary>
    public string Group => ApiVersion.Contains('/', StringComparison.Ordinal) ? ApiVersion[..ApiVersion.IndexOf('/', StringComparison.Ordinal)] : "";

    /// <summary><c>Kind namespace/name</c>.</summary>
    public override string ToString() => $"{Kind} {new NamespacedName(Namespace, Name)}";
}

/// <summary>The scale subresource of an object (<c>autoscaling/v1</c> Scale).</summary>
/// <param name="Desired">Replicas asked for.</param>
/// <param name="Observed">Replicas there are, as its controller says.</param>
/// <param name="ResourceVersion">The version that was read.</param>
public sealed record ScaleReading(int Desired, int Observed, string ResourceVersion);

/// <summary>Objects of kinds that are not known before they are named: found through the API server's discovery.</summary>
public interface INamedObjects
{
    /// <summary>Reads an object's scale subresource.</summary>
    /// <exception cref="NamedObjectException">There is no such kind, object or subresource; the message says which.</exception>
    /// <exception cref="k8s.Autorest.HttpOperationException">The API server refused; <see cref="ApiErrors.Describe"/> says why in a sentence.</exception>
    Task<ScaleReading> ReadScaleAsync(ObjectReference reference, CancellationToken cancellationToken);

    /// <summary>Sets the replicas of an object that is still as it was read.</summary>
    /// <exception cref="NamedObjectException">There is no such kind or subresource.</exception>
    Task<PatchOutcome> PatchScaleAsync(ObjectReference reference, int replicas, ScaleReading read, CancellationToken cancellationToken);

    /// <summary>Sends a merge patch (RFC 7386).</summary>
    /// <exception cref="NamedObjectException">There is no such kind.</exception>
    Task<PatchOutcome> MergePatchAsync(ObjectReference reference, JsonObject patch, CancellationToken cancellationToken);
}

/// <summary>What was named is not there; the message says in a sentence what is missing.</summary>
public sealed class NamedObjectException : Exception
{
    /// <summary>Creates one.</summary>
    /// <param name="message">What is missing.</param>
    /// <param name="kindMissing">Whether it is the kind.</param>
    public NamedObjectException(string message, bool kindMissing)
        : base(message) => KindMissing = kindMissing;

    /// <summary>Whether the kind itself is not served, and not only the object.</summary>
    public bool KindMissing { get; }
}
