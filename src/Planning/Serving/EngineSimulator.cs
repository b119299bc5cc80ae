using Nemotron.Planning.Capacity;

namespace Nemotron.Planning.Serving;

/// <summary>
/// A simulated engine: in-flight batching with paged cache blocks, first come, first served. It owns no clock: a driver says when a step
/// starts and ends, in real time (a simulated server) or in virtual time (<see cref="ClosedLoop"/>, <see cref="TraceReplay"/>).
/// Deterministic; not safe for several threads at once.
/// </summary>
/// <remarks>
/// The cycle: <see cref="Submit"/> at any time; <see cref="StartSteps"/> makes up a batch and says how long it takes; when that time has
/// passed, <see cref="FinishSteps"/> hands out tokens. A run of several steps is the same as those steps one by one: only decoding, with
/// nobody finishing or joining in between.
/// </remarks>
public sealed partial class EngineSimulator
{
    private const int LongestRun = 1 << 16;

    private readonly StepModel _model;
    private readonly EngineProfile _engine;
    private readonly KvBlockPool _pool;
    private readonly RequestTable _table = new();
    private readonly WaitingQueue _waiting = new();
    private readonly PriorityQueue<(int Slot, int Version), long> _finishes = new();

    // Prompts that are being prefilled, oldest first, and those among them whose last chunk is in the step under way.
    private readonly List<int> _prefilling = [];
    private readonly List<int> _prefilled = [];

    private long _decodeStep;
    private long _contextTokens;
    private long _reservedBlocks;
    private long _outstandingTokens;
    private bool _decodes;
    private TimeSpan _runStart;
    private TimeSpan _lastStepStart;
    private TimeSpan? _idleSince = TimeSpan.MinValue;

