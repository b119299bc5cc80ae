using Nemotron.Planning.Capacity;

namespace Nemotron.Planning.Serving;

/// <summary>A load that keeps a number of equal requests in flight: each one that ends is followed by the next. All start together, as benchmark tools do it.</summary>
/// <param name="PromptTokens">Tokens of each prompt (ISL), at least 1.</param>
/// <param name="OutputTokens">Tokens of each output (OSL), at least 1.</param>
/// <param name="Concurrency">Requests in flight, at least 1.</param>
/// <param name="Waves">Requests in all, in multiples of the concurrency, at least 1. Tools commonly send ten; the first wave's queueing is in the means.</param>
public sealed record ClosedLoopLoad(int PromptTokens, int OutputTokens, int Concurrency, int Waves = 10);

/// <summary>Means over all requests of a closed loop.</summary>
public sealed record ClosedLoopResult
{
    /// <summary>Time to first token, from the client's sending.</summary>
    public required TimeSpan TimeToFirstToken { get; init; }

    /// <summary>Time per output token after the first; zero for outputs of one token.</summary>
    public required TimeSpan TimePerOutputToken { get; init; }

    /// <summary>Time from sending to the last token.</summary>
    public required TimeSpan Latency { get; init; }

    /// <summary>Sequences in the batch, by Little's law: concurrency × the part of a request's time between admission and end.</summary>
    public required double RunningSequences { get; init; }

    /// <summary>Where the busy time went, in seconds.</summary>
    public required StepTime Busy { get; init; }

    /// <summary>Seconds of steps that a waiting request could not join, by what kept it out.</summary>
    public required IReadOnlyDictionary<AdmissionBlock, double> BlockedSeconds { get; init; }

    /// <summary>Sequences that lost their cache to others.</summary>
    public required long Preemptions { get; init; }
}

/// <summary>Runs a simulated engine under a closed loop in virtual time.</summary>
public sealed class ClosedLoop
{
    private readonly StepModel _model;
    private readonly VirtualServer _server;
    private readonly ClosedLoopLoad _load;
    private readonly int _requests;
    private readonly double[] _blocked = new double[3];
    private int _sent;
    private int _ended;
    private StepTime _busy;
    private double _firstTokenSeconds, _perTokenSeconds, _latencySeconds;

    private ClosedLoop(StepModel model, EngineLimits limits, ClosedLoopLoad load)
    {
        _model = model;
        _server = new VirtualServer(model, limits, Served);
        _load = load;
        _requests = checked(load.Concurrency * load.Waves);
    }

    /// <summary>Runs the loop to its end.</summary>
    /// <param name="model">What steps cost.</param>
    /// <param name="limits">What bounds the batches.</param>
    /// <param name="load">The load.</param>
    /// <exception cref="ArgumentException">Such a request can never run on this replica.</exception>
    public static ClosedLoopResult Run(StepModel model, EngineLimits limits, ClosedLoopLoad load)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(load.Concurrency, 1, nameof(load));
        ArgumentOutOfRangeException.ThrowIfLessThan(load.Waves, 1, nameof(load));
        var loop = new ClosedLoop(model, limits, load);
        for (var i = 0; i < load.Concurrency; i++) loop.Send(TimeSpan.Zero);
        while (loop._ended < loop._requests && loop._server.Advance(out var seconds))
        {
            if (seconds > 0) loop.Account(seconds);
        }
        return loop.Result();
    }

    private void Served(ServedRequest served)
    {
        if (served.Cancelled) throw new ArgumentException("such a request can never run on this replica");
        _ended++;
        _firstTokenSeconds += served.TimeToFirstToken!.Value.TotalSeconds;
        _perTokenSeconds += (served.TimePerOutputToken ?? TimeSpan.Zero).TotalSeconds;
        _latencySeconds += (served.Finished - served.Arrived).TotalSeconds;
        Send(served.Finished);
    }

    private void Send(TimeSpan at)
    {
        if (_sent < _requests) _server.Send(new ServingRequest(_sent++, _load.PromptTokens, _load.OutputTokens), at);
    }

    private void Account(double seconds)
    {
        if (_server.Engine.Blocked is { } block) _blocked[(int)block] += seconds;
        var step = _model.Step(_server.Engine.Work);
        var scale = seconds / step.TotalSeconds;
        _busy = new StepTime
        {
            ComputeSeconds = _busy.ComputeSeconds + scale * step.ComputeSeconds,
            MemorySeconds = _busy.MemorySeconds + scale * step.MemorySeconds,
            CommunicationSeconds = _busy.CommunicationSeconds + scale * step.CommunicationSeconds,
            LaunchSeconds = _busy.LaunchSeconds + scale * step.LaunchSeconds,
            // Only what the GPU waits for.
            HostSeconds = _busy.HostSeconds + scale * (step.TotalSeconds - step.GpuSeconds),
            TotalSeconds = _busy.TotalSeconds + seconds,
        };
    }

    private ClosedLoopResult Result() => new()
    {
        TimeToFirstToken = TimeSpan.FromSeconds(_firstTokenSeconds / _requests),
        TimePerOutputToken = TimeSpan.FromSeconds(_perTokenSeconds / _requests),
        Latency = TimeSpan.FromSeconds(_latencySeconds / _requests),
        RunningSequences = _load.Concurrency * _server.InBatchSeconds / _latencySeconds,
        Busy = _busy,
        BlockedSeconds = Enum.GetValues<AdmissionBlock>().ToDictionary(block => block, block => _blocked[(int)block]),
        Preemptions = _server.Engine.Preemptions,
    };
}
