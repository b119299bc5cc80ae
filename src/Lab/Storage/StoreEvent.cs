namespace Nemotron.Lab.Storage;

/// <summary>What happened to an object at a revision.</summary>
/// <param name="Revision">The store's revision after the change.</param>
/// <param name="Current">The object after the change; for a removal the last state, stamped with the removal's revision.</param>
/// <param name="Previous">The version before, or null for a creation.</param>
/// <param name="Removed">Whether the object is gone.</param>
internal readonly record struct StoreEvent(long Revision, StoredObject Current, StoredObject? Previous, bool Removed);
