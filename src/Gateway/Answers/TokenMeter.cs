using Nemotron.Gateway.Json;
using Nemotron.Gateway.Observing;
using Nemotron.Planning;

namespace Nemotron.Gateway.Answers;

/// <summary>
/// Counts the tokens of one answer as they come: by the engine's own counts where it states them, else one for each piece that brings text.
/// Engines send about a piece a token; what a count states beyond the pieces seen is added when it comes, and nothing is ever taken back.
/// </summary>
/// <param name="metrics">Takes the counts.</param>
/// <param name="openedBy">Who opens the trace.</param>
internal sealed class TokenMeter(ModeMetrics metrics, TraceOpener openedBy)
{
    private const int MostChoices = 128;

    private readonly List<Trace?> _traces = [];
    private long _prompt;
    private long _output;
    private long _thinking;
    private long _firstToken;
    private long _lastToken;
    private long _tokens;
    private bool _anyToken;
    private long _newTokens;
    private long _newThinking;
    private long _newAtOnce;

    /// <summary>Tokens of the prompt, as far as the engine has stated them.</summary>
    public long Prompt => _prompt;

    /// <summary>Output tokens counted so far.</summary>
    public long Output => _output;

    /// <summary>Tokens of the trace counted so far.</summary>
    public long Thinking => _thinking;

    /// <summary>A token has been seen.</summary>
    public bool AnyToken => _anyToken;

    /// <summary>The first answer is inside its trace.</summary>
    public bool IsThinking { get; private set; }

    /// <summary>Mean time between the tokens that came; null before the second.</summary>
    /// <param name="clock">Whose timestamps they have.</param>
    public TimeSpan? MeanGap(TimeProvider clock) => _tokens > 1 ? clock.GetElapsedTime(_firstToken, _lastToken) / (_tokens - 1) : null;

    /// <summary>Takes a piece of a stream.</summary>
    /// <param name="json">The piece's bytes.</param>
    /// <param name="chunk">What it says.</param>
    /// <param name="now">When it came.</param>
    /// <param name="clock">Whose timestamps those are.</param>
    public void Take(ReadOnlySpan<byte> json, Chunk chunk, long now, TimeProvider clock)
    {
        foreach (var choice in chunk.Choices)
            if (choice.HasToken) Count(Follow(json, choice), now, clock);
        if (chunk.Usage.Whole.IsThere) Take(chunk.Usage, 0);
    }

    /// <summary>Takes a piece of one answer that brings text and nothing else.</summary>
    /// <param name="index">Which of the answers.</param>
    /// <param name="text">The text.</param>
    /// <param name="isReasoning">It is part of the trace, by the engine's word.</param>
    /// <param name="now">When it came.</param>
    /// <param name="clock">Whose timestamps those are.</param>
    public void Take(int index, ReadOnlySpan<byte> text, bool isReasoning, long now, TimeProvider clock) => Count(Follow(index, text, isReasoning), now, clock);

    /// <summary>Tells the metrics what has been counted since the last time: what comes together costs them once.</summary>
    public void Report()
    {
        if (_newTokens > 0) metrics.OutputTokens.Inc(_newTokens);
        if (_newThinking > 0) metrics.ThinkingTokens.Inc(_newThinking);
        if (_newAtOnce > 0) metrics.InterTokenLatency.Observe(0, _newAtOnce);
        _newTokens = _newThinking = _newAtOnce = 0;
    }

    /// <summary>Takes the engine's own counts.</summary>
    /// <param name="usage">What it states.</param>
    /// <param name="before">Output tokens of an earlier call for the same answer, which the engine now counts as prompt.</param>
    public void Take(Usage usage, long before)
    {
        Raise(ref _prompt, Math.Max(0, usage.Prompt.Value - before), metrics.PromptTokens);
        Raise(ref _output, usage.Output.Value + before, metrics.OutputTokens);
        if (usage.Reasoning is { } reasoning) Raise(ref _thinking, reasoning, metrics.ThinkingTokens);
    }

    /// <summary>Takes a whole answer, of which only the counts are known; the trace's share is that of its letters where the engine does not state it.</summary>
    public void TakeWhole(ReadOnlySpan<byte> json, Chunk answer)
    {
        if (!answer.Usage.Whole.IsThere) return;
        Take(answer.Usage, 0);
        if (answer.Usage.Reasoning is not null) return;
        long trace = 0, all = 0;
        foreach (var choice in answer.Choices)
        {
            var reasoning = JsonText.OfAnswer(json, choice.Reasoning).Bytes.Length;
            var content = JsonText.OfAnswer(json, choice.Content).Bytes;
            all += reasoning + content.Length;
            trace += reasoning;
            if (reasoning > 0) continue;
            var follower = new Trace(openedBy);
            var closed = content.IndexOf("</think>"u8);
            follower.Follow(closed < 0 ? content : content[..closed]);
            if (follower.IsThinking) trace += closed < 0 ? content.Length : closed + "</think>"u8.Length;
        }

        if (trace > 0) Raise(ref _thinking, answer.Usage.Output.Value * trace / Math.Max(1, all), metrics.ThinkingTokens);
    }

    /// <summary>The gateway has ended the first answer's trace: what comes now is the answer.</summary>
    public void TraceEnded()
    {
        IsThinking = false;
        if (_traces.Count > 0) _traces[0]?.KeptApartByEngine();
    }

    private void Count(bool thought, long now, TimeProvider clock)
    {
        _output++;
        _newTokens++;
        if (thought)
        {
            _thinking++;
            _newThinking++;
        }

        if (!_anyToken) _firstToken = now;
        else if (now == _lastToken) _newAtOnce++;
        else metrics.InterTokenLatency.Observe(clock.GetElapsedTime(_lastToken, now).TotalSeconds);
        _lastToken = now;
        _tokens++;
        _anyToken = true;
    }

    private bool Follow(ReadOnlySpan<byte> json, ChoiceDelta choice) =>
        Follow(choice.Index, choice.HasContent && !choice.HasReasoning ? JsonText.OfAnswer(json, choice.Content).Bytes : [], choice.HasReasoning);

    private bool Follow(int index, ReadOnlySpan<byte> text, bool isReasoning)
    {
        if (index >= MostChoices) return isReasoning;
        while (_traces.Count <= index) _traces.Add(null);
        var trace = _traces[index] ??= new Trace(openedBy);
        var thought = isReasoning;
        if (isReasoning) trace.KeptApartByEngine();
        else if (!text.IsEmpty) thought = trace.Follow(text);
        if (index == 0) IsThinking = isReasoning || trace.IsThinking;
        return thought;
    }

    private static void Raise(ref long counted, long stated, Prometheus.Counter.Child counter)
    {
        if (stated <= counted) return;
        counter.Inc(stated - counted);
        counted = stated;
    }
}
