using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Nemotron.Gateway.Json;

namespace Nemotron.Gateway.Answers;

/// <summary>A piece of a stream, as a form for pieces of the gateway's own: the same id, model and time, other text, and none of its counts.</summary>
/// <param name="Json">The piece.</param>
/// <param name="Choice">What it brought.</param>
/// <param name="UsageKeyStart">The place of its key <c>usage</c>; -1 where it has none.</param>
/// <param name="UsageEnd">Behind that key's value.</param>
internal sealed record StreamForm(byte[] Json, ChoiceDelta Choice, int UsageKeyStart, int UsageEnd)
{
    /// <summary>A piece with text of the answer.</summary>
    /// <param name="text">The text, as the inside of a JSON string.</param>
    public byte[] Say(string text)
    {
        var edits = Edits();
        edits.Replace(Choice.Content, $"\"{text}\"");
        return ServerSentEvents.Write(edits.ApplyTo(Json).Span);
    }

    /// <summary>The last pieces of an answer that has spent its tokens.</summary>
    /// <param name="counts">What was counted, for a client that asked for the usage; null for one that did not.</param>
    public byte[] FinishAtLength(TokenMeter? counts)
    {
        var edits = Edits();
        edits.Replace(Choice.HasReasoning ? Choice.Reasoning : Choice.Content, "\"\"");
        if (Choice.Finish.IsThere) edits.Replace(Choice.Finish, "\"length\"");
        else edits.Insert(Choice.Start, "\"finish_reason\":\"length\",");
        byte[] usage = counts is null ? [] : ServerSentEvents.Write(UsagePiece(counts));
        return [.. ServerSentEvents.Write(edits.ApplyTo(Json).Span), .. usage, .. ServerSentEvents.Write(ServerSentEvents.Done)];
    }

    private BodyEdits Edits()
    {
        var edits = new BodyEdits();
        if (UsageKeyStart >= 0) edits.Remove(Json, UsageKeyStart, UsageEnd);
        return edits;
    }

    // The engine would have stated its counts at the end that it never came to. What it read is left out where it has not said so before.
    private ReadOnlySpan<byte> UsagePiece(TokenMeter counts)
    {
        using var form = JsonDocument.Parse(Json, new JsonDocumentOptions { MaxDepth = 256 });
        var piece = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(piece, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            foreach (var member in form.RootElement.EnumerateObject())
                if (!member.NameEquals("choices"u8) && !member.NameEquals("usage"u8)) member.WriteTo(json);
            json.WriteStartArray("choices");
            json.WriteEndArray();
            json.WriteStartObject("usage");
            if (counts.Prompt > 0) json.WriteNumber("prompt_tokens", counts.Prompt);
            json.WriteNumber("completion_tokens", counts.Output);
            if (counts.Prompt > 0) json.WriteNumber("total_tokens", counts.Prompt + counts.Output);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return piece.WrittenSpan;
    }
}
