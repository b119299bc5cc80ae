using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Nemotron.Engines.Health;

namespace Nemotron.Engines.Clients.Transport;

/// <summary>HTTP to one endpoint: deadlines on every call, bounded bodies, and retries of what may be repeated.</summary>
internal sealed class EngineHttp(HttpMessageHandler handler, Uri address, EngineTimeouts timeouts, TimeProvider time) : IDisposable
{
    private const int MaxJsonBytes = 1024 * 1024;
    private const int MaxSnippetBytes = 512;
    private const int MaxAttempts = 3;
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(200);

    private readonly HttpMessageInvoker _client = new(handler, disposeHandler: false);

    /// <summary>Asks a health route once, within a poll's deadline. Faults come as they are.</summary>
    public async Task<HealthAnswer.Http> HealthAsync(string path, Deadline deadline)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, path));
        using var response = await _client.SendAsync(request, deadline.Token).ConfigureAwait(false);
        if (response.IsSuccessStatusCode) return Healthy;
        return new HealthAnswer.Http((int)response.StatusCode, await SnippetAsync(response, deadline.Token).ConfigureAwait(false), Header(response, "x-trtllm-server-state"));
    }

    private static readonly HealthAnswer.Http Healthy = new(200, "");

    /// <summary>GET (or POST, with <paramref name="body"/>) that answers JSON and may be repeated; null when the engine has no such route (404, 405, 501).</summary>
    /// <exception cref="EngineCallException">The engine could not be asked, or its answer is no JSON.</exception>
    public async Task<JsonDocument?> QueryAsync(string path, CancellationToken cancellation, string? body = null)
    {
        using var deadline = new Deadline(timeouts.Query, time, cancellation);
        try
        {
            using var response = await RepeatAsync(() => Request(body is null ? HttpMethod.Get : HttpMethod.Post, path, body), deadline).ConfigureAwait(false);
            if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented) return null;
            if (response.IsSuccessStatusCode) return await JsonAsync(response, deadline.Token).ConfigureAwait(false);
            throw Failed(path, new HealthAnswer.Http((int)response.StatusCode, await SnippetAsync(response, deadline.Token).ConfigureAwait(false)), null);
        }
        catch (Exception e) when (e is not EngineCallException && Faults.IsOne(e) && !deadline.IsCallers(e))
        {
            throw e is JsonException or InvalidDataException
                ? new EngineCallException(new HealthAnswer.NoReply(e.Message), $"{path} of {address.Authority} did not answer JSON: {e.Message}", e)
                : Failed(path, Faults.Read(e, deadline), e);
        }
    }

    /// <summary>Reads a body as it streams in, such as metrics.</summary>
    /// <exception cref="EngineCallException">The engine could not be asked.</exception>
    public async Task<T> StreamAsync<T>(Uri uri, Func<Stream, CancellationToken, ValueTask<T>> read, CancellationToken cancellation)
    {
        using var deadline = new Deadline(timeouts.Query, time, cancellation);
        try
        {
            using var response = await RepeatAsync(() => new HttpRequestMessage(HttpMethod.Get, uri) { Headers = { Accept = { PrometheusText } } }, deadline).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
                throw Failed(uri.AbsolutePath, new HealthAnswer.Http((int)response.StatusCode, await SnippetAsync(response, deadline.Token).ConfigureAwait(false)), null);
            using var stream = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
            return await read(stream, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not EngineCallException && Faults.IsOne(e) && !deadline.IsCallers(e))
        {
            throw Failed(uri.AbsolutePath, Faults.Read(e, deadline), e);
        }
    }

    /// <summary>POST of JSON that makes the engine work: once, never repeated. Faults come as they are.</summary>
    public async Task<(int Status, JsonDocument? Json, string Snippet)> PostOnceAsync(string path, string body, Deadline deadline)
    {
        using var request = Request(HttpMethod.Post, path, body);
        using var response = await _client.SendAsync(request, deadline.Token).ConfigureAwait(false);
        return response.IsSuccessStatusCode
            ? ((int)response.StatusCode, await JsonAsync(response, deadline.Token).ConfigureAwait(false), "")
            : ((int)response.StatusCode, null, await SnippetAsync(response, deadline.Token).ConfigureAwait(false));
    }

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> RepeatAsync(Func<HttpRequestMessage> request, Deadline deadline)
    {
        var backoff = FirstBackoff;
        for (var attempt = 1; ; attempt++, backoff *= 2)
        {
            using var message = request();
            var response = await _client.SendAsync(message, deadline.Token).ConfigureAwait(false);
            if (attempt == MaxAttempts || !IsPassing(response.StatusCode)) return response;
            var wait = Pushback(response) ?? backoff;
            // Told to come back later than there is time for: that is the answer.
            if (time.GetUtcNow() + wait >= deadline.At) return response;
            response.Dispose();
            await Task.Delay(wait, time, deadline.Token).ConfigureAwait(false);
        }
    }

    private static bool IsPassing(HttpStatusCode status) =>
        status is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    private TimeSpan? Pushback(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow() is var wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
        _ => null,
    };

    private static readonly MediaTypeWithQualityHeaderValue PrometheusText = MediaTypeWithQualityHeaderValue.Parse("text/plain; version=0.0.4");

    private HttpRequestMessage Request(HttpMethod method, string path, string? body) => new(method, new Uri(address, path))
    {
        Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
    };

    private static async Task<JsonDocument> JsonAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        using var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        var buffer = new ArrayBufferWriter<byte>(4096);
        int read;
        while ((read = await stream.ReadAsync(buffer.GetMemory(4096), cancellation).ConfigureAwait(false)) > 0)
        {
            buffer.Advance(read);
            if (buffer.WrittenCount > MaxJsonBytes) throw new InvalidDataException("the answer is longer than 1 MiB");
        }

        return JsonDocument.Parse(buffer.WrittenMemory);
    }

    private static async Task<string> SnippetAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        using var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        var bytes = new byte[MaxSnippetBytes];
        var length = await stream.ReadAtLeastAsync(bytes, MaxSnippetBytes, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        return Encoding.UTF8.GetString(bytes, 0, length).ReplaceLineEndings(" ").Trim();
    }

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    private EngineCallException Failed(string path, HealthAnswer answer, Exception? inner) =>
        new(answer, $"{path} of {address.Authority} failed: {HealthReading.Of(answer, null).Message}", inner);
}
