using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Nemotron.Gateway.Tests.Infrastructure;

/// <summary>What the stub was sent.</summary>
internal sealed record SeenRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonElement Json
    {
        get
        {
            using var document = JsonDocument.Parse(Body);
            return document.RootElement.Clone();
        }
    }
}

/// <summary>
/// A simulated engine with OpenAI's API: no model, scripted tokens, answered in the form that vLLM and trtllm-serve use. It records what it was sent.
/// </summary>
internal sealed class StubEngine : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _cancelled;

    private StubEngine(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Run(HandleAsync);
    }

    public string Address { get; private set; } = "";

    public ConcurrentQueue<SeenRequest> Seen { get; } = new();

    public bool IsHealthy { get; set; } = true;

    /// <summary>The tokens it says; a request that continues a message gets the second list.</summary>
    public string[] Tokens { get; set; } = ["Hello", " there", "!"];

    public string[] TokensOfContinuation { get; set; } = ["Four", "."];

    /// <summary>Tokens between two openings of the gate; null: all at once.</summary>
    public SemaphoreSlim? Gate { get; set; }

    /// <summary>The trace goes into reasoning_content, as with a reasoning parser.</summary>
    public bool KeepsTraceApart { get; set; }

    /// <summary>Chunks carry "usage": null, as OpenAI's own do.</summary>
    public bool WritesNullUsage { get; set; }

    /// <summary>Answers in place of the script; null for the script.</summary>
    public Func<HttpContext, SeenRequest, Task<bool>>? Special { get; set; }

    /// <summary>Requests whose connection the gateway closed before their end.</summary>
    public int Cancelled => Volatile.Read(ref _cancelled);

    public SeenRequest Last => Seen.Last();

    public static async Task<StubEngine> StartAsync(int port = 0)
    {
        var stub = new StubEngine(port);
        await stub._app.StartAsync();
        stub.Address = stub._app.Urls.Single();
        return stub;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        if (context.Request.Path == "/health")
        {
            context.Response.StatusCode = IsHealthy ? 200 : 503;
            return;
        }

        using var body = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            var seen = new SeenRequest(
                context.Request.Method,
                context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget,
                context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
                body.ToArray());
            Seen.Enqueue(seen);
            if (Special is { } special && await special(context, seen)) return;
            if (context.Request.Path.Value is "/v1/chat/completions" or "/v1/completions") await CompleteAsync(context, seen.Json, context.Request.Path == "/v1/chat/completions");
            else if (context.Request.Path == "/v1/responses") await RespondAsync(context, seen.Json);
            else if (context.Request.Path == "/v1/models") await WriteJsonAsync(context, """{"object":"list","data":[{"id":"stub","object":"model","created":1,"owned_by":"stub"}]}""");
            else
            {
                context.Response.Headers["X-Stub-Path"] = seen.Target;
                await WriteJsonAsync(context, $"{{\"echo\":{JsonSerializer.Serialize(seen.Text)}}}");
            }
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            Interlocked.Increment(ref _cancelled);
        }
    }

    private async Task CompleteAsync(HttpContext context, JsonElement request, bool chat)
    {
        var tokens = request.TryGetProperty("continue_final_message", out var goesOn) && goesOn.GetBoolean() ? TokensOfContinuation : Tokens;
        var limit = Number("max_tokens") ?? Number("max_completion_tokens");
        var finish = limit < tokens.Length ? "length" : request.TryGetProperty("tools", out _) ? "tool_calls" : "stop";
        if (limit < tokens.Length) tokens = tokens[..(int)limit];
        var choices = (int)(Number("n") ?? 1);
        var usage = $$"""{"prompt_tokens":{{PromptTokens(request)}},"total_tokens":{{PromptTokens(request) + tokens.Length * choices}},"completion_tokens":{{tokens.Length * choices}}}""";
        if (!(request.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True))
        {
            var text = string.Concat(tokens);
            var message = chat ? $"\"message\":{{\"role\":\"assistant\",{Message(text, finish)}}}" : $"\"text\":{JsonSerializer.Serialize(text)}";
            var list = string.Join(",", Enumerable.Range(0, choices).Select(i => $"{{\"index\":{i},{message},\"finish_reason\":\"{finish}\"}}"));
            await WriteJsonAsync(context, $"{{\"id\":\"{Id(goesOn)}\",\"object\":\"{(chat ? "chat.completion" : "text_completion")}\",\"created\":1,\"model\":\"stub\",\"choices\":[{list}],\"usage\":{usage}}}");
            return;
        }

        context.Response.ContentType = "text/event-stream; charset=utf-8";
        var wantsUsage = request.TryGetProperty("stream_options", out var options) && options.TryGetProperty("include_usage", out var include) && include.GetBoolean();
        var none = WritesNullUsage && wantsUsage ? ",\"usage\":null" : "";
        if (chat) await ChunkAsync("{\"role\":\"assistant\",\"content\":\"\"}", "null");
        var thinks = KeepsTraceApart && goesOn.ValueKind != JsonValueKind.True;
        foreach (var token in tokens)
        {
            if (Gate is { } gate) await gate.WaitAsync(context.RequestAborted);
            if (thinks && token == "</think>")
            {
                thinks = false;
                continue;
            }

            var field = thinks ? "reasoning_content" : "content";
            var json = JsonSerializer.Serialize(token);
            await ChunkAsync(finish == "tool_calls" ? $"{{\"tool_calls\":[{{\"index\":0,\"id\":\"call_1\",\"type\":\"function\",\"function\":{{\"name\":\"f\",\"arguments\":{json}}}}}]}}" : $"{{\"{field}\":{json}}}", "null");
        }

        await ChunkAsync("{}", $"\"{finish}\"");
        if (wantsUsage) await context.Response.WriteAsync($"data: {{\"id\":\"{Id(goesOn)}\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"stub\",\"choices\":[],\"usage\":{usage}}}\n\n");
        await context.Response.WriteAsync("data: [DONE]\n\n", context.RequestAborted);

        async Task ChunkAsync(string delta, string finished)
        {
            for (var i = 0; i < choices; i++)
            {
                var content = chat ? $"\"delta\":{delta}" : $"\"text\":{(delta.Length > 2 ? delta[(delta.IndexOf(':') + 1)..^1] : "\"\"")}";
                await context.Response.WriteAsync(
                    $"data: {{\"id\":\"{Id(goesOn)}\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"stub\",\"choices\":[{{\"index\":{i},{content},\"finish_reason\":{finished}}}]{none}}}\n\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }

        long? Number(string name) => request.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : null;
    }

    private async Task RespondAsync(HttpContext context, JsonElement request)
    {
        var response = $"{{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\",\"model\":\"stub\",\"output\":[{{\"type\":\"message\",\"id\":\"m\",\"role\":\"assistant\",\"status\":\"completed\",\"content\":[{{\"type\":\"output_text\",\"text\":{JsonSerializer.Serialize(string.Concat(Tokens))},\"annotations\":[]}}]}}],\"usage\":{{\"input_tokens\":7,\"output_tokens\":{Tokens.Length},\"total_tokens\":{7 + Tokens.Length},\"output_tokens_details\":{{\"reasoning_tokens\":1}}}}}}";
        if (!(request.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True))
        {
            await WriteJsonAsync(context, response);
            return;
        }

        context.Response.ContentType = "text/event-stream";
        foreach (var token in Tokens)
            await context.Response.WriteAsync($"event: response.output_text.delta\ndata: {{\"type\":\"response.output_text.delta\",\"delta\":{JsonSerializer.Serialize(token)}}}\n\n", context.RequestAborted);
        await context.Response.WriteAsync($"event: response.completed\ndata: {{\"type\":\"response.completed\",\"response\":{response}}}\n\n", context.RequestAborted);
    }

    private static string Id(JsonElement goesOn) => goesOn.ValueKind == JsonValueKind.True ? "chatcmpl-2" : "chatcmpl-1";

    private string Message(string text, string finish)
    {
        if (finish == "tool_calls") return $"\"content\":null,\"tool_calls\":[{{\"id\":\"call_1\",\"type\":\"function\",\"function\":{{\"name\":\"f\",\"arguments\":{JsonSerializer.Serialize(text)}}}}}]";
        var closed = text.IndexOf("</think>", StringComparison.Ordinal);
        return KeepsTraceApart && closed >= 0
            ? $"\"reasoning_content\":{JsonSerializer.Serialize(text[..closed])},\"content\":{JsonSerializer.Serialize(text[(closed + 8)..])}"
            : $"\"content\":{JsonSerializer.Serialize(text)}";
    }

    // A word is a token: enough for sums to be checked.
    private static long PromptTokens(JsonElement request) =>
        request.TryGetProperty("messages", out var messages)
            ? messages.EnumerateArray().Sum(message => message.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String ? content.GetString()!.Split(' ').Length : 0)
            : 3;

    private static async Task WriteJsonAsync(HttpContext context, string json)
    {
        context.Response.ContentType = "application/json";
        var bytes = Encoding.UTF8.GetBytes(json);
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }
}
