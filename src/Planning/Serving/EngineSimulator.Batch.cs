using Nemotron.Planning.Capacity;

namespace Nemotron.Planning.Serving;

/// <content>How a batch is made up: who decodes, who is prefilled, who is admitted, and who has to give way.</content>
public sealed partial class EngineSimulator
{
    private StepWork MakeUp(TimeSpan now, TimeSpan cutoff)
    {
        var work = new StepWork();
        Blocked = null;
        MakeRoomToGrow();
        var budget = Limits.MaxBatchedTokens - (_engine.MixedSteps ? Decoding : 0);
        foreach (var slot in _prefilling) Prefill(slot, ref work, ref budget);
        while (_waiting.Count > 0)
        {
            var slot = _waiting.Peek();
            if (_table[slot].Arrived > cutoff) break;
            Blocked = Obstacle(_table[slot], budget);
            if (Blocked is not null) break;
            _waiting.Pop();
            Admit(slot, now);
            Prefill(slot, ref work, ref budget);
        }
        // An engine that does not mix lets decoding stand still for prompts.
        if (_engine.MixedSteps || work.PrefillTokens == 0)
        {
            work.DecodeSequences = Decoding;
            work.DecodeContextTokens = _contextTokens;
        }
        return work;
    }

    private void Prefill(int slot, ref StepWork work, ref int budget)
    {
        ref var entry = ref _table[slot];
        var tokens = Math.Min(budget, entry.PrefillTarget - entry.Prefilled);
        if (tokens <= 0) return;
        var last = entry.Prefilled + tokens == entry.PrefillTarget;
        work.AddPrefill(entry.Prefilled, tokens, last);
        entry.Prefilled += tokens;
        budget -= tokens;
        TokensPrefilled += tokens;
        if (last) _prefilled.Add(slot);
    }

    private AdmissionBlock? Obstacle(in Slot entry, int budget)
    {
        if (Running >= Limits.MaxSequences) return AdmissionBlock.Sequences;
        if (!HasBlocks(entry)) return AdmissionBlock.KvBlocks;
        return budget < (_engine.ChunkedPrefill ? 1 : entry.PrefillTarget) ? AdmissionBlock.Tokens : null;
    }

    private bool HasBlocks(in Slot entry)
    {
        if (_pool.Total == long.MaxValue) return true;
        if (_engine.ReservedOutput >= 1) return _reservedBlocks + Reservation(entry.Request) <= _pool.Total;
        var needed = _pool.BlocksFor(entry.PrefillTarget);
        if (_table.Oldest == RequestTable.None) return needed <= _pool.Total;
        var expected = _engine.ReservedOutput * (_outstandingTokens + entry.Request.MaxTokens - entry.ProducedBefore) / Limits.BlockTokens;
        // What the others take to go on is theirs.
        return _pool.Used + _pool.Growth(_decodeStep, 1) + needed + expected <= _pool.Total;
    }

    private void Admit(int slot, TimeSpan now)
    {
        ref var entry = ref _table[slot];
        entry.State = SlotState.Prefilling;
        entry.Prefilled = 0;
        if (!entry.WasAdmitted) entry.Admitted = now;
        entry.WasAdmitted = true;
        _pool.Take(entry.PrefillTarget);
        _reservedBlocks += Reservation(entry.Request);
        _outstandingTokens += entry.Request.MaxTokens - entry.ProducedBefore;
        _table.Link(slot);
        _prefilling.Add(slot);
    }

    // Each request fits alone (CanServe), so giving way always ends with somebody running.
    private void MakeRoomToGrow()
    {
        while (Decoding > 0 && _pool.Used + _pool.Growth(_decodeStep, 1) > _pool.Total) Preempt(_table.Youngest);
    }

    private void Preempt(int slot)
    {
        ref var entry = ref _table[slot];
        var produced = entry.Produced(_decodeStep);
        if (entry.State == SlotState.Decoding) StopDecoding(ref entry, produced);
        else StopPrefill(slot);
        Leave(slot, produced);
        entry.State = SlotState.Waiting;
        entry.Version++;
        entry.ProducedBefore = produced;
        entry.PrefillTarget = entry.Request.PromptTokens + produced;
        entry.Preemptions++;
        Preemptions++;
        _waiting.PushFront(slot);
    }

    // How many decode steps may be taken at once: until the next request finishes, blocks might run out, or the driver's next move is noticed.
    private int RunLength(in StepWork work, TimeSpan now, int most, TimeSpan? next)
    {
        var steps = (int)Math.Min(Math.Min(most, LongestRun), Math.Max(1, NextFinish() - _decodeStep));
        if (_pool.Total != long.MaxValue && _engine.ReservedOutput < 1)
        {
            var free = (_pool.Total - _pool.Used) / Math.Max(1, Decoding);
            steps = (int)Math.Clamp((free - 1) * Limits.BlockTokens, 1, steps);
        }
        // Whoever waits already keeps those who come later waiting as well, unless it only came too late for this step.
        if (Blocked is null && _waiting.Count > 0) return 1;
        if (Blocked is not null || next is not { } move || steps == 1) return steps;
        if (move <= now) return 1;
        // The batch of a step that is scheduled ahead is made up one step earlier.
        return Math.Min(steps, StepsUntil(work, (move - now).TotalSeconds, steps) + (_engine.ScheduledAhead ? 1 : 0));
    }

    // The fewest steps that take the time; at most as many as given. Steps only become longer, so the first one's time is a bound.
    private int StepsUntil(in StepWork work, double seconds, int most)
    {
        var tooFew = 0;
        var enough = (int)Math.Min(most, Math.Ceiling(seconds / _model.StepSeconds(work)));
        while (enough - tooFew > 1)
        {
            var tried = tooFew + (enough - tooFew) / 2;
            if (_model.RunSeconds(work, tried) < seconds) tooFew = tried;
            else enough = tried;
        }
        return Math.Max(1, enough);
    }

    private long NextFinish()
    {
        while (_finishes.TryPeek(out var next, out var step))
        {
            ref var entry = ref _table[next.Slot];
            if (entry.Version == next.Version && entry.State == SlotState.Decoding) return step;
            _finishes.Dequeue();
        }
        return long.MaxValue;
    }
}
