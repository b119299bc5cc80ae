using Nemotron.Planning.Serving;

namespace Nemotron.Lab.Engines;

/// <summary>
/// The batching of one engine in the Lab's time: drives <see cref="EngineSimulator"/> step by step, with a timer that runs only while
/// there is work. Its own clock starts with the process and can be slowed down or stopped. Thread-safe.
/// </summary>
internal sealed class EngineReplica : IEngineListener, IDisposable
{
    private readonly EngineSimulator simulator;
    private readonly TimeProvider time;
    private readonly EngineCounters counters;
    private readonly int iterationsKept;
    private readonly Lock gate = new();
    private readonly ITimer timer;
    private readonly Dictionary<long, (EngineRequest Request, Generation Choice)> running = [];
    private readonly Queue<EngineLoad> iterations = [];
    private TimeSpan engineTime;
    private DateTimeOffset realTime;
    private double slowness = 1;
    private bool frozen;
    private bool failing;
    private long lastId;
    private long completed;
    private int streams;
    private EngineLoad stepLoad;

    /// <summary>An idle engine.</summary>
    /// <param name="simulator">Its batching.</param>
    /// <param name="counters">Where finished requests are counted.</param>
    /// <param name="time">The Lab's clock.</param>
    /// <param name="iterationsKept">Iterations kept for those who ask; 0 for none.</param>
    public EngineReplica(EngineSimulator simulator, EngineCounters counters, TimeProvider time, int iterationsKept)
    {
        this.simulator = simulator;
        this.counters = counters;
        this.time = time;
        this.iterationsKept = iterationsKept;
        realTime = time.GetUtcNow();
        timer = time.CreateTimer(_ => Advance(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public bool WantsTokens => streams > 0;

    /// <summary>How full it is now.</summary>
    public EngineLoad Load
    {
        get
        {
            lock (gate) return LoadNow();
        }
    }

    /// <summary>Blocks of the KV cache.</summary>
    public long KvBlocks => simulator.KvBlocksTotal;

    /// <summary>Times longer than usual that everything takes; 1 for as usual.</summary>
    public double Slowness
    {
        get => slowness;
        set
        {
            lock (gate)
            {
                Now();
                slowness = Math.Max(1e-6, value);
                Arm();
            }
        }
    }

    /// <summary>While set nothing moves, as when ranks wait for one another for ever.</summary>
    public bool Frozen
    {
        get => frozen;
        set
        {
            lock (gate)
            {
                Now();
                frozen = value;
                Arm();
            }
        }
    }

    /// <summary>Takes a request in.</summary>
    /// <param name="promptTokens">Tokens of its prompt, 1 or more.</param>
    /// <param name="scripts">What its choices will say.</param>
    /// <param name="maxTokens">Tokens each may be long: what the engine has to reckon with.</param>
    /// <param name="streamed">Whether tokens are wanted as they come.</param>
    /// <returns>The request, or null when it can never run here: its cache is larger than there is.</returns>
    public EngineRequest? Begin(int promptTokens, IReadOnlyList<AnswerScript> scripts, int maxTokens, bool streamed)
    {
        lock (gate)
        {
            var choices = scripts.Select(script => new Generation(++lastId, script, streamed)).ToList();
            if (choices.Any(choice => !simulator.CanServe(Asked(choice)))) return null;
            var now = Now();
            // What should have happened by now has, before the request comes in.
            Step(now);
            var request = new EngineRequest(choices, promptTokens);
            foreach (var choice in choices)
            {
                running[choice.Id] = (request, choice);
                if (streamed) streams++;
                simulator.Submit(Asked(choice), now);
            }

            Step(now);
            return request;

            ServingRequest Asked(Generation choice) => new(choice.Id, promptTokens, choice.Script.Length, Math.Max(choice.Script.Length, maxTokens));
        }
    }

    /// <summary>Gives a request up.</summary>
    public void Abort(EngineRequest request)
    {
        lock (gate)
        {
            var now = Now();
            foreach (var choice in request.Choices) simulator.Cancel(choice.Id, now, this);
        }
    }

    /// <summary>Ends every request, as the break of an engine does.</summary>
    public void FailAll()
    {
        lock (gate)
        {
            failing = true;
            var now = Now();
            foreach (var id in running.Keys.ToList()) simulator.Cancel(id, now, this);
            failing = false;
        }
    }

    /// <summary>Takes the iterations done since they were last taken, the newest of them: whoever asks first has them.</summary>
    public IReadOnlyList<EngineLoad> TakeIterations()
    {
        lock (gate)
        {
            EngineLoad[] taken = [.. iterations];
            iterations.Clear();
            return taken;
        }
    }

    /// <inheritdoc/>
    public void Produced(in ServingRequest request, int tokens, int total, TimeSpan at)
    {
        if (running.TryGetValue(request.Id, out var known)) known.Choice.Written(total);
    }

    /// <inheritdoc/>
    public void Finished(in ServedRequest served)
    {
        if (!running.Remove(served.Request.Id, out var known)) return;
        if (known.Choice.Streams) streams--;
        var request = known.Request;
        if (--request.Left == 0)
        {
            if (served.Cancelled)
            {
                if (!failing) counters.CountAborted();
            }
            else
            {
                completed++;
                request.Finished = new()
                {
                    // To the engine a call of tools is text like any other.
                    Reason = request.Choices[0].Script.Finish == FinishReason.Length ? FinishReason.Length : FinishReason.Stop,
                    PromptTokens = request.PromptTokens,
                    OutputTokens = request.OutputTokens,
                    Arrived = served.Arrived,
                    Scheduled = served.Admitted,
                    FirstToken = served.FirstToken ?? served.Finished,
                    LastToken = served.Finished,
                };
                counters.Count(request.Finished.Value, stepLoad with { Completed = completed }, time.GetUtcNow());
            }
        }

        known.Choice.End(!served.Cancelled ? EngineEnd.Done : failing ? EngineEnd.Failed : EngineEnd.Aborted);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        FailAll();
        timer.Dispose();
    }

    private void Advance()
    {
        lock (gate) Step(Now());
    }

    /// <summary>Does what is due, and begins the next step.</summary>
    private void Step(TimeSpan now)
    {
        if (!frozen)
        {
            while (true)
            {
                if (simulator.Busy)
                {
                    if (simulator.StepsEnd > now) break;
                    var ends = simulator.StepsEnd;
                    simulator.FinishSteps(this);
                    Remember();
                    Start(ends);
                }
                else if (!Start(now))
                {
                    break;
                }
            }
        }

        Arm();
    }

    private bool Start(TimeSpan at)
    {
        if (!simulator.StartSteps(at)) return false;
        stepLoad = LoadNow() with { IterationSeconds = (simulator.StepsEnd - at).TotalSeconds, ContextTokens = simulator.Work.PrefillTokens };
        return true;
    }

    private void Remember()
    {
        if (iterationsKept == 0) return;
        while (iterations.Count >= iterationsKept) iterations.Dequeue();
        iterations.Enqueue(stepLoad);
    }

    private void Arm()
    {
        if (frozen || !simulator.Busy)
        {
            timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        var wait = (simulator.StepsEnd - engineTime) * slowness;
        timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private TimeSpan Now()
    {
        var now = time.GetUtcNow();
        if (!frozen) engineTime += (now - realTime) / slowness;
        realTime = now;
        return engineTime;
    }

    private EngineLoad LoadNow() => new()
    {
        Iteration = simulator.Steps,
        Running = simulator.Running,
        Waiting = simulator.Waiting,
        Prefilling = simulator.Running - simulator.Decoding,
        Decoding = simulator.Decoding,
        UsedBlocks = simulator.KvBlocksTotal == long.MaxValue ? 0 : simulator.KvBlocksUsed,
        Completed = completed,
        Preemptions = simulator.Preemptions,
        PromptTokens = simulator.TokensPrefilled,
        OutputTokens = simulator.TokensProduced,
        IterationSeconds = stepLoad.IterationSeconds,
        ContextTokens = stepLoad.ContextTokens,
    };
}
