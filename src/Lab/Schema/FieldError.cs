using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Schema;

/// <summary>The kinds of fault the API server knows, each worded as it words them. The path of the object itself is <see cref="Root"/>.</summary>
internal static class FieldError
{
    /// <summary>How the server prints a path that is not there.</summary>
    public const string Root = "<nil>";

    /// <summary>The reason of a fault that is the server's own.</summary>
    public const string InternalReason = "InternalError";

    /// <summary>A value that breaks a rule.</summary>
    public static StatusCause Invalid(string? path, JsonNode? value, string detail) =>
        Cause(path, "FieldValueInvalid", $"Invalid value: {GoText.FieldValue(value)}", detail);

    /// <summary>A value that breaks a rule, the value already printed, or null to leave it out.</summary>
    public static StatusCause InvalidPrinted(string? path, string? value, string detail) =>
        Cause(path, "FieldValueInvalid", value is null ? "Invalid value" : $"Invalid value: {value}", detail);

    /// <summary>A value of the wrong type or format; <paramref name="value"/> is what the server shows in its place.</summary>
    public static StatusCause TypeInvalid(string? path, string value, string detail) =>
        Cause(path, "FieldValueTypeInvalid", $"Invalid value: {GoText.Quote(value)}", detail);

    /// <summary>A value that is missing.</summary>
    public static StatusCause Required(string? path, string detail = "") => Cause(path, "FieldValueRequired", "Required value", detail);

    /// <summary>A value that may not stand here.</summary>
    public static StatusCause Forbidden(string? path, string detail) => Cause(path, "FieldValueForbidden", "Forbidden", detail);

    /// <summary>A value outside an enumeration.</summary>
    public static StatusCause NotSupported(string? path, JsonNode? value, IEnumerable<string> supported) =>
        Cause(path, "FieldValueNotSupported", $"Unsupported value: {GoText.FieldValue(value)}",
            "supported values: " + string.Join(", ", supported.Select(GoText.Quote)));

    /// <summary>A value that may stand only once; null leaves the value out.</summary>
    public static StatusCause Duplicate(string? path, string? printed) =>
        Cause(path, "FieldValueDuplicate", printed is null ? "Duplicate value" : $"Duplicate value: {printed}", "");

    /// <summary>A string above its maximum length.</summary>
    public static StatusCause TooLong(string? path, long max) =>
        Cause(path, "FieldValueTooLong", "Too long", $"may not be more than {max.ToString(CultureInfo.InvariantCulture)} byte{(max == 1 ? "" : "s")}");

    /// <summary>A list or map with too many entries.</summary>
    public static StatusCause TooMany(string? path, long actual, long max) =>
        Cause(path, "FieldValueTooMany", $"Too many: {actual.ToString(CultureInfo.InvariantCulture)}",
            $"must have at most {max.ToString(CultureInfo.InvariantCulture)} item{(max == 1 ? "" : "s")}");

    /// <summary>A fault of the server's own.</summary>
    public static StatusCause Internal(string? path, string detail) => Cause(path, InternalReason, "Internal error", detail);

    /// <summary>Whether a fault of this kind keeps CEL rules from being run.</summary>
    public static bool BlocksRules(StatusCause cause) =>
        cause.Reason is "FieldValueNotSupported" or "FieldValueRequired" or "FieldValueTooLong" or "FieldValueTooMany" or "FieldValueTypeInvalid";

    private static StatusCause Cause(string? path, string reason, string start, string detail) =>
        new(string.IsNullOrEmpty(path) ? Root : path, reason, detail.Length == 0 ? start : $"{start}: {detail}");
}
