using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Engines;

/// <summary>Writes an answer as server-sent events, each token as it comes; several choices are mixed.</summary>
internal static class OpenAiStream
{
    /// <summary>Writes it to its end.</summary>
    /// <param name="http">The request.</param>
    /// <param name="request">The request in the engine.</param>
    /// <param name="answers">The JSON of the pieces.</param>
    /// <param name="usage">Whether the token counts come last.</param>
    /// <returns>How the request ended. When the engine broke the stream just ends, without its end mark.</returns>
    public static async Task<EngineEnd> WriteAsync(HttpContext http, EngineRequest request, OpenAiAnswers answers, bool usage)
    {
        http.Response.StatusCode = 200;
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        http.Response.Headers.CacheControl = "no-cache";
        var cancel = http.RequestAborted;
        var pieces = Channel.CreateUnbounded<(int Index, int Total)>(new() { SingleReader = true });
        var reading = Task.WhenAll(request.Choices.Select((choice, index) => PassOnAsync(choice, index, pieces.Writer, cancel)));
        _ = reading.ContinueWith(_ => pieces.Writer.TryComplete(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        for (var index = 0; index < request.Choices.Count; index++)
        {
            if (answers.First(index) is { } first) await SendAsync(http, first);
        }

        // The client learns at once that the request was taken; the first token may be long in coming.
        await http.Response.Body.FlushAsync(cancel);
        var sent = new int[request.Choices.Count];
        while (await pieces.Reader.WaitToReadAsync(cancel))
        {
            while (pieces.Reader.TryRead(out var piece))
            {
                var script = request.Choices[piece.Index].Script;
                if (answers.Tokens(script, piece.Index, sent[piece.Index], piece.Total) is { } tokens) await SendAsync(http, tokens);
                sent[piece.Index] = piece.Total;
                if (piece.Total == script.Length) await SendAsync(http, answers.Last(script, piece.Index));
            }

            await http.Response.Body.FlushAsync(cancel);
        }

        await reading;
        var end = await request.EndAsync();
        if (end != EngineEnd.Done) return end;
        if (usage) await SendAsync(http, answers.UsagePiece(request));
        await http.Response.WriteAsync("data: [DONE]\n\n", cancel);
        return end;
    }

    private static async Task PassOnAsync(Generation choice, int index, ChannelWriter<(int Index, int Total)> pieces, CancellationToken cancel)
    {
        var last = 0;
        await foreach (var total in choice.ReadAsync(cancel))
        {
            if (total > last) pieces.TryWrite((index, last = total));
        }
    }

    private static Task SendAsync(HttpContext http, JsonObject json) => http.Response.WriteAsync($"data: {JsonAnswer.Text(json)}\n\n", http.RequestAborted);
}
