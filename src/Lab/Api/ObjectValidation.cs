using System.Text.Json.Nodes;
using Nemotron.Lab.Kinds.Validation;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Api;

/// <summary>Everything that can make an object invalid, in the order the server looks.</summary>
internal static class ObjectValidation
{
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
            var metadata = (old is null ? [] : MetadataValidation.ValidateUpdate(obj, old).SelectMany(cause => (StatusCause[])[cause, cause]))
                .Concat(MetadataValidation.Validate(obj, resource.Namespaced));
            causes.AddRange(new Schema.ResourceValidation(resource.Schema, resource.Rules!, resource.SourceScale).Validate(obj, old, metadata));
        }
        if (Crd.CrdController.IsDefinition(resource)) causes.AddRange(CrdValidation.Validate(obj, old));
        if (causes.Count > 0) throw ApiErrors.Invalid(resource.Builtin?.RefusalGroup ?? resource.Gvr.Group, resource.Kind, obj.Name(), causes);
    }
}
