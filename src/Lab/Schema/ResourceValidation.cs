using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Schema;

/// <summary>
/// All checks of a custom resource, in the server's order: metadata (by the caller), schema, scale, list uniqueness, then CEL rules unless a fault before made their input untrustworthy.
/// </summary>
/// <param name="schema">The schema.</param>
/// <param name="rules">Its rules.</param>
/// <param name="scale">The CRD's <c>subresources.scale</c>, or null.</param>
internal sealed class ResourceValidation(StructuralSchema schema, CompiledRules rules, JsonObject? scale = null)
{
    private const string NotChecked =
        "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";

    /// <summary>What is wrong with <paramref name="obj"/> (defaulted and pruned); empty when it may be stored.</summary>
    /// <param name="obj">The object.</param>
    /// <param name="old">The stored object on update, or null on create.</param>
    /// <param name="metadata">What the caller found wrong with the metadata: it comes first, and can keep the rules from being run.</param>
    public IReadOnlyList<StatusCause> Validate(JsonObject obj, JsonObject? old, params IEnumerable<StatusCause> metadata)
    {
        List<StatusCause> causes =
        [
            .. metadata,
            .. SchemaValidation.Values(obj, schema, old),
            .. ScaleValidation.Validate(obj, scale),
            .. SchemaValidation.Lists(obj, schema, old),
        ];
        if (!rules.IsEmpty && causes.Exists(FieldError.BlocksRules)) causes.Add(FieldError.Invalid(null, null, NotChecked));
        else causes.AddRange(rules.Validate(obj, old));
        return causes;
    }
}
