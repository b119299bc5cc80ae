using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Nemotron.Gateway.Forwarding;

/// <summary>An answer of the gateway's own, in the shape in which OpenAI's API reports errors.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Type">OpenAI's class of error.</param>
/// <param name="Code">A stable word for programs.</param>
/// <param name="Message">A sentence for people.</param>
internal sealed record OpenAIError(int Status, string Type, string Code, string Message)
{
    private const string InvalidRequest = "invalid_request_error", Unavailable = "service_unavailable", ApiError = "api_error";

    /// <summary>The field at fault.</summary>
    public string? Param { get; init; }

    /// <summary>When to come again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The connection ends with it, since the next request on it would come to the same replica.</summary>
    public bool EndsConnection { get; init; }

    /// <summary>The request is wrong.</summary>
    public static OpenAIError Bad(BadRequestException error) => new(StatusCodes.Status400BadRequest, InvalidRequest, error.Code, error.Message) { Param = error.Param };

    /// <summary>The body is too large.</summary>
    public static OpenAIError TooLarge(long mostBytes) =>
        new(StatusCodes.Status413PayloadTooLarge, InvalidRequest, "body_too_large", $"The body is larger than {mostBytes} bytes.");

    /// <summary>The body did not come in time.</summary>
    public static OpenAIError BodyTimeout { get; } = new(StatusCodes.Status408RequestTimeout, InvalidRequest, "body_timeout", "The body did not come in time.");

    /// <summary>The body is compressed.</summary>
    public static OpenAIError Encoded { get; } =
        new(StatusCodes.Status415UnsupportedMediaType, InvalidRequest, "content_encoding", "The body must come without a Content-Encoding.");

    /// <summary>No key, or a wrong one.</summary>
    public static OpenAIError Unauthorized { get; } =
        new(StatusCodes.Status401Unauthorized, InvalidRequest, "invalid_api_key", "A valid API key is required: Authorization: Bearer <key>.");

    /// <summary>The replica is to stop.</summary>
    public static OpenAIError Draining(TimeSpan retryAfter) =>
        new(StatusCodes.Status503ServiceUnavailable, Unavailable, "draining", "This replica is stopping; ask again, another one will answer.")
        {
            RetryAfter = retryAfter,
            EndsConnection = true,
        };

    /// <summary>The replica has as many requests as it may.</summary>
    public static OpenAIError TooMany(TimeSpan retryAfter) =>
        new(StatusCodes.Status429TooManyRequests, "rate_limit_exceeded", "too_many_requests", "This replica serves as many requests as it may; ask again later.") { RetryAfter = retryAfter };

    /// <summary>The engine is not there.</summary>
    public static OpenAIError EngineNotReady(TimeSpan retryAfter) =>
        new(StatusCodes.Status503ServiceUnavailable, Unavailable, "engine_not_ready", "The engine of this replica is not ready; ask again later.") { RetryAfter = retryAfter };

    /// <summary>The deployment had no replica, and none came in time.</summary>
    public static OpenAIError NoReplicaInTime(TimeSpan retryAfter) =>
        new(StatusCodes.Status503ServiceUnavailable, Unavailable, "no_replica", "No replica serves, and none did within the time that a request is held; ask again later.") { RetryAfter = retryAfter };

    /// <summary>The engine was silent for too long.</summary>
    public static OpenAIError EngineTimeout { get; } =
        new(StatusCodes.Status504GatewayTimeout, ApiError, "engine_timeout", "The engine did not answer in time.");

    /// <summary>The engine broke off.</summary>
    public static OpenAIError EngineBroken { get; } = new(StatusCodes.Status502BadGateway, ApiError, "engine_broken", "The engine broke off its answer.");

    /// <summary>The engine failed the request and said why.</summary>
    public static OpenAIError Engine(string message) => new(StatusCodes.Status500InternalServerError, ApiError, "engine_error", message);

    /// <summary>The request can only be passed where nothing has to be held.</summary>
    public static OpenAIError NotHeld(string path) =>
        new(StatusCodes.Status400BadRequest, InvalidRequest, "mode_impossible", $"This deployment holds its reasoning mode, which cannot be set on {path}; use {Requests.ApiEndpoints.ChatPath}.");

    /// <summary>The gateway failed.</summary>
    public static OpenAIError Internal { get; } = new(StatusCodes.Status500InternalServerError, ApiError, "internal_error", "The gateway failed; its log says why.");

    /// <summary>The error as JSON.</summary>
    public ReadOnlyMemory<byte> ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("error");
            writer.WriteString("message", Message);
            writer.WriteString("type", Type);
            writer.WriteString("param", Param);
            writer.WriteString("code", Code);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    /// <summary>Answers with it.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        var body = ToJson();
        var response = context.Response;
        response.StatusCode = Status;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        if (RetryAfter is { } time) response.Headers.RetryAfter = Math.Ceiling(time.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        if (EndsConnection) response.Headers.Connection = "close";
        if (Status == StatusCodes.Status401Unauthorized) response.Headers.WWWAuthenticate = "Bearer";
        await response.Body.WriteAsync(body, context.RequestAborted);
    }
}
