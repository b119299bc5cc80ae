using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers;

/// <summary>
/// Objects that select others (Services, disruption budgets), found from the other end: each is kept under one label that it
/// demands, the one that fewest of its kind demand, so that a pod's change costs what looks for its labels and not all there is.
/// </summary>
internal sealed class SelectorIndex
{
    private readonly Func<JsonObject, LabelSelector> selectorOf;
    private readonly Lock gate = new();
    private readonly Dictionary<string, Dictionary<ObjectKey, LabelSelector>> places = [];
    private readonly Dictionary<ObjectKey, string> placeOf = [];

    /// <summary>An index over all present and future objects.</summary>
    /// <param name="informer">Whose objects.</param>
    /// <param name="selectorOf">An object's selector.</param>
    public SelectorIndex(Informer informer, Func<JsonObject, LabelSelector> selectorOf)
    {
        this.selectorOf = selectorOf;
        informer.OnChange((before, after) => Follow(ObjectKey.Of(after ?? before!), after));
    }

    /// <summary>Who in a namespace selects these labels; null is no labels at all.</summary>
    public IReadOnlyList<ObjectKey> Selecting(string? ns, JsonObject? labels)
    {
        var found = new List<ObjectKey>();
        lock (gate)
        {
            Collect(LabelPlace.Of(ns));
            foreach (var (label, value) in labels ?? []) Collect(LabelPlace.Of(ns, label, value.Text() ?? ""));
        }

        return found;

        void Collect(string place)
        {
            if (!places.TryGetValue(place, out var here)) return;
            foreach (var (key, selector) in here)
            {
                if (selector.MatchesLabels(labels)) found.Add(key);
            }
        }
    }

    private void Follow(ObjectKey key, JsonObject? after)
    {
        lock (gate)
        {
            if (placeOf.Remove(key, out var old) && places[old].Remove(key) && places[old].Count == 0) places.Remove(old);
            if (after is null) return;
            var selector = selectorOf(after);
            if (selector.MatchesNothing) return;
            var place = LabelPlace.Rarest(key.Namespace, selector, at => places.TryGetValue(at, out var there) ? there.Count : 0);
            placeOf[key] = place;
            if (!places.TryGetValue(place, out var here)) places[place] = here = [];
            here[key] = selector;
        }
    }
}
