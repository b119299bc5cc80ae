using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds.Tables;

/// <summary>Columns that many kinds share, and the making of others.</summary>
internal static class Columns
{
    /// <summary>What the server says of the name column of every kind.</summary>
    public const string NameDescription =
        "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an "
        + "appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: "
        + "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";

    private const string AgeDescription =
        "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order "
        + "across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. "
        + "Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

    /// <summary>The object's name.</summary>
    public static TableColumn Name { get; } = new("Name", "string", "name", NameDescription, 0, (obj, _) => obj.TextAt("metadata", "name") ?? "");

    /// <summary>The time since creation.</summary>
    public static TableColumn Age { get; } = new("Age", "string", "", AgeDescription, 0, (obj, now) => Since(obj.TextAt("metadata", "creationTimestamp"), now));

    /// <summary>The time of creation.</summary>
    public static TableColumn CreatedAt { get; } = new("Created At", "date", "", AgeDescription, 0, (obj, _) => obj.TextAt("metadata", "creationTimestamp"));

    /// <summary>A column of text.</summary>
    public static TableColumn Text(string name, string description, Func<JsonObject, string?> cell, int priority = 0) =>
        new(name, "string", "", description, priority, (obj, _) => cell(obj) ?? "");

    /// <summary>A column of numbers.</summary>
    public static TableColumn Number(string name, string description, Func<JsonObject, long?> cell, int priority = 0) =>
        new(name, "integer", "", description, priority, (obj, _) => cell(obj) ?? 0);

    /// <summary>A column of numbers that the server declares as text.</summary>
    public static TableColumn NumberAsText(string name, string description, Func<JsonObject, long?> cell) =>
        new(name, "string", "", description, 0, (obj, _) => cell(obj) ?? 0);

    /// <summary>The names of the containers of a template at the path.</summary>
    public static TableColumn Containers(params string[] spec) =>
        Text("Containers", "Names of each container in the template.", obj => Join(obj.ObjectsAt(spec.Append("containers").ToArray()), "name"), 1);

    /// <summary>The images of the containers of a template at the path.</summary>
    public static TableColumn Images(params string[] spec) =>
        Text("Images", "Images referenced by each container in the template.", obj => Join(obj.ObjectsAt(spec.Append("containers").ToArray()), "image"), 1);

    /// <summary>The label selector at <c>spec.selector</c>.</summary>
    public static TableColumn Selector(string description) =>
        Text("Selector", description, obj => SelectorText(obj.ObjectAt("spec", "selector")), 1);

    /// <summary>A label selector for a cell.</summary>
    public static string SelectorText(JsonObject? selector)
    {
        var text = LabelSelectorText.Of(selector);
        return text.Length == 0 ? "<none>" : text;
    }

    /// <summary>Texts, or <c>&lt;none&gt;</c>.</summary>
    public static string OrNone(IEnumerable<string> texts)
    {
        var joined = string.Join(',', texts);
        return joined.Length == 0 ? "<none>" : joined;
    }

    /// <summary>The time since a timestamp; <c>&lt;unknown&gt;</c> without one.</summary>
    public static string Since(string? timestamp, DateTimeOffset now) =>
        DateTimeOffset.TryParse(timestamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? HumanDuration.Of(now - at) : "<unknown>";

    private static string Join(IEnumerable<JsonObject> items, string field) => string.Join(',', items.Select(item => item.TextAt(field)));
}
