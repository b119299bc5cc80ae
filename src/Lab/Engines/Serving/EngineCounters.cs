namespace Nemotron.Lab.Engines;

/// <summary>
/// What an engine has counted since its process started. Requests are counted when they are done, with all their tokens at once; what the
/// engine shows of its load is the moment of its last look, which trtllm-serve takes only when a request is done. Thread-safe.
/// </summary>
internal sealed class EngineCounters
{
    // trtllm-serve's defaults, seconds.
    private static readonly double[] LongTimes = [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680];
    private static readonly double[] FirstTokenTimes = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560];
    private static readonly double[] TokenTimes = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80];
    private static readonly double[] Lengths = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000];
    private static readonly double[] TritonLengths = [10, 50, 100, 500, 1000];

    private readonly Lock gate = new();

    /// <summary>Requests done, by reason.</summary>
    public SortedDictionary<FinishReason, long> Finished { get; } = [];

    /// <summary>Requests refused or failed, by HTTP status.</summary>
    public SortedDictionary<int, long> Errors { get; } = [];

    /// <summary>Requests given up by their clients.</summary>
    public long Aborted { get; private set; }

    /// <summary>Tokens of the prompts of requests done.</summary>
    public long PromptTokens { get; private set; }

    /// <summary>Tokens of the answers of requests done.</summary>
    public long OutputTokens { get; private set; }

    /// <summary>Seconds from arrival to the last token.</summary>
    public Histogram EndToEnd { get; } = new(LongTimes);

    /// <summary>Seconds from arrival to the first token.</summary>
    public Histogram FirstToken { get; } = new(FirstTokenTimes);

    /// <summary>Seconds between tokens.</summary>
    public Histogram PerToken { get; } = new(TokenTimes);

    /// <summary>Seconds from arrival until the prefill was scheduled.</summary>
    public Histogram Queue { get; } = new(LongTimes);

    /// <summary>Seconds from then to the first token.</summary>
    public Histogram Prefill { get; } = new(LongTimes);

    /// <summary>Seconds from the first token to the last.</summary>
    public Histogram Decode { get; } = new(LongTimes);

    /// <summary>Seconds from scheduling to the last token.</summary>
    public Histogram Inference { get; } = new(LongTimes);

    /// <summary>Tokens of prompts.</summary>
    public Histogram PromptLengths { get; } = new(Lengths);

    /// <summary>Tokens of answers.</summary>
    public Histogram OutputLengths { get; } = new(Lengths);

    /// <summary>Tokens of prompts, in Triton's buckets.</summary>
    public Histogram TritonPromptLengths { get; } = new(TritonLengths);

    /// <summary>Tokens of answers, in Triton's buckets.</summary>
    public Histogram TritonOutputLengths { get; } = new(TritonLengths);

    /// <summary>The load as last looked at; null before the first look.</summary>
    public EngineLoad? Seen { get; private set; }

    /// <summary>When a request was last done, or null.</summary>
    public DateTimeOffset? LastDone { get; private set; }

    /// <summary>Requests done.</summary>
    public long Done
    {
        get
        {
            lock (gate) return Finished.Values.Sum();
        }
    }

    /// <summary>Counts a request that is done, and looks at the load.</summary>
    /// <param name="request">The request.</param>
    /// <param name="load">The engine's load; it still holds the request, as the statistics of the iteration that finished it do.</param>
    /// <param name="at">When.</param>
    public void Count(in FinishedRequest request, in EngineLoad load, DateTimeOffset at)
    {
        lock (gate)
        {
            Finished[request.Reason] = Finished.GetValueOrDefault(request.Reason) + 1;
            PromptTokens += request.PromptTokens;
            OutputTokens += request.OutputTokens;
            EndToEnd.Observe(request.EndToEnd);
            FirstToken.Observe(request.TimeToFirstToken);
            if (request.TimePerOutputToken is { } perToken) PerToken.Observe(perToken);
            Queue.Observe((request.Scheduled - request.Arrived).TotalSeconds);
            Prefill.Observe((request.FirstToken - request.Scheduled).TotalSeconds);
            Decode.Observe((request.LastToken - request.FirstToken).TotalSeconds);
            Inference.Observe((request.LastToken - request.Scheduled).TotalSeconds);
            PromptLengths.Observe(request.PromptTokens);
            OutputLengths.Observe(request.OutputTokens);
            TritonPromptLengths.Observe(request.PromptTokens);
            TritonOutputLengths.Observe(request.OutputTokens);
            Seen = load;
            LastDone = at;
        }
    }

    /// <summary>Counts a request refused or failed.</summary>
    public void CountError(int status)
    {
        lock (gate) Errors[status] = Errors.GetValueOrDefault(status) + 1;
    }

    /// <summary>Counts a request that its client gave up.</summary>
    public void CountAborted()
    {
        lock (gate) Aborted++;
    }

    /// <summary>Reads while nothing is counted.</summary>
    public T Read<T>(Func<EngineCounters, T> read)
    {
        lock (gate) return read(this);
    }
}
