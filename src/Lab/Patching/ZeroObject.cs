using System.Text.Json.Nodes;
using Nemotron.Lab.Kinds;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Patching;

/// <summary>
/// The empty object of a kind as the server holds it: built-in kinds are Go structs, so some fields stand there before anyone wrote them
/// (a Deployment's <c>spec.strategy</c> is <c>{}</c>, its containers are null). What already stood there is not owned by who creates.
/// </summary>
internal static class ZeroObject
{
    /// <summary>The fields that stand in an empty object of this schema.</summary>
    public static JsonObject Of(StructuralSchema schema)
    {
        var zero = new JsonObject();
        foreach (var (name, field) in schema.Properties)
        {
            if (field.AlwaysPresent) zero[name] = ValueOf(field);
        }
        return zero;
    }

    /// <summary>The value of an always present field that nobody set.</summary>
    public static JsonNode? ValueOf(StructuralSchema field) => field.Type switch
    {
        _ when field.Nullable => null,
        "object" when field.AdditionalProperties is null => Of(field),
        "string" when field.Format is not "date-time" => JsonValue.Create(field.Format is "quantity" ? "0" : ""),
        "integer" or "number" => JsonAccess.Number(0),
        "boolean" => JsonValue.Create(false),
        _ => null,
    };
}
