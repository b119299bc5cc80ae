using Nemotron.Planning.Capacity;

namespace Nemotron.Planning.Serving;

/// <summary>
/// The HTTP server before an engine: one thing at a time, first come, first served, it parses and tokenises requests and streams tokens out.
/// When an engine makes tokens faster than it can stream them, they queue here, and so do new requests.
/// </summary>
/// <param name="overheads">What the server takes.</param>
public sealed class FrontEnd(EngineOverheads overheads)
{
    private TimeSpan _free = TimeSpan.MinValue;

    /// <summary>When a request reaches the engine. Calls must be in the order of sending.</summary>
    /// <param name="sent">When the client sends it.</param>
    /// <param name="promptTokens">Tokens of its prompt.</param>
    public TimeSpan Pass(TimeSpan sent, int promptTokens)
    {
        var start = Later(sent + TimeSpan.FromSeconds(overheads.LatencySeconds), _free);
        return _free = start + TimeSpan.FromSeconds(overheads.RequestSeconds + overheads.PromptTokenSeconds * promptTokens);
    }

    /// <summary>When the last of a run of equal steps' tokens has gone out.</summary>
    /// <param name="start">When the run starts.</param>
    /// <param name="end">When it ends.</param>
    /// <param name="steps">Steps in it, at least 1.</param>
    /// <param name="tokens">Tokens of each step.</param>
    public TimeSpan Stream(TimeSpan start, TimeSpan end, int steps, int tokens)
    {
        var perStep = overheads.OutputTokenSeconds * tokens;
        if (perStep <= 0) return end;
        // Each step's tokens wait for those before them, and for the step itself: the latest of three is what holds up the last.
        var firstEnd = start + (end - start) / steps;
        return _free = Later(Later(_free, firstEnd) + TimeSpan.FromSeconds(steps * perStep), end + TimeSpan.FromSeconds(perStep));
    }

    private static TimeSpan Later(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
