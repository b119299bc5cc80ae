using System.Text;
using Nemotron.Gateway.Json;

namespace Nemotron.Gateway.Answers;

/// <summary>
/// Watches the trace of a streamed answer and says when it has to end: at the end of a line once the budget is spent, and at the latest when the
/// grace is spent as well. Keeps what has been written so far, since the model is to go on from there.
/// </summary>
/// <param name="tokens">The budget.</param>
/// <param name="graceTokens">The grace.</param>
internal sealed class TraceBudget(long tokens, int graceTokens)
{
    private readonly StringBuilder _written = new();

    /// <summary>What the model has written, as the inside of a JSON string.</summary>
    public string Written => _written.ToString();

    /// <summary>The engine keeps the trace apart from the answer.</summary>
    public bool IsKeptApart { get; private set; }

    /// <summary>Takes a piece.</summary>
    /// <param name="json">The piece's bytes.</param>
    /// <param name="choice">What it brings.</param>
    /// <param name="meter">What has been counted, this piece included.</param>
    /// <returns>The trace has to end here.</returns>
    public bool Spent(ReadOnlySpan<byte> json, ChoiceDelta choice, TokenMeter meter)
    {
        if (choice.Index != 0 || !choice.HasToken) return false;
        IsKeptApart |= choice.HasReasoning;
        var token = choice.HasReasoning ? choice.Reasoning : choice.Content;
        if (!token.IsString) return false;
        _written.Append(Encoding.UTF8.GetString(json[(token.Start + 1)..(token.End - 1)]));
        if (!meter.IsThinking || meter.Thinking < tokens) return false;
        return meter.Thinking >= tokens + graceTokens || JsonText.OfAnswer(json, token).Bytes.Contains((byte)'\n');
    }
}
