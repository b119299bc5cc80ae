using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api;

/// <summary>What a watcher is told about a change.</summary>
/// <param name="Type"><c>ADDED</c>, <c>MODIFIED</c> or <c>DELETED</c>.</param>
/// <param name="Object">The version to show.</param>
/// <param name="StampedRevision">The revision to show instead of the version's own, or 0.</param>
internal readonly record struct SeenChange(string Type, StoredObject Object, long StampedRevision);

/// <summary>
/// A watcher's view of a table's changes: one namespace or all, and selectors. An object that comes to match is ADDED,
/// one that ceases to is DELETED, whatever happened in the store.
/// </summary>
internal sealed class WatchFilter(ServedResource resource, string? ns, ListOptions options)
{
    private readonly bool selective = !options.Labels.IsEverything || !options.Fields.IsEverything;

    public bool Matches(StoredObject stored) =>
        (ns is null || stored.Namespace == ns)
        && (options.Fields.ExactName is not { } name || stored.Name == name)
        && (!selective || Listing.Selected(resource, stored, options));

    /// <summary>The change as the watcher sees it, or null when it does not.</summary>
    public SeenChange? See(in StoreEvent change)
    {
        if (ns is not null && change.Current.Namespace != ns) return null;
        if (!selective)
        {
            string type = change.Removed ? "DELETED" : change.Previous is null ? "ADDED" : "MODIFIED";
            return new SeenChange(type, change.Current, 0);
        }
        if (options.Fields.ExactName is { } name && change.Current.Name != name) return null;
        bool before = change.Previous is not null && Listing.Selected(resource, change.Previous, options);
        bool after = !change.Removed && Listing.Selected(resource, change.Current, options);
        if (change.Removed) return before ? new SeenChange("DELETED", change.Current, 0) : null;
        if (after) return new SeenChange(before ? "MODIFIED" : "ADDED", change.Current, 0);
        return before ? new SeenChange("DELETED", change.Previous!, change.Revision) : null;
    }

    /// <summary>The object to show for a change, in the served version. Shared unless it had to be stamped or translated.</summary>
    public JsonObject Show(in SeenChange change)
    {
        var shown = resource.Show(change.Object);
        if (change.StampedRevision == 0) return shown;
        shown = (JsonObject)shown.DeepClone();
        shown.Metadata()["resourceVersion"] = change.StampedRevision.ToString(CultureInfo.InvariantCulture);
        return shown;
    }
}
