using System.Buffers;
using Nemotron.Gateway.Json;
using Nemotron.Gateway.Requests;

namespace Nemotron.Gateway.Answers;

/// <summary>What became of a piece of a stream.</summary>
internal enum RelayStep
{
    /// <summary>All of it was passed on.</summary>
    GoOn,

    /// <summary>The trace has to end: what came after that place was not passed on.</summary>
    EndTrace,
}

/// <summary>A stream that goes on where an earlier one was ended.</summary>
/// <param name="Id">The earlier stream's id, as JSON.</param>
/// <param name="OutputBefore">Output tokens of the earlier stream, which the engine now counts as prompt.</param>
internal sealed record ContinuedStream(byte[] Id, long OutputBefore);

/// <summary>
/// Passes a stream of server-sent events on to the client, event by event as they come, and counts on the way. Bytes stay as they are but for what only
/// the gateway asked for, which is taken out.
/// </summary>
/// <param name="plan">The request.</param>
/// <param name="meter">Counts.</param>
/// <param name="budget">Ends the trace; null where the gateway does not.</param>
/// <param name="continued">The stream that this one continues; null for a first one.</param>
internal sealed class SseRelay(RequestPlan plan, TokenMeter meter, TraceBudget? budget, ContinuedStream? continued)
{
    // An event larger than this is passed on unread, in pieces.
    private const int LargestEvent = 4 << 20;

    private readonly ArrayBufferWriter<byte> _begun = new(512);
    private readonly Chunk _chunk = new();
    private readonly RepeatedPiece _repeated = new();
    private bool _unread;

    /// <summary>The stream came to its last event.</summary>
    public bool IsDone { get; private set; }

    /// <summary>The engine reported an error inside the stream.</summary>
    public bool HasError { get; private set; }

    /// <summary>The id of the answer, as JSON; null before the first piece.</summary>
    public byte[]? Id { get; private set; }

    /// <summary>The piece at which the trace had to end: the form in which the gateway can say something itself.</summary>
    public StreamForm? Form { get; private set; }

    /// <summary>Passes on what has come.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="client">Where to.</param>
    /// <param name="now">When they came.</param>
    /// <param name="clock">Whose timestamp that is.</param>
    public RelayStep Write(ReadOnlySpan<byte> bytes, IBufferWriter<byte> client, long now, TimeProvider clock)
    {
        if (_unread)
        {
            client.Write(bytes);
            return RelayStep.GoOn;
        }

        var step = RelayStep.GoOn;
        if (_begun.WrittenCount > 0)
        {
            var taken = CompleteBegun(bytes, out var length);
            if (length < 0)
            {
                if (_begun.WrittenCount > LargestEvent) GiveUp(client);
                return RelayStep.GoOn;
            }

            var sse = _begun.WrittenSpan[..length];
            step = Read(sse, now, clock, out var changed);
            client.Write(changed ?? sse);
            _begun.ResetWrittenCount();
            bytes = bytes[taken..];
        }

        if (step == RelayStep.GoOn) step = WriteWhole(bytes, client, now, clock);
        meter.Report();
        return step;
    }

    /// <summary>The engine's stream has ended: what was begun is passed on as it is.</summary>
    public void End(IBufferWriter<byte> client)
    {
        client.Write(_begun.WrittenSpan);
        _begun.ResetWrittenCount();
    }

    // The events that are all there, as few writes as can be; the beginning of another is kept.
    private RelayStep WriteWhole(ReadOnlySpan<byte> bytes, IBufferWriter<byte> client, long now, TimeProvider clock)
    {
        int passed = 0, at = 0;
        var step = RelayStep.GoOn;
        while (step == RelayStep.GoOn)
        {
            var length = _repeated.Match(bytes[at..], out var text);
            if (length > 0)
            {
                meter.Take(_repeated.Index, text, _repeated.IsReasoning, now, clock);
                at += length;
                continue;
            }

            length = ServerSentEvents.EndOfFirst(bytes[at..]);
            if (length < 0) break;
            step = Read(bytes.Slice(at, length), now, clock, out var changed);
            if (changed is not null)
            {
                client.Write(bytes[passed..at]);
                client.Write(changed);
                passed = at + length;
            }

            at += length;
        }

        client.Write(bytes[passed..at]);
        if (step == RelayStep.EndTrace || at == bytes.Length) return step;
        _begun.Write(bytes[at..]);
        if (_begun.WrittenCount > LargestEvent) GiveUp(client);
        return step;
    }

