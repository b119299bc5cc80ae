using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers;

/// <summary>Reads and sets entries of a <c>status.conditions</c> list.</summary>
internal static class Conditions
{
    /// <summary>The condition of a type, or null.</summary>
    public static JsonObject? Condition(this JsonObject obj, string type)
    {
        foreach (var condition in obj.Items("status", "conditions"))
        {
            if (condition.Text("type") == type) return condition;
        }

        return null;
    }

    /// <summary>Whether the condition of a type is <c>True</c>.</summary>
    public static bool ConditionIsTrue(this JsonObject obj, string type) => obj.Condition(type).Text("status") == "True";

    /// <summary>
    /// The conditions list with one condition set: the transition time moves only with the status.
    /// </summary>
    /// <param name="conditions">The list as served, or null.</param>
    /// <param name="type">The condition's type.</param>
    /// <param name="status"><c>True</c>, <c>False</c> or <c>Unknown</c>.</param>
    /// <param name="reason">The reason, or null to leave it out.</param>
    /// <param name="message">The sentence, or null to leave it out.</param>
    /// <param name="now">The time of a transition.</param>
    /// <param name="probeTime">Whether the condition carries <c>lastProbeTime</c>, as those of pods do.</param>
    public static JsonArray With(this JsonArray? conditions, string type, string status, string? reason, string? message, DateTimeOffset now, bool probeTime = false)
    {
        var list = conditions is null ? [] : (JsonArray)conditions.DeepClone();
        var known = list.OfType<JsonObject>().FirstOrDefault(condition => condition.Text("type") == type);
        var made = new JsonObject { ["type"] = type, ["status"] = status };
        if (probeTime) made["lastProbeTime"] = known?["lastProbeTime"]?.DeepClone();
        made["lastTransitionTime"] = known.Text("status") == status ? known?["lastTransitionTime"]?.DeepClone() : now.Stamp();
        if (reason is not null) made["reason"] = reason;
        if (message is not null) made["message"] = message;
        if (known is null) list.Add(made);
        else list[list.IndexOf(known)] = made;
        return list;
    }
}
