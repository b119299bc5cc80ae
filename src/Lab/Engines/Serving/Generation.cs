using System.Threading.Channels;

namespace Nemotron.Lab.Engines;

/// <summary>How a sequence or a request ended.</summary>
internal enum EngineEnd
{
    /// <summary>It is complete.</summary>
    Done,

    /// <summary>Its client gave it up.</summary>
    Aborted,

    /// <summary>The engine broke under it.</summary>
    Failed,
}

/// <summary>One sequence that an engine writes: a choice of a request.</summary>
/// <param name="id">Its number within the engine.</param>
/// <param name="script">What it will say.</param>
/// <param name="streams">Whether its tokens are wanted as they come.</param>
internal sealed class Generation(long id, AnswerScript script, bool streams)
{
    private readonly TaskCompletionSource<EngineEnd> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<int>? tokens = streams ? Channel.CreateUnbounded<int>(new() { SingleReader = true, SingleWriter = true }) : null;

    /// <summary>Its number within the engine.</summary>
    public long Id { get; } = id;

    /// <summary>What it will say.</summary>
    public AnswerScript Script { get; } = script;

    /// <summary>Whether its tokens are wanted as they come.</summary>
    public bool Streams => tokens is not null;

    /// <summary>How it ended.</summary>
    public Task<EngineEnd> Ended => ended.Task;

    /// <summary>Tokens written so far, each time there are more; ends with the sequence. Streams only.</summary>
    /// <param name="cancel">Stops reading.</param>
    public async IAsyncEnumerable<int> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        while (await tokens!.Reader.WaitToReadAsync(cancel))
        {
            var total = 0;
            while (tokens.Reader.TryRead(out var written)) total = written;
            yield return total;
        }
    }

    /// <summary>The engine has written so many tokens in all.</summary>
    public void Written(int total) => tokens?.Writer.TryWrite(total);

    /// <summary>The engine is done with it.</summary>
    public void End(EngineEnd how)
    {
        if (!ended.TrySetResult(how)) return;
        if (how == EngineEnd.Done) tokens?.Writer.TryWrite(Script.Length);
        tokens?.Writer.TryComplete();
    }
}

/// <summary>A request in an engine.</summary>
/// <param name="choices">Its sequences.</param>
/// <param name="promptTokens">Tokens of its prompt.</param>
internal sealed class EngineRequest(IReadOnlyList<Generation> choices, int promptTokens)
{
    /// <summary>Its sequences.</summary>
    public IReadOnlyList<Generation> Choices { get; } = choices;

    /// <summary>Tokens of its prompt.</summary>
    public int PromptTokens { get; } = promptTokens;

    /// <summary>Tokens of all its answers.</summary>
    public int OutputTokens => Choices.Sum(choice => choice.Script.Length);

    /// <summary>Sequences that have not ended; kept by the engine.</summary>
    public int Left { get; set; } = choices.Count;

    /// <summary>What it came to; set by the engine when it is done.</summary>
    public FinishedRequest? Finished { get; set; }

    /// <summary>Waits for all sequences; the worst end of them counts.</summary>
    public async Task<EngineEnd> EndAsync() => (await Task.WhenAll(Choices.Select(choice => choice.Ended))).Max();
}
