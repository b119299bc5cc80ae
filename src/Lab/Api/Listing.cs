using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api;

/// <summary>One page of a list.</summary>
/// <param name="Items">The objects, in order of namespace and name.</param>
/// <param name="Revision">The revision the list shows.</param>
/// <param name="Continue">Where the next page begins, or null at the end.</param>
/// <param name="Remaining">How many more there are, or null when a selector makes that unknown.</param>
internal sealed record ListPage(IReadOnlyList<StoredObject> Items, long Revision, string? Continue, long? Remaining);

/// <summary>Listing objects as of now or of a revision in history, page by page.</summary>
internal static class Listing
{
    /// <exception cref="ApiException">410 when history no longer reaches the revision, 504 when it lies ahead.</exception>
    public static ListPage List(ApiContext api, ServedResource resource, string? ns, ListOptions options)
    {
        ContinueToken? after = options.Continue is { } token ? ContinueToken.Decode(token) : null;
        var (snapshot, revision) = SnapshotFor(api, resource, options, after);
        // The real server answers rv=0 from its cache, whole: the limit does not count there.
        int limit = options.ResourceVersion == "0" && after is null ? 0 : options.Limit;

        var items = new List<StoredObject>();
        bool selective = !options.Labels.IsEverything || !options.Fields.IsEverything;
        long beyond = 0;
        foreach (var stored in Candidates(snapshot, ns, options, resource))
        {
            if (after is { } start && !IsAfter(stored, start)) continue;
            if (selective && !Selected(resource, stored, options)) continue;
            if (limit == 0 || items.Count < limit) items.Add(stored);
            else if (++beyond > 0 && selective) break;
        }
        if (beyond == 0) return new ListPage(items, revision, null, null);
        var last = items[^1];
        // The key is relative to the list's scope, as etcd's prefix makes it.
        var next = new ContinueToken(revision, ns is null ? last.Namespace : null, last.Name);
        return new ListPage(items, revision, next.Encode(), selective ? null : beyond);
    }

    /// <summary>Whether an object passes the selectors, looked at in the served version.</summary>
    public static bool Selected(ServedResource resource, StoredObject stored, ListOptions options)
    {
        if (!options.Labels.Matches(stored.Tree)) return false;
        return options.Fields.IsEverything || options.Fields.Matches(resource.Show(stored));
    }

    private static (TableSnapshot Snapshot, long Revision) SnapshotFor(ApiContext api, ServedResource resource, ListOptions options, ContinueToken? after)
    {
        var (snapshot, now) = api.Store.Read(resource.Table);
        if (after is { Revision: > 0 } token)
        {
            var past = resource.Table.AsOf(token.Revision) ?? throw ApiErrors.Expired(
                "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.");
            return (past, token.Revision);
        }
        long asked = options.Revision;
        if (asked > now) throw TooLarge(asked, now);
        if (options.Match == "Exact")
        {
            var past = resource.Table.AsOf(asked) ?? throw ApiErrors.Expired(
                $"The resourceVersion for the provided list is too old: {asked.ToString(CultureInfo.InvariantCulture)}");
            return (past, asked);
        }
        return (snapshot, now);
    }

    private static IEnumerable<StoredObject> Candidates(TableSnapshot snapshot, string? ns, ListOptions options, ServedResource resource)
    {
        if (options.Fields.ExactName is not { } name) return snapshot.Objects(ns);
        if (ns is not null || !resource.Namespaced) return snapshot.Find(ns, name) is { } one ? [one] : [];
        return snapshot.Namespaces.Values.Where(o => o.ContainsKey(name)).Select(o => o[name]);
    }

    private static bool IsAfter(StoredObject stored, ContinueToken start)
    {
        if (start.Namespace is not null && stored.Namespace is not null)
        {
            int order = string.CompareOrdinal(stored.Namespace, start.Namespace);
            if (order != 0) return order > 0;
        }
        return string.CompareOrdinal(stored.Name, start.Name) > 0;
    }

    private static ApiException TooLarge(long asked, long now) =>
        new(504, "Timeout", $"Timeout: Too large resource version: {asked.ToString(CultureInfo.InvariantCulture)}, current: {now.ToString(CultureInfo.InvariantCulture)}",
            new JsonObject
            {
                ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ResourceVersionTooLarge", ["message"] = "Too large resource version" }),
                ["retryAfterSeconds"] = 1,
            })
        { RetryAfterSeconds = 1 };
}
