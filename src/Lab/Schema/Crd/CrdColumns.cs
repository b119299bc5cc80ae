using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Schema;

/// <summary>The columns that <c>kubectl get</c> prints.</summary>
internal static class CrdColumns
{
    private static readonly string[] Types = ["boolean", "date", "integer", "number", "string"];
    private static readonly string[] Formats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

    /// <summary>Adds what is wrong with <c>additionalPrinterColumns</c>.</summary>
    public static void Validate(JsonNode? columns, string path, List<StatusCause> causes)
    {
        if (columns is not JsonArray list) return;
        for (var i = 0; i < list.Count; i++)
        {
            var at = FieldPath.Index(path, i);
            if (CrdJson.Text(list[i], "name").Length == 0) causes.Add(FieldError.Required(at + ".name"));
            var type = CrdJson.Text(list[i], "type");
            var oneOf = "must be one of " + string.Join(",", Types);
            if (type.Length == 0) causes.Add(FieldError.Required(at + ".type", oneOf));
            else if (!Types.Contains(type)) causes.Add(FieldError.Invalid(at + ".type", type, oneOf));
            var format = CrdJson.Text(list[i], "format");
            if (format.Length > 0 && !Formats.Contains(format))
                causes.Add(FieldError.Invalid(at + ".format", format, "must be one of " + string.Join(",", Formats)));
            var jsonPath = CrdJson.Text(list[i], "jsonPath");
            if (jsonPath.Length == 0) causes.Add(FieldError.Required(at + ".JSONPath"));
            else if (SimpleJsonPath.Fault(jsonPath) is { } fault) causes.Add(FieldError.Invalid(at + ".JSONPath", jsonPath, fault));
        }
    }
}
