namespace Nemotron.Planning.Serving;

/// <summary>The requests in an engine: slots that are used again, and the admitted ones in the order of their admission.</summary>
internal sealed class RequestTable
{
    public const int None = -1;

    private readonly Dictionary<long, int> _byId = [];
    private readonly Stack<int> _free = [];
    private Slot[] _slots = new Slot[64];
    private int _made;

    /// <summary>The request admitted last, or <see cref="None"/>.</summary>
    public int Youngest { get; private set; } = None;

    /// <summary>The request admitted first, or <see cref="None"/>.</summary>
    public int Oldest { get; private set; } = None;

    public int Count => _byId.Count;

    public ref Slot this[int slot] => ref _slots[slot];

    public bool TryFind(long id, out int slot) => _byId.TryGetValue(id, out slot);

    public int Add(in ServingRequest request, TimeSpan arrived)
    {
        if (!_free.TryPop(out var slot))
        {
            if (_made == _slots.Length) Array.Resize(ref _slots, 2 * _made);
            slot = _made++;
        }
        if (!_byId.TryAdd(request.Id, slot))
        {
            _free.Push(slot);
            throw new ArgumentException($"a request {request.Id} is in flight already", nameof(request));
        }
        ref var entry = ref _slots[slot];
        var version = entry.Version;
        entry = new Slot { Request = request, Arrived = arrived, Version = version, PrefillTarget = request.PromptTokens, Younger = None, Older = None };
        return slot;
    }

    public void Remove(int slot)
    {
        _byId.Remove(_slots[slot].Request.Id);
        _slots[slot].Version++;
        _slots[slot].State = SlotState.Free;
        _free.Push(slot);
    }

    /// <summary>Puts a request behind all admitted ones.</summary>
    public void Link(int slot)
    {
        _slots[slot].Older = Youngest;
        _slots[slot].Younger = None;
        if (Youngest != None) _slots[Youngest].Younger = slot;
        else Oldest = slot;
        Youngest = slot;
    }

    public void Unlink(int slot)
    {
        ref var entry = ref _slots[slot];
        if (entry.Older != None) _slots[entry.Older].Younger = entry.Younger;
        else Oldest = entry.Younger;
        if (entry.Younger != None) _slots[entry.Younger].Older = entry.Older;
        else Youngest = entry.Older;
    }
}

internal enum SlotState
{
    Free,
    Waiting,
    Prefilling,
    Decoding,
}

internal struct Slot
{
    public ServingRequest Request;
    public SlotState State;
    public TimeSpan Arrived;
    public TimeSpan Admitted;
    public TimeSpan FirstToken;

    // Tells entries of the finish queue that outlived their request.
    public int Version;

    // Tokens to prefill: the prompt, and after a preemption what had been produced as well.
    public int PrefillTarget;
    public int Prefilled;

    // Tokens produced when decoding (re)started, and the decode step of that moment.
    public int ProducedBefore;
    public long JoinedStep;
    public int Preemptions;
    public bool WasAdmitted;
    public int Older;
    public int Younger;

    public readonly int Produced(long decodeStep) => State == SlotState.Decoding ? ProducedBefore + (int)(decodeStep - JoinedStep) : ProducedBefore;
}
