using System.Text.Json.Nodes;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Api;

/// <summary>
/// From a parsed body to an object of the resource: apiVersion and kind agree, unknown fields are found and dropped,
/// defaults are filled in. What the real server's decoder does before anything else looks at the object.
/// </summary>
internal static class ObjectDecoding
{
    /// <exception cref="ApiException">400 for a wrong version, a wrong built-in kind, or unknown fields under <c>Strict</c>.</exception>
    public static JsonObject Decode(JsonObject obj, WriteRequest request, IReadOnlyList<string> duplicates)
    {
        var resource = request.Resource;
        string apiVersion = obj["apiVersion"].Text() ?? "";
        string kind = obj["kind"].Text() ?? "";
        if (apiVersion != resource.ApiVersion)
        {
            if (resource.Custom && request.Validation == FieldValidation.Warn)
            {
                request.Warnings.AddRange(obj.Select(f => f.Key).Where(k => k is not ("apiVersion" or "kind" or "metadata")).Select(k => $"unknown field \"{k}\""));
            }
            throw ApiErrors.BadRequest($"the API version in the data ({apiVersion}) does not match the expected API version ({resource.ApiVersion})");
        }
        if (kind != resource.Kind && !resource.Custom)
        {
            throw ApiErrors.BadRequest(
                $"{kind} in version \"{resource.Gvr.Version}\" cannot be handled as a {resource.Kind}: converting ({resource.Gvr.Version}.{kind}) to ({resource.Gvr.Group}.{resource.Kind}): unknown conversion");
        }
        var faults = Faults(duplicates, Prune(obj, resource));
        if (faults.Count > 0)
        {
            if (request.Validation == FieldValidation.Strict)
                throw ApiErrors.BadRequest($"{kind} in version \"{resource.Gvr.Version}\" cannot be handled as a {kind}: strict decoding error: {string.Join(", ", faults)}");
            if (request.Validation == FieldValidation.Warn) request.Warnings.AddRange(faults);
        }
        return Complete(obj, resource);
    }

    /// <summary>The same for the outcome of a patch, whose refusal is worded differently.</summary>
    /// <exception cref="ApiException">422 for unknown fields under <c>Strict</c>.</exception>
    public static JsonObject DecodePatched(JsonObject obj, WriteRequest request, IReadOnlyList<string> duplicates)
    {
        string patched = request.Validation == FieldValidation.Strict ? obj.ToJsonString(Rendering.Compact) : "";
        var faults = Faults(duplicates, Prune(obj, request.Resource));
        if (faults.Count > 0)
        {
            if (request.Validation == FieldValidation.Strict)
                throw ApiErrors.Invalid("", "", "", [new StatusCause("patch", "FieldValueInvalid", $"Invalid value: {Quote(patched)}: strict decoding error: {string.Join(", ", faults)}")]);
            if (request.Validation == FieldValidation.Warn) request.Warnings.AddRange(faults);
        }
        return Complete(obj, request.Resource);
    }

    private static JsonObject Complete(JsonObject obj, ServedResource resource)
    {
        if (resource.Custom)
        {
            Defaulting.Apply(obj, resource.Schema);
        }
        else
        {
            resource.Builtin!.CheckTypes(obj);
            obj = resource.Builtin.Default(obj);
        }
        obj.Metadata();
        return obj;
    }

    private static IReadOnlyList<string> Prune(JsonObject obj, ServedResource resource) =>
        Pruning.Prune(obj, resource.Schema, resourceRoot: true);

    private static List<string> Faults(IReadOnlyList<string> duplicates, IReadOnlyList<string> unknown) =>
        [.. duplicates.Select(d => $"duplicate field \"{d}\""), .. unknown.Order(StringComparer.Ordinal).Select(u => $"unknown field \"{u}\"")];

    private static string Quote(string text) => JsonValue.Create(text).ToJsonString(Rendering.Compact);
}
