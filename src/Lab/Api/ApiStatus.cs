using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api;

/// <summary>One entry of <c>status.details.causes</c>.</summary>
/// <param name="Field">The path of the fault, such as <c>spec.tensorParallel</c>.</param>
/// <param name="Reason">The machine-readable kind, such as <c>FieldValueInvalid</c>.</param>
/// <param name="Message">The sentence, without the path.</param>
internal sealed record StatusCause(string? Field, string Reason, string Message);

/// <summary>A refusal as the API server words it: a <c>v1.Status</c> to be.</summary>
/// <param name="code">The HTTP status code.</param>
/// <param name="reason">The machine-readable reason, such as <c>NotFound</c>, <c>Conflict</c>, <c>Invalid</c>, <c>Expired</c>.</param>
/// <param name="message">The sentence that kubectl prints.</param>
/// <param name="details">The <c>details</c> object, causes included, or null.</param>
internal sealed class ApiException(int code, string reason, string message, JsonObject? details = null) : Exception(message)
{
    /// <summary>The HTTP status code.</summary>
    public int Code { get; } = code;

    /// <summary>The machine-readable reason.</summary>
    public string Reason { get; } = reason;

    /// <summary>The <c>details</c> object, or null.</summary>
    public JsonObject? Details { get; } = details;

    /// <summary>Seconds for the <c>Retry-After</c> header, or null for none.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>The <c>v1.Status</c> body.</summary>
    public JsonObject ToStatus()
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = Message,
        };
        if (Reason.Length > 0) status["reason"] = Reason;
        if (Details is not null) status["details"] = Details.DeepClone();
        status["code"] = Code;
        return status;
    }
}
