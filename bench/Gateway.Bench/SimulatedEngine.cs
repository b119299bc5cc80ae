using System.Buffers.Text;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Nemotron.Gateway.Bench;

/// <summary>A simulated engine that costs little: one ready-made answer, or a stream of as many ready-made pieces as the request wants tokens.</summary>
internal static class SimulatedEngine
{
    private static readonly byte[] Answer = Encoding.ASCII.GetBytes(
        """{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"I am an assistant and can answer questions."},"finish_reason":"stop"}],"usage":{"prompt_tokens":30,"completion_tokens":9,"total_tokens":39}}""");

    private static readonly byte[] Piece = Encoding.ASCII.GetBytes(
        "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" token\"},\"finish_reason\":null}]}\n\n");

    private static readonly byte[] Usage = Encoding.ASCII.GetBytes(
        "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":9,\"total_tokens\":18}}\n\n");

    public static async Task<int> RunAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        var app = builder.Build();
        app.Run(ServeAsync);
        await app.RunAsync();
        return 0;
    }

    private static async Task ServeAsync(HttpContext context)
    {
        var (streams, paced, usage, tokens) = await ReadAsync(context.Request);
        var response = context.Response;
        if (!streams)
        {
            response.ContentType = "application/json";
            response.ContentLength = Answer.Length;
            await response.Body.WriteAsync(Answer);
            return;
        }

        response.ContentType = "text/event-stream";
        using var timer = paced ? new PeriodicTimer(TimeSpan.FromSeconds(5)) : null;
        try
        {
            for (var i = 0; i < tokens; i++)
            {
                if (timer is not null && i > 0) await timer.WaitForNextTickAsync(context.RequestAborted);
                await response.Body.WriteAsync(Piece, context.RequestAborted);
            }

            if (usage) await response.Body.WriteAsync(Usage, context.RequestAborted);
            await response.Body.WriteAsync("data: [DONE]\n\n"u8.ToArray(), context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The client has gone.
        }
    }

    private static async Task<(bool Streams, bool Paced, bool Usage, int Tokens)> ReadAsync(HttpRequest request)
    {
        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync();
            if (!read.IsCompleted)
            {
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            var body = read.Buffer.FirstSpan;
            var at = body.IndexOf("\"max_tokens\":"u8);
            var tokens = at >= 0 && Utf8Parser.TryParse(body[(at + 13)..], out int wanted, out _) ? wanted : 16;
            var found = (body.IndexOf("\"stream\":true"u8) >= 0, body.IndexOf("\"paced\""u8) >= 0, body.IndexOf("\"include_usage\":true"u8) >= 0, tokens);
            reader.AdvanceTo(read.Buffer.End);
            return found;
        }
    }
}
