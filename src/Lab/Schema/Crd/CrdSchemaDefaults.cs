using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Schema;

/// <summary>Defaults must be valid by the schema they stand in, and say nothing that would be pruned.</summary>
internal static class CrdSchemaDefaults
{
    /// <summary>Adds what is wrong with the defaults of <paramref name="schema"/>, which must be structural.</summary>
    public static void Validate(StructuralSchema schema, string path, List<StatusCause> causes)
    {
        if (schema.Default is { } value) One(value, schema, path + ".default", causes);
        if (schema.Items is { } items) Validate(items, path + ".items", causes);
        foreach (var (name, property) in schema.Properties) Validate(property, FieldPath.Key(path + ".properties", name), causes);
        if (schema.AdditionalProperties is { } values) Validate(values, path + ".additionalProperties", causes);
    }

    private static void One(JsonNode value, StructuralSchema schema, string path, List<StatusCause> causes)
    {
        if (value is JsonObject o)
        {
            if (Pruning.Prune(o.DeepClone().AsObject(), schema, resourceRoot: false).Count > 0)
                causes.Add(FieldError.Invalid(path, value, "must not have unknown fields"));
            causes.AddRange(ListTypeValidation.Validate(o, schema).Select(Below));
        }
        // The defaults inside a default count as given.
        var filled = value.DeepClone();
        Defaulting.Fill(filled, schema);
        var faults = SchemaValidation.Values(filled, schema);
        causes.AddRange(faults.Select(Below));
        // A rule that does not compile is reported where it stands, not again at each default it would judge.
        if (faults.Count == 0)
            causes.AddRange(CompiledRules.Compile(schema, resourceRoot: false).Validate(filled, null, path).Where(c => c.Reason != FieldError.InternalReason));

        StatusCause Below(StatusCause cause) =>
            cause with { Field = cause.Field is null or FieldError.Root ? path : path + (cause.Field[0] == '[' ? "" : ".") + cause.Field };
    }
}
