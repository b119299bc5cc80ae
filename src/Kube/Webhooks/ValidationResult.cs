namespace Nemotron.Kube;

/// <summary>The verdict on a write.</summary>
public sealed record ValidationResult
{
    /// <summary>422, <c>Invalid</c>: what the API server answers when a schema is violated.</summary>
    public const int Invalid = 422;

    private ValidationResult()
    {
    }

    /// <summary>Whether the write is allowed.</summary>
    public required bool Allowed { get; init; }

    /// <summary>Why it is not; null when it is.</summary>
    public string? Message { get; init; }

    /// <summary>The HTTP status of the client's answer, 400 to 599; 200 when allowed.</summary>
    public int StatusCode { get; init; } = 200;

    /// <summary>What the client shows to its user, allowed or not. One line each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The Status reason that goes with <see cref="StatusCode"/>; empty when there is none.</summary>
    internal string Reason => StatusCode switch
    {
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        409 => "Conflict",
        410 => "Gone",
        Invalid => "Invalid",
        429 => "TooManyRequests",
        500 => "InternalError",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        _ => "",
    };

    /// <summary>Allows.</summary>
    /// <param name="warnings">What the client shows to its user.</param>
    public static ValidationResult Success(params IEnumerable<string> warnings) => new() { Allowed = true, Warnings = [.. warnings.Select(OneLine)] };

    /// <summary>Refuses.</summary>
    /// <param name="message">Where the fault is and what would be right.</param>
    /// <param name="statusCode">400 to 599.</param>
    public static ValidationResult Fail(string message, int statusCode = Invalid)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(message);
        ArgumentOutOfRangeException.ThrowIfLessThan(statusCode, 400);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(statusCode, 599);
        return new() { Allowed = false, Message = message, StatusCode = statusCode };
    }

    // A warning travels in an HTTP header.
    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}
