using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api;

/// <summary>A served resource: <c>("apps", "v1", "deployments")</c>; the core group is the empty string.</summary>
/// <param name="Group">The API group.</param>
/// <param name="Version">The version within the group.</param>
/// <param name="Plural">The plural resource name.</param>
internal readonly record struct Gvr(string Group, string Version, string Plural)
{
    /// <inheritdoc/>
    public override string ToString() => Group.Length == 0 ? $"{Plural}.{Version}" : $"{Plural}.{Version}.{Group}";
}

/// <summary>One watch event: <c>ADDED</c>, <c>MODIFIED</c>, <c>DELETED</c>, <c>BOOKMARK</c> or <c>ERROR</c>.</summary>
/// <param name="Type">The event's type.</param>
/// <param name="Object">The object after the change (before it, for <c>DELETED</c>). Shared: never mutate.</param>
internal sealed record WatchEvent(string Type, JsonObject Object);

/// <summary>
/// The API as the Lab's own controllers and kubelets use it: the same admission, versioning and events as over HTTP,
/// without the wire. Objects handed out are shared and must not be mutated (<c>DeepClone</c> first); objects handed in are taken over.
/// Refusals are <see cref="ApiException"/>. Thread-safe; every call is a short in-memory step.
/// </summary>
internal interface IApi
{
    /// <summary>Creates an object. <c>AlreadyExists</c> (409) when it is there.</summary>
    JsonObject Create(Gvr resource, string? ns, JsonObject obj, string fieldManager);

    /// <summary>The object, or null when absent.</summary>
    JsonObject? Get(Gvr resource, string? ns, string name);

    /// <summary>All objects (of one namespace, or of all when <paramref name="ns"/> is null) that match the label selector, with the list's resource version.</summary>
    (IReadOnlyList<JsonObject> Items, long ResourceVersion) List(Gvr resource, string? ns = null, string? labelSelector = null);

    /// <summary>
    /// Replaces an object, or its <paramref name="subresource"/>: <c>status</c>; <c>scale</c> (the object is then a Scale); a namespace's <c>finalize</c>;
    /// a pod's <c>binding</c> (the object is then the bound pod). With <c>metadata.resourceVersion</c> set, a stale one is a <c>Conflict</c> (409).
    /// </summary>
    JsonObject Update(Gvr resource, string? ns, string name, JsonObject obj, string fieldManager, string? subresource = null);

    /// <summary>Merge-patches (RFC 7386) an object or its subresource.</summary>
    JsonObject MergePatch(Gvr resource, string? ns, string name, JsonObject patch, string fieldManager, string? subresource = null);

    /// <summary>
    /// Deletes an object: at once, or by setting <c>deletionTimestamp</c> while finalizers (or a pod's grace period) hold it. Absent is no error.
    /// </summary>
    /// <param name="resource">The resource.</param>
    /// <param name="ns">The namespace, or null for cluster scope.</param>
    /// <param name="name">The object's name.</param>
    /// <param name="propagation"><c>Background</c>, <c>Foreground</c> or <c>Orphan</c>.</param>
    /// <param name="gracePeriodSeconds">Pods: 0 removes now; null takes the pod's own grace period.</param>
    /// <param name="uid">A uid precondition, or null.</param>
    void Delete(Gvr resource, string? ns, string name, string propagation = "Background", long? gracePeriodSeconds = null, string? uid = null);

    /// <summary>
    /// Events after <paramref name="resourceVersion"/>, as they happen, without end until cancelled. Ends with an <c>ERROR</c> event when the version is too old.
    /// </summary>
    IAsyncEnumerable<WatchEvent> WatchAsync(Gvr resource, string? ns, long resourceVersion, CancellationToken cancel);

    /// <summary>All resources served now, built-in and custom, with scope and kind; changes as CRDs come and go.</summary>
    IReadOnlyList<(Gvr Resource, string Kind, bool Namespaced)> Resources { get; }
}
