using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds.Validation;

/// <summary>What events must be like. Those of <c>events.k8s.io</c> must say who did what; those of the core group need not.</summary>
internal static class EventValidation
{
    private const int MaxNote = 1024;

    /// <summary>A core event.</summary>
    public static void Core(JsonObject obj, JsonObject? old, Faults faults) => CheckNamespace(obj, "involvedObject", faults);

    /// <summary>An event of <c>events.k8s.io/v1</c>; updates are held to less, as on the server.</summary>
    public static void Events(JsonObject obj, JsonObject? old, Faults faults)
    {
        CheckNamespace(obj, "regarding", faults);
        if (old is not null) return;
        if (obj["eventTime"] is null) faults.Required("eventTime");
        RequireText(obj, "reportingController", maxLength: null, faults);
        if (obj.TextAt("reportingController") is { Length: > 0 } controller) faults.InvalidAll("reportingController", controller, Names.Qualified(controller));
        RequireText(obj, "reportingInstance", 128, faults);
        RequireText(obj, "action", 128, faults);
        RequireText(obj, "reason", 128, faults);
        if (obj.TextAt("note") is { Length: > MaxNote }) faults.Invalid("message", "", $"can have at most {MaxNote} characters");
        if (obj.TextAt("type") is not ("Normal" or "Warning")) faults.Invalid("type", "", $"has invalid value: {obj.TextAt("type")}");
    }

    private static void RequireText(JsonObject obj, string field, int? maxLength, Faults faults)
    {
        var text = obj.TextAt(field) ?? "";
        if (text.Length == 0) faults.Required(field);
        else if (text.Length > maxLength) faults.Invalid(field, "", $"can have at most {maxLength} characters");
    }

    private static void CheckNamespace(JsonObject obj, string reference, Faults faults)
    {
        var about = obj.TextAt(reference, "namespace") ?? "";
        var own = obj.TextAt("metadata", "namespace") ?? "";
        // What has no namespace is reported on in the default one.
        if (about.Length == 0 ? own is not ("default" or "kube-system") : about != own)
            faults.Invalid("involvedObject.namespace", about, "does not match event.namespace");
    }
}
