using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers;

/// <summary>Objects of one informer by namespace and label: a selector costs what carries its rarest label, not what there is.</summary>
internal sealed class LabelIndex
{
    private readonly ObjectIndex entries;

    /// <summary>An index over all present and future objects.</summary>
    /// <param name="informer">Whose objects.</param>
    /// <param name="where">Which of them; null for all.</param>
    public LabelIndex(Informer informer, Func<JsonObject, bool>? where = null) =>
        entries = informer.AddIndex(obj => where?.Invoke(obj) == false ? [] : Places(obj));

    /// <summary>The objects of a namespace that a selector matches, a copy of the moment.</summary>
    public IReadOnlyList<JsonObject> Matching(string? ns, LabelSelector selector) =>
        selector.MatchesNothing ? [] : [.. entries[LabelPlace.Rarest(ns, selector, entries.Count)].Where(selector.Matches)];

    private static IEnumerable<string> Places(JsonObject obj)
    {
        var ns = obj.Namespace();
        yield return LabelPlace.Of(ns);
        foreach (var (label, value) in obj.Obj("metadata", "labels") ?? []) yield return LabelPlace.Of(ns, label, value.Text() ?? "");
    }
}
