using System.Text.Json.Nodes;
using Nemotron.Lab.Kinds.Validation;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Api;

/// <summary>Everything that can make an object invalid, in the order the server looks.</summary>
internal static class ObjectValidation
{
    private static readonly StatusCause RulesSkipped = new("<nil>", "FieldValueInvalid",
        "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation");

    /// <exception cref="ApiException">422 with all causes.</exception>
    public static void EnsureValid(JsonObject obj, JsonObject? old, WriteRequest request)
    {
        var resource = request.Resource;
        var causes = new List<StatusCause>();
        if (resource.Custom && obj["kind"].Text() is var kind && kind != resource.Kind)
        {
            causes.Add(new("kind", "FieldValueInvalid", $"Invalid value: \"{kind}\": must be {resource.Kind}"));
            throw ApiErrors.Invalid(resource.Gvr.Group, kind ?? "", obj.Name(), causes);
        }
        if (resource.Builtin is { } builtin)
        {
            causes.AddRange(builtin.Validate(obj, old, request.Subresource == "status" ? "status" : null));
        }
        else
        {
            // The real server walks a custom object's metadata twice, and says twice what an update may not do.
            if (old is not null) causes.AddRange(MetadataValidation.ValidateUpdate(obj, old).SelectMany(cause => (StatusCause[])[cause, cause]));
            causes.AddRange(MetadataValidation.Validate(obj, resource.Namespaced));
            causes.AddRange(Custom(obj, old, resource, causes));
        }
        if (Crd.CrdController.IsDefinition(resource)) causes.AddRange(CrdValidation.Validate(obj, old));
        if (causes.Count > 0) throw ApiErrors.Invalid(resource.Builtin?.RefusalGroup ?? resource.Gvr.Group, resource.Kind, obj.Name(), causes);
    }

    private static List<StatusCause> Custom(JsonObject obj, JsonObject? old, ServedResource resource, List<StatusCause> before)
    {
        var causes = new List<StatusCause>(SchemaValidation.Validate(obj, resource.Schema, old));
        if (resource.SourceScale is { } scale) causes.AddRange(ScaleValidation.Validate(obj, scale));
        // Rules may read any field, so they run only on an object whose shape holds.
        if (before.Concat(causes).Any(FieldError.BlocksRules)) causes.Add(RulesSkipped);
        else if (resource.Rules is { } rules) causes.AddRange(rules.Validate(obj, old));
        return causes;
    }
}
