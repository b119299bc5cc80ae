using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers;

/// <summary>Objects of one informer by values taken from them, such as the owner's uid or the node's name.</summary>
/// <param name="values">The values an object is found under.</param>
internal sealed class ObjectIndex(Func<JsonObject, IEnumerable<string>> values)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Dictionary<ObjectKey, JsonObject>> entries = [];

    /// <summary>The objects found under a value, a copy of the moment.</summary>
    public IReadOnlyList<JsonObject> this[string value]
    {
        get
        {
            lock (gate) return entries.TryGetValue(value, out var found) ? [.. found.Values] : [];
        }
    }

    /// <summary>How many objects are found under a value.</summary>
    public int Count(string value)
    {
        lock (gate) return entries.TryGetValue(value, out var found) ? found.Count : 0;
    }

    /// <summary>Follows one change.</summary>
    internal void Apply(ObjectKey key, JsonObject? before, JsonObject? after)
    {
        string[] old = before is null ? [] : [.. values(before)];
        string[] current = after is null ? [] : [.. values(after)];
        lock (gate)
        {
            foreach (var value in old)
            {
                if (!current.Contains(value) && entries.TryGetValue(value, out var found) && found.Remove(key) && found.Count == 0) entries.Remove(value);
            }

            foreach (var value in current)
            {
                if (!entries.TryGetValue(value, out var found)) entries[value] = found = [];
                found[key] = after!;
            }
        }
    }
}
