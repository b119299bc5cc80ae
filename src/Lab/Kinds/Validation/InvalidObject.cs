using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Kinds.Validation;

/// <summary>The 422 that lists an object's faults.</summary>
internal static class InvalidObject
{
    /// <summary>
    /// <c>Deployment.apps "d" is invalid: …</c>: one fault as it is, several in brackets, the same fault said once although every occurrence is
    /// among the causes.
    /// </summary>
    public static ApiException Refusal(string group, string kind, string name, IReadOnlyList<StatusCause> faults)
    {
        var details = new JsonObject();
        if (name.Length > 0) details["name"] = name;
        if (group.Length > 0) details["group"] = group;
        details["kind"] = kind;
        details["causes"] = new JsonArray([.. faults.Select(Cause)]);
        string[] sentences = [.. faults.Select(fault => $"{fault.Field}: {fault.Message}").Distinct(StringComparer.Ordinal)];
        var list = sentences.Length == 1 ? sentences[0] : $"[{string.Join(", ", sentences)}]";
        var qualified = group.Length == 0 ? kind : $"{kind}.{group}";
        return new ApiException(422, "Invalid", $"{qualified} \"{name}\" is invalid: {list}", details);
    }

    private static JsonObject Cause(StatusCause fault) =>
        new() { ["reason"] = fault.Reason, ["message"] = fault.Message, ["field"] = fault.Field };
}