    /// <summary>Makes an idle engine.</summary>
    /// <param name="model">What its steps cost.</param>
    /// <param name="limits">What bounds its batches.</param>
    public EngineSimulator(StepModel model, EngineLimits limits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.MaxSequences, 1, nameof(limits));
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.MaxBatchedTokens, 1, nameof(limits));
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.BlockTokens, 1, nameof(limits));
        _model = model;
        _engine = model.Engine;
        Limits = limits;
        _pool = new KvBlockPool(limits.KvBlocks, limits.BlockTokens);
    }

    /// <summary>What bounds its batches.</summary>
    public EngineLimits Limits { get; }

    /// <summary>Sequences that have a place in the batch: decoding, or with a prefill begun.</summary>
    public int Running => Decoding + _prefilling.Count;

    /// <summary>Sequences that decode.</summary>
    public int Decoding { get; private set; }

    /// <summary>Requests that wait for a place.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Whether a step is under way.</summary>
    public bool Busy => StepsUnderWay > 0;

    /// <summary>Steps under way; 0 when none is.</summary>
    public int StepsUnderWay { get; private set; }

    /// <summary>When the steps under way end.</summary>
    public TimeSpan StepsEnd { get; private set; }

    /// <summary>What the steps under way compute; of a run, its first step.</summary>
    public StepWork Work { get; private set; }

    /// <summary>Blocks of cache in use; of those still to be filled, only what is filled.</summary>
    public long KvBlocksUsed => _pool.Used;

    /// <summary>Blocks of cache in all.</summary>
    public long KvBlocksTotal => _pool.Total;

    /// <summary>Output tokens produced so far.</summary>
    public long TokensProduced { get; private set; }

    /// <summary>Prompt tokens prefilled so far, those prefilled again counted again.</summary>
    public long TokensPrefilled { get; private set; }

    /// <summary>Steps done so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Sequences that have lost their cache to others so far.</summary>
    public long Preemptions { get; private set; }

    /// <summary>Why the request at the head of the queue could not join the last step; null where none had to wait.</summary>
    public AdmissionBlock? Blocked { get; private set; }

    /// <summary>Whether a request can ever run here: its blocks exist, and its prompt goes through a step.</summary>
    /// <param name="request">The request.</param>
    public bool CanServe(in ServingRequest request) =>
        _pool.BlocksFor((long)request.PromptTokens + request.MaxTokens) <= _pool.Total
        && (_engine.ChunkedPrefill || request.PromptTokens <= Limits.MaxBatchedTokens);

    /// <summary>Takes a request in; it waits until a step has room for it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="now">When it arrives; not before the start of the steps under way.</param>
    /// <exception cref="ArgumentException">The request is malformed, can never run here (<see cref="CanServe"/>), or one of its id is in flight.</exception>
    public void Submit(in ServingRequest request, TimeSpan now)
    {
        if (request.PromptTokens < 1 || request.OutputTokens < 1 || request.MaxTokens < request.OutputTokens)
            throw new ArgumentException($"a request has a prompt, an output and no more output than allowed, unlike {request}", nameof(request));
        if (!CanServe(request)) throw new ArgumentException($"{request} is larger than this engine can serve", nameof(request));
        var slot = _table.Add(request, now);
        _table[slot].State = SlotState.Waiting;
        _waiting.PushBack(slot);
    }

    /// <summary>Takes a request out, wherever it is. The time of steps under way does not change.</summary>
    /// <param name="id">The request's id.</param>
    /// <param name="now">When.</param>
    /// <param name="listener">Hears of its end.</param>
    /// <returns>False if no such request is in flight.</returns>
    public bool Cancel(long id, TimeSpan now, IEngineListener listener)
    {
        if (!_table.TryFind(id, out var slot)) return false;
        ref var entry = ref _table[slot];
        var produced = entry.Produced(_decodeStep);
        if (entry.State == SlotState.Waiting)
        {
            _waiting.Remove(slot);
        }
        else
        {
            if (entry.State == SlotState.Decoding) StopDecoding(ref entry, produced);
            else StopPrefill(slot);
            Leave(slot, produced);
        }
        var served = Served(entry, produced, now) with { Cancelled = true };
        _table.Remove(slot);
        listener.Finished(served);
        return true;
    }

    /// <summary>Makes up the next batch and starts it.</summary>
    /// <param name="now">When; not before the steps before have been finished.</param>
    /// <param name="most">The most steps to start at once, at least 1.</param>
    /// <param name="next">When the driver will next submit or cancel: a run goes no further than the engine would take notice of it.</param>
    /// <returns>False if there is nothing to do yet.</returns>
    /// <exception cref="InvalidOperationException">Steps are under way.</exception>
    public bool StartSteps(TimeSpan now, int most = 1, TimeSpan? next = null)
    {
        if (Busy) throw new InvalidOperationException("steps are under way");
        var cutoff = _engine.ScheduledAhead && _idleSince is null ? _lastStepStart : now;
        var work = MakeUp(now, cutoff);
        if (work.Tokens == 0)
        {
            // Whoever came too late for this step is in time for one that starts later.
            if (_waiting.Count > 0 && cutoff < now)
            {
                work = MakeUp(now, now);
            }
            if (work.Tokens == 0)
            {
                _idleSince ??= now;
                return false;
            }
        }
        _idleSince = null;
        Work = work;
        _decodes = work.DecodeSequences > 0;
        _runStart = now;
        Schedule(work.PrefillTokens > 0 ? 1 : RunLength(work, now, most, next));
        return true;
    }

    /// <summary>
    /// Cuts a run that is under way: for a driver that did not know of the next request when it started the run. The same as if
    /// <see cref="StartSteps"/> had been told.
    /// </summary>
    /// <param name="next">When the driver will submit or cancel; not before the time of its last call.</param>
    public void Shorten(TimeSpan next)
    {
        if (StepsUnderWay <= 1 || Blocked is not null) return;
        Schedule(RunLength(Work, _runStart, StepsUnderWay, next));
    }

    private void Schedule(int steps)
    {
        StepsUnderWay = steps;
        StepsEnd = _runStart + TimeSpan.FromSeconds(_model.RunSeconds(Work, steps));
        _lastStepStart = steps == 1 ? _runStart : _runStart + TimeSpan.FromSeconds(_model.RunSeconds(Work, steps - 1));
    }

    /// <summary>Ends the steps under way: their tokens are there at <see cref="StepsEnd"/>.</summary>
    /// <param name="listener">Hears of tokens and finished requests.</param>
    /// <exception cref="InvalidOperationException">No steps are under way.</exception>
    public void FinishSteps(IEngineListener listener)
    {
        if (!Busy) throw new InvalidOperationException("no steps are under way");
        var steps = StepsUnderWay;
        StepsUnderWay = 0;
        Steps += steps;
        if (_decodes && Decoding > 0)
        {
            var produced = (long)Decoding * steps;
            _pool.Grow(_decodeStep, steps);
            _decodeStep += steps;
            _contextTokens += produced;
            _outstandingTokens -= produced;
            TokensProduced += produced;
            if (listener.WantsTokens) TellDecoding(steps, listener);
            FinishDone(listener);
        }
        foreach (var slot in _prefilled) EndPrefill(slot, listener);
        _prefilled.Clear();
    }

    private void TellDecoding(int steps, IEngineListener listener)
    {
        for (var slot = _table.Oldest; slot != RequestTable.None; slot = _table[slot].Younger)
        {
            ref var entry = ref _table[slot];
            if (entry.State == SlotState.Decoding) listener.Produced(entry.Request, steps, entry.Produced(_decodeStep), StepsEnd);
        }
    }

    private void FinishDone(IEngineListener listener)
    {
        while (_finishes.TryPeek(out var next, out var step) && step <= _decodeStep)
        {
            _finishes.Dequeue();
            ref var entry = ref _table[next.Slot];
            if (entry.Version != next.Version || entry.State != SlotState.Decoding) continue;
            var produced = entry.Produced(_decodeStep);
            if (produced < entry.Request.OutputTokens) continue;
            StopDecoding(ref entry, produced);
            End(next.Slot, produced, listener);
        }
    }

    private void EndPrefill(int slot, IEngineListener listener)
    {
        _prefilling.Remove(slot);
        ref var entry = ref _table[slot];
        var produced = entry.ProducedBefore + 1;
        if (entry.ProducedBefore == 0)
        {
            entry.FirstToken = StepsEnd;
            listener.FirstToken(entry.Request, StepsEnd);
        }
        TokensProduced++;
        _outstandingTokens--;
        if (listener.WantsTokens) listener.Produced(entry.Request, 1, produced, StepsEnd);
        if (produced >= entry.Request.OutputTokens)
        {
            _pool.Give(entry.PrefillTarget);
            entry.ProducedBefore = produced;
            End(slot, produced, listener);
            return;
        }
        entry.ProducedBefore = produced;
        entry.JoinedStep = _decodeStep;
        entry.State = SlotState.Decoding;
        Decoding++;
        _contextTokens += entry.Request.PromptTokens + produced;
        _pool.StartGrowing(Cached(entry, produced), _decodeStep);
        _finishes.Enqueue((slot, entry.Version), _decodeStep + entry.Request.OutputTokens - produced);
    }

    private void End(int slot, int produced, IEngineListener listener)
    {
        Leave(slot, produced);
        var served = Served(_table[slot], produced, StepsEnd);
        _table.Remove(slot);
        listener.Finished(served);
    }

    private void StopDecoding(ref Slot entry, int produced)
    {
        Decoding--;
        _contextTokens -= entry.Request.PromptTokens + produced;
        _pool.StopGrowing(Cached(entry, produced), _decodeStep);
    }

    private void StopPrefill(int slot)
    {
        _pool.Give(_table[slot].PrefillTarget);
        _prefilling.Remove(slot);
        _prefilled.Remove(slot);
    }

    // Gives up the place in the batch, whose blocks are given back already.
    private void Leave(int slot, int produced)
    {
        ref var entry = ref _table[slot];
        _outstandingTokens -= entry.Request.MaxTokens - produced;
        _reservedBlocks -= Reservation(entry.Request);
        _table.Unlink(slot);
    }

    private static ServedRequest Served(in Slot entry, int produced, TimeSpan at) => new()
    {
        Request = entry.Request,
        Arrived = entry.Arrived,
        Admitted = entry.WasAdmitted ? entry.Admitted : at,
        FirstToken = produced > 0 ? entry.FirstToken : null,
        Finished = at,
        Tokens = produced,
        Preemptions = entry.Preemptions,
    };

    // The token produced last is cached by the step that reads it.
    private static long Cached(in Slot entry, int produced) => (long)entry.Request.PromptTokens + produced - 1;

    private long Reservation(in ServingRequest request) => _pool.BlocksFor((long)request.PromptTokens + request.MaxTokens);
}
