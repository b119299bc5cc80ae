using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers.GarbageCollection;

/// <summary>An owner as a dependent names it.</summary>
/// <param name="ApiVersion">Its group and version.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid: an owner of the same name and another uid is another owner.</param>
/// <param name="Blocks">Whether a foreground deletion of the owner waits for the dependent.</param>
internal sealed record OwnerLink(string ApiVersion, string Kind, string Name, string Uid, bool Blocks);

/// <summary>An object as the garbage collector sees it.</summary>
/// <param name="Resource">Its resource.</param>
/// <param name="Key">Its place.</param>
/// <param name="Uid">Its uid.</param>
/// <param name="Owners">Its owners.</param>
/// <param name="Deleting">Whether its deletion has been asked for.</param>
/// <param name="Foreground">Whether it carries the finalizer <c>foregroundDeletion</c>.</param>
/// <param name="Orphan">Whether it carries the finalizer <c>orphan</c>.</param>
internal sealed record OwnedObject(Gvr Resource, ObjectKey Key, string Uid, IReadOnlyList<OwnerLink> Owners, bool Deleting, bool Foreground, bool Orphan)
{
    public const string ForegroundFinalizer = "foregroundDeletion";
    public const string OrphanFinalizer = "orphan";

    /// <summary>Whether it waits until its dependents are gone.</summary>
    public bool WaitsForDependents => Deleting && Foreground;

    /// <summary>Reads an object as served.</summary>
    public static OwnedObject From(Gvr resource, JsonObject obj)
    {
        var finalizers = obj.Texts("metadata", "finalizers").ToList();
        return new(
            resource,
            ObjectKey.Of(obj),
            obj.Uid(),
            [.. obj.Items("metadata", "ownerReferences").Select(owner => new OwnerLink(
                owner.Text("apiVersion") ?? "", owner.Text("kind") ?? "", owner.Text("name") ?? "", owner.Text("uid") ?? "", owner.Flag("blockOwnerDeletion")))],
            obj.IsDeleting(),
            finalizers.Contains(ForegroundFinalizer),
            finalizers.Contains(OrphanFinalizer));
    }
}

/// <summary>Who owns whom, over all resources. Thread-safe.</summary>
internal sealed class OwnershipGraph
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, OwnedObject> objects = [];
    private readonly Dictionary<string, HashSet<string>> dependents = [];

    /// <summary>The object of a uid, or null.</summary>
    public OwnedObject? this[string uid]
    {
        get
        {
            lock (gate) return objects.GetValueOrDefault(uid);
        }
    }

    /// <summary>Takes in an object, new or changed.</summary>
    public void Put(OwnedObject obj)
    {
        lock (gate)
        {
            Unlink(obj.Uid);
            objects[obj.Uid] = obj;
            foreach (var owner in obj.Owners)
            {
                if (!dependents.TryGetValue(owner.Uid, out var links)) dependents[owner.Uid] = links = [];
                links.Add(obj.Uid);
            }
        }
    }

    /// <summary>Forgets an object; what depends on it still names it.</summary>
    public void Remove(string uid)
    {
        lock (gate)
        {
            Unlink(uid);
            objects.Remove(uid);
        }
    }

    /// <summary>The objects that name a uid as their owner.</summary>
    public IReadOnlyList<OwnedObject> DependentsOf(string uid)
    {
        lock (gate)
        {
            return dependents.TryGetValue(uid, out var links) ? [.. links.Select(link => objects.GetValueOrDefault(link)).OfType<OwnedObject>()] : [];
        }
    }

    private void Unlink(string uid)
    {
        if (!objects.TryGetValue(uid, out var known)) return;
        foreach (var owner in known.Owners)
        {
            if (dependents.TryGetValue(owner.Uid, out var links) && links.Remove(uid) && links.Count == 0) dependents.Remove(owner.Uid);
        }
    }
}
