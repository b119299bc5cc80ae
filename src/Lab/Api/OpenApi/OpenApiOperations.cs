using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api.OpenApi;

/// <summary>The operations of one resource: what kubectl reads them for is the query parameters and the kind they speak of.</summary>
internal sealed class OpenApiOperations(ServedResource resource)
{
    private static readonly JsonObject DryRun = Parameter("dryRun",
        "When present, indicates that modifications should not be persisted. An invalid or unrecognized dryRun directive will result in an error response and no further processing of the request. Valid values are: - All: all dry run stages will be processed", "string");

    private static readonly JsonObject FieldManager = Parameter("fieldManager",
        "fieldManager is a name associated with the actor or entity that is making these changes. The value must be less than or 128 characters long, and only contain printable characters, as defined by https://golang.org/pkg/unicode/#IsPrint.", "string");

    private static readonly JsonObject PatchManager = Parameter("fieldManager",
        "fieldManager is a name associated with the actor or entity that is making these changes. The value must be less than or 128 characters long, and only contain printable characters, as defined by https://golang.org/pkg/unicode/#IsPrint. This field is required for apply requests (application/apply-patch) but optional for non-apply patch types (JsonPatch, MergePatch, StrategicMergePatch).", "string");

    private static readonly JsonObject FieldValidation = Parameter("fieldValidation",
        "fieldValidation instructs the server on how to handle objects in the request (POST/PUT/PATCH) containing unknown or duplicate fields. Valid values are: - Ignore: This will ignore any unknown fields that are silently dropped from the object, and will ignore all but the last duplicate field that the decoder encounters. This is the default behavior prior to v1.23. - Warn: This will send a warning via the standard warning response header for each unknown field that is dropped from the object, and for each duplicate field that is encountered. The request will still succeed if there are no other errors, and will only persist the last of any duplicate fields. This is the default in v1.23+ - Strict: This will fail the request with a BadRequest error if any unknown fields would be dropped from the object, or if any duplicate fields are present. The error returned from the server will contain all unknown and duplicate fields encountered.", "string");

    private static readonly JsonObject Force = Parameter("force",
        "Force is going to \"force\" Apply requests. It means user will re-acquire conflicting fields owned by other people. Force flag must be unset for non-apply patch requests.", "boolean");

    private string Root => resource.Gvr.Group.Length == 0 ? $"/api/{resource.Gvr.Version}" : $"/apis/{resource.Gvr.Group}/{resource.Gvr.Version}";

    /// <summary>Adds the resource's paths to a document.</summary>
    public void AddTo(JsonObject paths)
    {
        string collection = resource.Namespaced ? $"{Root}/namespaces/{{namespace}}/{resource.Gvr.Plural}" : $"{Root}/{resource.Gvr.Plural}";
        paths[collection] = Path(("get", "list", "list"), ("post", "create", "post"), ("delete", "delete collection of", "deletecollection"));
        paths[$"{collection}/{{name}}"] = Path(("get", "read the specified", "get"), ("put", "replace the specified", "put"), ("delete", "delete", "delete"), ("patch", "partially update the specified", "patch"));
        foreach (string subresource in (string[])["status", "scale"])
        {
            if (subresource == "status" ? !resource.HasStatus : resource.Scale is null) continue;
            paths[$"{collection}/{{name}}/{subresource}"] = Path(subresource, ("get", $"read {subresource} of the specified", "get"), ("put", $"replace {subresource} of the specified", "put"), ("patch", $"partially update {subresource} of the specified", "patch"));
        }
        if (resource.Namespaced) paths[$"{Root}/{resource.Gvr.Plural}"] = Path(("get", "list", "list"));
    }

    private JsonObject Path(params ReadOnlySpan<(string Method, string Text, string Action)> operations) => Path("", operations);

    private JsonObject Path(string subresource, params ReadOnlySpan<(string Method, string Text, string Action)> operations)
    {
        var path = new JsonObject();
        foreach (var (method, text, action) in operations) path[method] = Operation(subresource, method, text, action);
        path["parameters"] = new JsonArray(Parameter("pretty", "If 'true', then the output is pretty printed.", "string"));
        return path;
    }

    private JsonObject Operation(string subresource, string method, string text, string action)
    {
        string word = action switch { "post" => "create", "put" => "replace", "get" => "read", "deletecollection" => "deleteCollection", _ => action };
        bool scale = subresource == "scale";
        string schema = scale ? "io.k8s.api.autoscaling.v1.Scale" : OpenApiNames.Schema(resource, action == "list" ? resource.ListKind : resource.Kind);
        var operation = new JsonObject
        {
            ["tags"] = new JsonArray($"{OpenApiNames.GroupWord(resource.Gvr.Group)}_{resource.Gvr.Version}"),
            ["description"] = $"{text} {resource.Kind}",
            ["operationId"] = $"{word}{OpenApiNames.Capital(OpenApiNames.GroupWord(resource.Gvr.Group))}{OpenApiNames.Capital(resource.Gvr.Version)}{(resource.Namespaced ? "Namespaced" : "")}{resource.Kind}{OpenApiNames.Capital(subresource)}",
        };
        if (Parameters(method) is { Count: > 0 } parameters) operation["parameters"] = parameters;
        if (Body(method, schema) is { } body) operation["requestBody"] = body;
        operation["responses"] = new JsonObject
        {
            ["200"] = new JsonObject { ["description"] = "OK", ["content"] = Content(method == "delete" ? OpenApiNames.MetaSchema("Status") : schema, MediaTypes.Json, "application/yaml") },
            ["401"] = new JsonObject { ["description"] = "Unauthorized" },
        };
        operation["x-kubernetes-action"] = action;
        operation["x-kubernetes-group-version-kind"] = scale
            ? new JsonObject { ["group"] = "autoscaling", ["version"] = "v1", ["kind"] = "Scale" }
            : OpenApiSchemas.Gvk(resource, resource.Kind);
        return operation;
    }

    private static JsonArray Parameters(string method) => method switch
    {
        "post" or "put" => [DryRun.DeepClone(), FieldManager.DeepClone(), FieldValidation.DeepClone()],
        "patch" => [DryRun.DeepClone(), PatchManager.DeepClone(), FieldValidation.DeepClone(), Force.DeepClone()],
        "delete" => [DryRun.DeepClone()],
        _ => [],
    };

    private JsonObject? Body(string method, string schema)
    {
        string[] patches = resource.Custom
            ? ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"]
            : ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json"];
        return method switch
        {
            "patch" => new JsonObject { ["content"] = Content(OpenApiNames.MetaSchema("Patch"), patches), ["required"] = true },
            "post" or "put" => new JsonObject { ["content"] = Content(schema, MediaTypes.Json, "application/yaml"), ["required"] = true },
            "delete" => new JsonObject { ["content"] = Content(OpenApiNames.MetaSchema("DeleteOptions"), MediaTypes.Json, "application/yaml") },
            _ => null,
        };
    }

    private static JsonObject Content(string schema, params ReadOnlySpan<string> types)
    {
        var content = new JsonObject();
        foreach (string type in types) content[type] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = OpenApiNames.Reference(schema) } };
        return content;
    }

    private static JsonObject Parameter(string name, string description, string type) => new()
    {
        ["name"] = name,
        ["in"] = "query",
        ["description"] = description,
        ["schema"] = new JsonObject { ["type"] = type, ["uniqueItems"] = true },
    };
}