    // Adds to the event that was begun what belongs to it, and little more: how much of the bytes that was, and how long the event is; -1 while it goes on.
    private int CompleteBegun(ReadOnlySpan<byte> bytes, out int length)
    {
        var taken = 0;
        while (taken < bytes.Length)
        {
            var before = _begun.WrittenCount;
            var piece = bytes.Slice(taken, Math.Min(Math.Max(512, before), bytes.Length - taken));
            _begun.Write(piece);
            length = ServerSentEvents.EndOfFirst(_begun.WrittenSpan, before);
            if (length > 0) return taken + length - before;
            taken += piece.Length;
        }

        length = -1;
        return taken;
    }

    private void GiveUp(IBufferWriter<byte> client)
    {
        End(client);
        _unread = true;
    }

    // What to write in the event's place; null for the event itself.
    private RelayStep Read(ReadOnlySpan<byte> sse, long now, TimeProvider clock, out byte[]? changed)
    {
        changed = null;
        var (start, length) = ServerSentEvents.DataOf(sse).GetOffsetAndLength(sse.Length);
        var json = sse.Slice(start, length);
        if (json.SequenceEqual(ServerSentEvents.Done))
        {
            IsDone = true;
            return RelayStep.GoOn;
        }

        if (json.IsEmpty || !_chunk.Read(json, plan.Endpoint)) return RelayStep.GoOn;
        HasError |= _chunk.IsError;
        if (continued is null) meter.Take(json, _chunk, now, clock);
        else TakeContinued(json, now, clock);
        if (plan.HidesUsage && _chunk is { HasNoChoices: true, UsageValue.IsThere: true }) changed = [];
        else if (Edits(json) is { AreEmpty: false } edits) changed = [.. sse[..start], .. edits.ApplyTo(json.ToArray()).Span, .. sse[(start + length)..]];
        if (budget is null)
        {
            if (continued is null && changed is null) _repeated.Learn(sse, start, _chunk);
            return RelayStep.GoOn;
        }

        if (Id is null && _chunk.Id.IsString) Id = _chunk.Id.In(json).ToArray();
        foreach (var choice in _chunk.Choices)
        {
            if (!budget.Spent(json, choice, meter)) continue;
            Form = new StreamForm(json.ToArray(), choice, _chunk.UsageKeyStart, _chunk.UsageValue.End);
            return RelayStep.EndTrace;
        }

        return RelayStep.GoOn;
    }

    private void TakeContinued(ReadOnlySpan<byte> json, long now, TimeProvider clock)
    {
        var usage = _chunk.Usage;
        _chunk.ForgetUsage();
        meter.Take(json, _chunk, now, clock);
        if (usage.Whole.IsThere) meter.Take(usage, continued!.OutputBefore);
        _chunk.RecallUsage(usage);
    }

    private BodyEdits? Edits(ReadOnlySpan<byte> json)
    {
        BodyEdits? edits = null;
        if (plan.HidesUsage && _chunk.UsageKeyStart >= 0) (edits = new BodyEdits()).Remove(json, _chunk.UsageKeyStart, _chunk.UsageValue.End);
        if (continued is null) return edits;
        edits ??= new BodyEdits();
        // The new call opens a message; to the client it is the old one.
        if (_chunk.Id.IsString) edits.Replace(_chunk.Id.Start, _chunk.Id.End, continued.Id);
        if (!plan.HidesUsage) Continuation.JoinUsage(_chunk.Usage, continued.OutputBefore, edits);
        return edits;
    }
}
