using Nemotron.Gateway.Json;

namespace Nemotron.Gateway.Answers;

/// <summary>A piece of a stream, as a form for pieces of the gateway's own: the same id, model and time, other text.</summary>
/// <param name="Json">The piece.</param>
/// <param name="Choice">What it brought.</param>
internal sealed record StreamForm(byte[] Json, ChoiceDelta Choice)
{
    /// <summary>A piece with text of the answer.</summary>
    /// <param name="text">The text, as the inside of a JSON string.</param>
    public byte[] Say(string text)
    {
        var edits = new BodyEdits();
        edits.Replace(Choice.Content, $"\"{text}\"");
        return ServerSentEvents.Write(edits.ApplyTo(Json).Span);
    }

    /// <summary>The last pieces of an answer that has spent its tokens.</summary>
    public byte[] FinishAtLength()
    {
        var edits = new BodyEdits();
        edits.Replace(Choice.HasReasoning ? Choice.Reasoning : Choice.Content, "\"\"");
        if (Choice.Finish.IsThere) edits.Replace(Choice.Finish, "\"length\"");
        else edits.Insert(Choice.Start, "\"finish_reason\":\"length\",");
        return [.. ServerSentEvents.Write(edits.ApplyTo(Json).Span), .. ServerSentEvents.Write(ServerSentEvents.Done)];
    }
}
