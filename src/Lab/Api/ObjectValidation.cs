using System.Text.Json.Nodes;
using Nemotron.Lab.Kinds;
using Nemotron.Lab.Cel;
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
        causes.AddRange(ObjectMetaValidation.Validate(obj, resource));
        if (old is not null) causes.AddRange(ObjectMetaValidation.ValidateUpdate(obj, old, resource));
        causes.AddRange(resource.Custom ? Custom(obj, old, resource, causes) : resource.Builtin!.Validate(obj, old));
        if (Crd.CrdController.IsDefinition(resource)) causes.AddRange(CrdValidation.Validate(obj));
        if (causes.Count > 0) throw ApiErrors.Invalid(resource.Gvr.Group, resource.Kind, obj.Name(), causes);
    }

    private static List<StatusCause> Custom(JsonObject obj, JsonObject? old, ServedResource resource, List<StatusCause> before)
    {
        var causes = new List<StatusCause>(SchemaValidation.Validate(obj, resource.Schema, old));
        if (resource.Scale is { } scale) causes.AddRange(ScaleSubresource.Validate(obj, scale));
        // Rules may read any field, so they run only on an object whose shape holds.
        if (before.Concat(causes).Any(FieldError.BlocksRules)) causes.Add(RulesSkipped);
        else if (resource.Rules is { } rules) causes.AddRange(rules.Validate(obj, old));
        return causes;
    }
}
