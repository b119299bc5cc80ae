using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Cel;

namespace Nemotron.Lab.Schema;

/// <summary>Lengths, patterns and formats of strings; range and granularity of numbers.</summary>
internal static class ScalarValidation
{
    /// <summary>Adds what is wrong with <paramref name="value"/>, which need not be of the schema's type.</summary>
    public static void Validate(JsonValue value, StructuralSchema schema, string path, List<StatusCause> causes)
    {
        if (value.GetValueKind() == JsonValueKind.String) Text(value.GetValue<string>(), schema, path, causes);
        else if (JsonNumber.TryRead(value, out var number)) Number(value, number, schema, path, causes);
    }

    private static void Text(string text, StructuralSchema schema, string path, List<StatusCause> causes)
    {
        if (schema.MaxLength is not null || schema.MinLength is not null)
        {
            long length = text.EnumerateRunes().Count();
            if (length > schema.MaxLength)
            {
                causes.Add(FieldError.TooLong(path, schema.MaxLength.Value));
                return;
            }
            if (length < schema.MinLength)
            {
                causes.Add(FieldError.Invalid(path, text, $"{path} in body should be at least {schema.MinLength} chars long"));
                return;
            }
        }
        if (schema.Pattern is { } pattern && Re2Pattern.TryCompile(pattern, out var regex) && !regex.IsMatch(text))
            causes.Add(FieldError.Invalid(path, text, $"{path} in body should match '{pattern}'"));
        if (schema.Format is { } format && StringFormats.IsString(format) && !StringFormats.IsValid(format, text))
            causes.Add(FieldError.TypeInvalid(path, text, $"{path} in body must be of type {format}: {GoText.Quote(text)}"));
    }

    private static void Number(JsonValue value, JsonNumber number, StructuralSchema schema, string path, List<StatusCause> causes)
    {
        CheckRange("Checked", number, schema, path, causes);
        if (schema.MultipleOf is { } factor)
        {
            CheckRange("MultipleOf", Constraint(factor), schema, path, causes);
            var quotient = number.AsDouble / factor;
            if (Math.Floor(quotient) != quotient) Fail("be a multiple of", factor);
        }
        if (schema.Minimum is { } min)
        {
            CheckRange("Minimum", Constraint(min), schema, path, causes);
            if (schema.ExclusiveMinimum ? number.AsDouble <= min : number.AsDouble < min)
                Fail(schema.ExclusiveMinimum ? "be greater than" : "be greater than or equal to", min);
        }
        if (schema.Maximum is { } max)
        {
            CheckRange("Maximum", Constraint(max), schema, path, causes);
            if (schema.ExclusiveMaximum ? number.AsDouble >= max : number.AsDouble > max)
                Fail(schema.ExclusiveMaximum ? "be less than" : "be less than or equal to", max);
        }

        void Fail(string words, double bound)
        {
            var printed = number.IsInteger && Constraint(bound).IsInteger ? ((long)bound).ToString(CultureInfo.InvariantCulture) : GoText.Float(bound);
            causes.Add(FieldError.Invalid(path, value, $"{path} in body should {words} {printed}"));
        }
    }

    private static JsonNumber Constraint(double value) =>
        Math.Floor(value) == value && Math.Abs(value) < 9e18 ? new JsonNumber(true, (long)value, 0) : new JsonNumber(false, 0, value);

    // The server converts value and constraint to the declared width and reports what does not fit, without a path of its own.
    private static void CheckRange(string what, JsonNumber number, StructuralSchema schema, string path, List<StatusCause> causes)
    {
        var type = schema.IntOrString ? "integer" : schema.Type;
        var fits = type switch
        {
            "integer" => number.IsWhole && schema.Format switch
            {
                "int32" => number.AsDouble is >= int.MinValue and <= int.MaxValue,
                "uint32" => number.AsDouble is >= 0 and <= uint.MaxValue,
                "uint64" => number.AsDouble is >= 0 and <= ulong.MaxValue,
                _ => number.IsInteger || Math.Abs(number.Real) < 9223372036854775808.0,
            },
            _ => schema.Format is not ("float" or "float32") || Math.Abs(number.AsDouble) <= float.MaxValue,
        };
        if (fits) return;
        var kind = schema.Format is { } format ? $"{type} with format {format}" : $"{type} (default format)";
        causes.Add(FieldError.InvalidPrinted(null, "\"\"", $"{what} value must be of type {kind} in {path}"));
    }
}
