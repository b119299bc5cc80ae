namespace Nemotron.Lab.Controllers.GarbageCollection;

/// <summary>How an owner stands.</summary>
internal enum OwnerState
{
    /// <summary>It is there.</summary>
    Present,

    /// <summary>It is there, is being deleted in the foreground, and waits for its dependents.</summary>
    Waiting,

    /// <summary>It is gone, or another object has its name.</summary>
    Absent,

    /// <summary>Its kind is not served (now): nothing may be concluded.</summary>
    Unknown,
}

/// <summary>What is to be done about an object.</summary>
internal enum CollectionStep
{
    /// <summary>Nothing.</summary>
    Keep,

    /// <summary>Delete it with <see cref="CollectionAction.Propagation"/>.</summary>
    Delete,

    /// <summary>Take the owners of <see cref="CollectionAction.Uids"/> off its list.</summary>
    DropOwners,

    /// <summary>Take it off the owner lists of the dependents in <see cref="CollectionAction.Uids"/>, then remove its <c>orphan</c> finalizer.</summary>
    OrphanDependents,

    /// <summary>Have the dependents in <see cref="CollectionAction.Uids"/> looked at: it waits for them.</summary>
    AwaitDependents,

    /// <summary>Remove its <c>foregroundDeletion</c> finalizer: nothing blocks it any more.</summary>
    FinishForeground,
}

/// <summary>One step, with what it applies to.</summary>
internal sealed record CollectionAction(CollectionStep Step, IReadOnlyList<string> Uids, string Propagation = "Background")
{
    /// <summary>Nothing to do.</summary>
    public static CollectionAction Keep { get; } = new(CollectionStep.Keep, []);
}

/// <summary>Decides for one object, as the real garbage collector does.</summary>
internal static class CollectionDecision
{
    /// <summary>The next step for an object.</summary>
    /// <param name="obj">The object.</param>
    /// <param name="dependents">Reads what depends on it. Asked only when it matters, since an owner may have thousands.</param>
    /// <param name="owner">How an owner stands, verified against the API where the graph does not know it.</param>
    public static CollectionAction Decide(OwnedObject obj, Func<IReadOnlyList<OwnedObject>> dependents, Func<OwnerLink, OwnerState> owner)
    {
        if (obj is { Deleting: true, Orphan: true }) return new(CollectionStep.OrphanDependents, Uids(dependents()));
        if (obj.WaitsForDependents)
        {
            var blocking = dependents().Where(dependent => dependent.Owners.Any(link => link.Uid == obj.Uid && link.Blocks)).ToList();
            return blocking.Count == 0 ? new(CollectionStep.FinishForeground, []) : new(CollectionStep.AwaitDependents, Uids(blocking));
        }

        if (obj.Deleting || obj.Owners.Count == 0) return CollectionAction.Keep;
        var states = obj.Owners.Select(link => (Link: link, State: owner(link))).ToList();
        if (states.Any(entry => entry.State == OwnerState.Unknown)) return CollectionAction.Keep;
        var gone = states.Where(entry => entry.State is OwnerState.Absent or OwnerState.Waiting).Select(entry => entry.Link.Uid).ToList();
        if (gone.Count == 0) return CollectionAction.Keep;
        // One owner left is enough to live; the list is only cleaned.
        if (gone.Count < states.Count) return new(CollectionStep.DropOwners, gone);

        var waiting = states.Any(entry => entry.State == OwnerState.Waiting);
        // An owner that waits wants its whole tree gone first, so the tree goes in the foreground too.
        var propagation = waiting && dependents().Count > 0 ? "Foreground"
            : obj.Orphan ? "Orphan"
            : obj.Foreground ? "Foreground"
            : "Background";
        return new(CollectionStep.Delete, [obj.Uid], propagation);
    }

    private static IReadOnlyList<string> Uids(IEnumerable<OwnedObject> objects) => [.. objects.Select(obj => obj.Uid)];
}
