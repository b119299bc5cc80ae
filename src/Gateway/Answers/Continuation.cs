using System.Globalization;
using System.Text;
using Nemotron.Gateway.Json;
using Nemotron.Gateway.Requests;
using Nemotron.Planning;

namespace Nemotron.Gateway.Answers;

/// <summary>
/// Ends a trace at its budget as NVIDIA's reference client does: what the model has written is closed with <c>.\n&lt;/think&gt;\n\n</c> and handed back as the
/// last message, which a second call continues (<c>continue_final_message</c>). The engine's chat template has to keep the trace of a last message.
/// </summary>
internal static class Continuation
{
    /// <summary>The first call of an answer that is not streamed: it may write as many tokens as the trace may have.</summary>
    public static ReadOnlyMemory<byte> FirstCall(RequestPlan plan) =>
        Limited(plan, plan.Body, Math.Min(plan.Budget!.Tokens, plan.MaxTokens ?? long.MaxValue), null);

    /// <summary>The call that goes on.</summary>
    /// <param name="plan">The request.</param>
    /// <param name="message">What has been written, closing included, as the inside of a JSON string.</param>
    /// <param name="used">Output tokens spent so far.</param>
    /// <returns>Its body; null where the client's limit on tokens is spent.</returns>
    public static ReadOnlyMemory<byte>? SecondCall(RequestPlan plan, string message, long used)
    {
        var left = plan.MaxTokens - used;
        // The cast is needed: null alone would become empty bytes.
        return left < 1 ? (ReadOnlyMemory<byte>?)null : Limited(plan, plan.Body, left, message);
    }

    /// <summary>What closes a trace, as the inside of a JSON string. A trace that ends in a line's end needs no full stop.</summary>
    /// <param name="written">The trace, as the inside of a JSON string.</param>
    public static string Closing(string written) => (written.EndsWith(@"\n", StringComparison.Ordinal) ? "" : @".\n") + @"</think>\n\n";

    /// <summary>The message that the second call continues, as the inside of a JSON string.</summary>
    /// <param name="written">What the model wrote.</param>
    /// <param name="keptApart">The engine took the marks out of it.</param>
    /// <param name="openedBy">Who opens the trace: what the template puts in is not put in twice.</param>
    /// <param name="close">The trace is still open.</param>
    public static string Message(string written, bool keptApart, TraceOpener openedBy, bool close) =>
        (keptApart && openedBy == TraceOpener.Model ? @"<think>\n" : "") + written + (close ? Closing(written) : "");

    /// <summary>Makes the second call's counts those of the whole answer: what it read of the first one's output is output.</summary>
    public static void JoinUsage(Usage usage, long outputBefore, BodyEdits edits)
    {
        if (usage.Prompt.Token.IsThere) edits.Replace(usage.Prompt.Token, Number(Math.Max(0, usage.Prompt.Value - outputBefore)));
        if (usage.Output.Token.IsThere) edits.Replace(usage.Output.Token, Number(usage.Output.Value + outputBefore));
    }

    /// <summary>One answer out of two calls.</summary>
    /// <param name="first">The first call's answer.</param>
    /// <param name="firstChunk">What it says.</param>
    /// <param name="second">The second call's answer.</param>
    /// <param name="secondChunk">What it says.</param>
    /// <param name="closing">What was put between them for the client to see; empty where the engine keeps the trace apart.</param>
    public static ReadOnlyMemory<byte> Join(ReadOnlyMemory<byte> first, Chunk firstChunk, ReadOnlyMemory<byte> second, Chunk secondChunk, string closing)
    {
        var (one, two) = (firstChunk.Choices[0], secondChunk.Choices[0]);
        var edits = new BodyEdits();
        if (firstChunk.Id.IsThere && secondChunk.Id.IsThere) edits.Replace(secondChunk.Id.Start, secondChunk.Id.End, first[firstChunk.Id.Start..firstChunk.Id.End]);
        var text = $"\"{Inside(first.Span, one.Content)}{closing}{Inside(second.Span, two.Content)}\"";
        if (text.Length > 2 || !two.HasToolCalls)
        {
            if (two.Content.IsThere) edits.Replace(two.Content, text);
            else edits.Insert(two.MessageStart, $"\"content\":{text},");
        }

        if (one.HasReasoning)
        {
            var reasoning = $"\"{Inside(first.Span, one.Reasoning)}\"";
            if (two.Reasoning.IsThere) edits.Replace(two.Reasoning, reasoning);
            else edits.Insert(two.MessageStart, $"\"reasoning_content\":{reasoning},");
        }

        JoinUsage(secondChunk.Usage, firstChunk.Usage.Output.Value, edits);
        return edits.ApplyTo(second);
    }

    private static ReadOnlyMemory<byte> Limited(RequestPlan plan, ReadOnlyMemory<byte> body, long? maxTokens, string? message)
    {
        // The plan's body has been read before; its depth was found to be right.
        var request = RequestReader.Read(plan.Endpoint, body, 1024);
        var edits = new BodyEdits();
        if (message is not null)
        {
            edits.Insert(request.TurnList.End - 1, $",{{\"role\":\"assistant\",\"content\":\"{message}\"}}");
            request.Set(edits, RequestField.ContinueFinalMessage, "true");
            request.Set(edits, RequestField.AddGenerationPrompt, "false");
        }

        if (maxTokens is { } most)
        {
            if (!request[RequestField.MaxCompletionTokens].IsLeftOut) request.Set(edits, RequestField.MaxCompletionTokens, Number(most));
            if (!request[RequestField.MaxTokens].IsLeftOut || request[RequestField.MaxCompletionTokens].IsLeftOut) request.Set(edits, RequestField.MaxTokens, Number(most));
        }

        return edits.ApplyTo(body);
    }

    private static string Inside(ReadOnlySpan<byte> json, JsonToken token) => token.IsString ? Encoding.UTF8.GetString(json[(token.Start + 1)..(token.End - 1)]) : "";

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
