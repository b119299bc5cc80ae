using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Schema;

/// <summary>One <c>openAPIV3Schema</c> of a CRD: structural, with valid defaults, well-formed, and with rules that compile and are cheap enough.</summary>
internal static class CrdSchema
{
    private const string AllowedAtRoot =
        "Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations";

    private static readonly HashSet<string> ForbiddenBesideStatus = new(StringComparer.Ordinal)
    {
        "additionalProperties", "additionalItems", "allOf", "anyOf", "default", "definitions", "dependencies", "enum", "maxProperties", "minProperties", "not", "oneOf",
        "patternProperties", "x-kubernetes-embedded-resource", "x-kubernetes-int-or-string", "x-kubernetes-list-map-keys", "x-kubernetes-list-type", "x-kubernetes-map-type",
    };

    /// <summary>Adds what is wrong with <paramref name="schema"/>.</summary>
    /// <param name="schema">The schema's JSON, or null for none.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="hasStatus">Whether the status subresource is on.</param>
    /// <param name="causes">Takes the causes.</param>
    public static void Validate(JsonObject? schema, string path, bool hasStatus, List<StatusCause> causes)
    {
        if (schema is null) return;
        var before = causes.Count;
        var type = CrdJson.Text(schema, "type");
        if (hasStatus && type.Length > 0 && type != "object")
            causes.Add(FieldError.Invalid(path + ".type", type, "only \"object\" is allowed as the type at the root of the schema if the status subresource is enabled"));
        else if (hasStatus && schema.Any(f => ForbiddenBesideStatus.Contains(f.Key) && f.Value is not null))
            causes.Add(FieldError.Invalid(path, schema, $"only [{AllowedAtRoot}] fields are allowed at the root of the schema if the status subresource is enabled"));
        if (CrdJson.Flag(schema, "nullable")) causes.Add(FieldError.Forbidden(path + ".nullable", "nullable cannot be true at the root"));

        var structural = new List<StatusCause>();
        StructuralForm.Validate(schema, path, structural);
        causes.AddRange(structural);
        if (structural.Count == 0) CrdSchemaDefaults.Validate(SchemaReader.Read(schema), path, causes);
        SchemaForm.Validate(schema, path, causes);
        // A schema that is wrong gives types that are wrong; its rules are looked at when it is right.
        if (causes.Count == before) CrdRules.Validate(schema, path, causes);
    }
}
