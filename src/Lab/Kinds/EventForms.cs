using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds;

/// <summary>The two forms of an event, which are one stored object: core <c>v1</c> and <c>events.k8s.io/v1</c>.</summary>
internal static class EventForms
{
    private static readonly (string Core, string Events)[] Names =
    [
        ("involvedObject", "regarding"), ("message", "note"), ("source", "deprecatedSource"), ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"), ("count", "deprecatedCount"), ("reportingComponent", "reportingController"),
    ];

    /// <summary>An <c>events.k8s.io/v1</c> event in the core form, in which it is stored.</summary>
    public static JsonObject ToCore(JsonObject obj) =>
        Rename(obj, "v1", Names.ToDictionary(pair => pair.Events, pair => pair.Core, StringComparer.Ordinal), BuiltinKinds.Find(new("", "v1", "events"))!);

    /// <summary>A core event in the <c>events.k8s.io/v1</c> form.</summary>
    public static JsonObject ToEvents(JsonObject obj) =>
        Rename(obj, "events.k8s.io/v1", Names.ToDictionary(pair => pair.Core, pair => pair.Events, StringComparer.Ordinal), BuiltinKinds.Find(new("events.k8s.io", "v1", "events"))!);

    private static JsonObject Rename(JsonObject obj, string version, Dictionary<string, string> names, BuiltinKind kind)
    {
        var renamed = new JsonObject();
        foreach (var (name, value) in obj) renamed[names.GetValueOrDefault(name, name)] = value?.DeepClone();
        renamed["apiVersion"] = version;
        return kind.Read(renamed);
    }
}
