namespace Nemotron.Kube;

/// <summary>
/// How far an informer's copy of one scope is: of one namespace, or of all there is. A scope is listed and watched on its own, and what has been seen of it
/// says nothing of another. Written under the informer's lock (<see cref="Trouble"/>: by its reflector), read from any thread.
/// </summary>
/// <param name="ns">The namespace; null: all there is.</param>
internal sealed class InformerScope(string? ns)
{
    private volatile string? seenVersion;
    private volatile string? trouble;
    private volatile bool listed;
    private volatile bool served = true;

    /// <summary>The namespace; null: all there is.</summary>
    internal string? Namespace => ns;

    /// <summary>The newest version of an event, list or bookmark; null before the first list.</summary>
    internal string? SeenVersion => seenVersion;

    /// <summary>Whether a whole list has come once.</summary>
    internal bool Listed => listed;

    /// <summary>Whether the API server has the type, as the last list found.</summary>
    internal bool Served => served;

    /// <summary>Why list or watch fails at the moment, in a sentence; null when it does not.</summary>
    internal string? Trouble
    {
        get => trouble;
        set => trouble = value;
    }

    /// <summary>Whether an object of this key belongs here.</summary>
    internal bool Covers(NamespacedName key) => ns is null || key.Namespace == ns;

    /// <summary>Whether everything up to this version has been seen. True when that cannot be said.</summary>
    internal bool HasSeen(string version) => ResourceVersions.AtLeast(seenVersion, version) != false;

    /// <summary>An event or bookmark of this version has been seen.</summary>
    internal void Advance(string? version)
    {
        if (!string.IsNullOrEmpty(version) && !ResourceVersions.CertainlyOlder(version, seenVersion))
        {
            seenVersion = version;
        }
    }

    /// <summary>A whole list has come.</summary>
    /// <param name="version">Its version.</param>
    /// <param name="typeServed">Whether the API server has the type.</param>
    internal void Complete(string version, bool typeServed)
    {
        // Not Advance: after the API server lost its data the list's version may be lower, and is right nevertheless.
        seenVersion = version;
        served = typeServed;
        trouble = null;
        listed = true;
    }

    /// <summary>The resource and, where it is one namespace's, the namespace.</summary>
    internal string Describe(string resource) => ns is null ? resource : $"{resource} in namespace {ns}";
}
