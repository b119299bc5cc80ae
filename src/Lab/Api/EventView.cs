using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api;

/// <summary>
/// Core <c>v1</c> and <c>events.k8s.io/v1</c> events are one kind under two spellings. They are kept as core events;
/// this shows and takes them in the newer one.
/// </summary>
internal static class EventView
{
    private static readonly (string Core, string New)[] Names =
    [
        ("involvedObject", "regarding"),
        ("message", "note"),
        ("reportingComponent", "reportingController"),
        ("source", "deprecatedSource"),
        ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"),
        ("count", "deprecatedCount"),
    ];

    public static readonly ObjectView Instance = new(ToServed, ToStored);

    private static JsonObject ToServed(JsonObject core)
    {
        var shown = (JsonObject)core.DeepClone();
        foreach (var (old, name) in Names) Rename(shown, old, name);
        shown["apiVersion"] = "events.k8s.io/v1";
        return shown;
    }

    private static JsonObject ToStored(JsonObject shown)
    {
        foreach (var (old, name) in Names) Rename(shown, name, old);
        shown["apiVersion"] = "v1";
        return shown;
    }

    private static void Rename(JsonObject obj, string from, string to)
    {
        if (!obj.TryGetPropertyValue(from, out var value)) return;
        obj.Remove(from);
        obj[to] = value;
    }
}
