using k8s;
using k8s.Models;

namespace Nemotron.Kube.Tests;

/// <summary>The custom resource of these tests.</summary>
[KubernetesEntity(Group = "test.example.com", ApiVersion = "v1", Kind = "Widget", PluralName = "widgets")]
public sealed class Widget : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "test.example.com/v1";

    public string Kind { get; set; } = "Widget";

    public V1ObjectMeta Metadata { get; set; } = new();

    public WidgetSpec? Spec { get; set; }

    public WidgetStatus? Status { get; set; }
}

public sealed class WidgetSpec
{
    public int? Size { get; set; }

    public WidgetColor? Color { get; set; }
}

public enum WidgetColor
{
    Red,
    Green,
}

public sealed class WidgetStatus
{
    public string? Phase { get; set; }

    public int? Seen { get; set; }
}

internal static class Widgets
{
    internal const string Path = "/apis/test.example.com/v1/widgets";

    internal static string Json(string name, int version, string? uid = null, int size = 1, string extra = "", string extraMeta = "", string ns = "default") =>
        $$$"""{"apiVersion":"test.example.com/v1","kind":"Widget","metadata":{"name":"{{{name}}}","namespace":"{{{ns}}}","uid":"{{{uid ?? "uid-" + name}}}","resourceVersion":"{{{version}}}","generation":1{{{extraMeta}}}},"spec":{"size":{{{size}}}{{{extra}}} } }""";

    internal static string Event(string type, string obj) => $$$"""{"type":"{{{type}}}","object":{{{obj}}}}""";

    internal static string Bookmark(int version, bool initialEnd = false) =>
        Event("BOOKMARK", "{\"kind\":\"Widget\",\"apiVersion\":\"test.example.com/v1\",\"metadata\":{\"resourceVersion\":\"" + version + "\""
            + (initialEnd ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "") + "}}");

    internal static string Error(int code, string reason, string message) =>
        Event("ERROR", $$"""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"{{message}}","reason":"{{reason}}","code":{{code}}}""");

    internal static string List(int version, params string[] items) =>
        $$"""{"kind":"WidgetList","apiVersion":"test.example.com/v1","metadata":{"resourceVersion":"{{version}}"},"items":[{{string.Join(",", items)}}]}""";
}
