using Nemotron.Planning.Capacity;

namespace Nemotron.Planning.Serving;

/// <summary>The way of a request from the client to the engine: a fixed latency, and an HTTP server that parses and tokenises one request at a time.</summary>
/// <param name="overheads">What the engine's server takes.</param>
public sealed class FrontEnd(EngineOverheads overheads)
{
    private TimeSpan _free = TimeSpan.MinValue;

    /// <summary>When a request reaches the engine. Calls must be in the order of sending.</summary>
    /// <param name="sent">When the client sends it.</param>
    /// <param name="promptTokens">Tokens of its prompt.</param>
    public TimeSpan Pass(TimeSpan sent, int promptTokens)
    {
        var start = sent + TimeSpan.FromSeconds(overheads.LatencySeconds);
        if (_free > start) start = _free;
        return _free = start + TimeSpan.FromSeconds(overheads.RequestSeconds + overheads.PromptTokenSeconds * promptTokens);
    }
}
