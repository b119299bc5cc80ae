using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api;

/// <summary>The refusals of the API server in its own words.</summary>
internal static class ApiErrors
{
    public static ApiException NotFound(ServedResource resource, string name) =>
        new(404, "NotFound", $"{resource.QualifiedPlural} \"{name}\" not found", Details(name, resource.Gvr.Group, resource.Gvr.Plural));

    public static ApiException AlreadyExists(ServedResource resource, string name) =>
        new(409, "AlreadyExists", $"{resource.QualifiedPlural} \"{name}\" already exists", Details(name, resource.Gvr.Group, resource.Gvr.Plural));

    public static ApiException Modified(ServedResource resource, string name) =>
        Conflict(resource.Gvr.Group, resource.Gvr.Plural, name, "the object has been modified; please apply your changes to the latest version and try again");

    /// <param name="group">The API group, empty for core.</param>
    /// <param name="what">The resource or kind as the message names it.</param>
    /// <param name="name">The object's name.</param>
    /// <param name="why">The sentence after the colon.</param>
    public static ApiException Conflict(string group, string what, string name, string why)
    {
        string qualified = group.Length == 0 ? what : $"{what}.{group}";
        return new ApiException(409, "Conflict", $"Operation cannot be fulfilled on {qualified} \"{name}\": {why}", Details(name, group, what));
    }

    public static ApiException BadRequest(string message) => new(400, "BadRequest", message);

    public static ApiException MethodNotAllowed(string message, JsonObject? details = null) => new(405, "MethodNotAllowed", message, details);

    public static ApiException UnsupportedMediaType(string accepted) =>
        new(415, "UnsupportedMediaType", $"the body of the request was in an unknown format - accepted media types include: {accepted}");

    public static ApiException NotAcceptable() => new(406, "NotAcceptable",
        "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf");

    /// <summary>410: the revision asked for is no longer in history.</summary>
    public static ApiException Expired(string message) => new(410, "Expired", message);

    public static ApiException InternalError(string message) => new(500, "InternalError", $"Internal error occurred: {message}",
        new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["message"] = message }) });

    public static ApiException Forbidden(ServedResource resource, string name, string why, StatusCause? cause = null)
    {
        var details = Details(name, resource.Gvr.Group, resource.Gvr.Plural);
        if (cause is not null) details["causes"] = Causes([cause]);
        return new ApiException(403, "Forbidden", $"{resource.QualifiedPlural} \"{name}\" is forbidden: {why}", details);
    }

    public static ApiException Invalid(string group, string kind, string name, IReadOnlyList<StatusCause> causes)
    {
        string qualified = group.Length == 0 ? kind : $"{kind}.{group}";
        var sentences = causes.Select(c => string.IsNullOrEmpty(c.Field) ? c.Message : $"{c.Field}: {c.Message}").ToArray();
        string text = sentences.Length == 1 ? sentences[0] : $"[{string.Join(", ", sentences.Distinct(StringComparer.Ordinal))}]";
        if (sentences.Length > 1 && sentences.Distinct(StringComparer.Ordinal).Count() == 1) text = sentences[0];
        var details = Details(name, group, kind);
        details["causes"] = Causes(causes);
        return new ApiException(422, "Invalid", $"{qualified} \"{name}\" is invalid: {text}", details);
    }

    /// <summary>A refusal of the query parameters, such as <c>CreateOptions</c>.</summary>
    public static ApiException InvalidOptions(string kind, StatusCause cause) => Invalid("meta.k8s.io", kind, "", [cause]);

    public static JsonObject Details(string name, string group, string kind)
    {
        var details = new JsonObject();
        if (name.Length > 0) details["name"] = name;
        if (group.Length > 0) details["group"] = group;
        if (kind.Length > 0) details["kind"] = kind;
        return details;
    }

    private static JsonArray Causes(IReadOnlyList<StatusCause> causes)
    {
        var array = new JsonArray();
        foreach (var cause in causes)
        {
            var entry = new JsonObject();
            if (cause.Reason.Length > 0) entry["reason"] = cause.Reason;
            entry["message"] = cause.Message;
            if (!string.IsNullOrEmpty(cause.Field)) entry["field"] = cause.Field;
            array.Add((JsonNode)entry);
        }
        return array;
    }
}
