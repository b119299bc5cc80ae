using System.Collections.Concurrent;
using Nemotron.Engines.Clients;
using Nemotron.Engines.Health;
using Nemotron.Engines.Metrics;

namespace Nemotron.Engines.Tests.Fleet;

/// <summary>An engine without a network: says what it is told to.</summary>
internal sealed class ScriptedEngine(EngineEndpoint endpoint) : IEngine
{
    private int _under;

    public EngineEndpoint Endpoint => endpoint;

    public HealthAnswer Answer { get; set; } = new HealthAnswer.Http(200, "");

    public EngineSignals? Load { get; set; }

    public TokenProbe Probe { get; set; } = new(ProbeOutcome.Token, TimeSpan.FromSeconds(0.2));

    /// <summary>While set, a poll does not come back until it is completed.</summary>
    public TaskCompletionSource? Hold { get; set; }

    public ConcurrentQueue<DateTimeOffset> Polls { get; } = new();

    /// <summary>While set, the question for its version does not come back.</summary>
    public TaskCompletionSource? HoldInfo { get; set; }

    public string? InfoFailure { get; set; }

    public int Infos { get; private set; }

    public int Probes { get; private set; }

    public int MostAtOnce { get; private set; }

    public bool Disposed { get; private set; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public async Task<HealthAnswer> AskHealthAsync(CancellationToken cancellation)
    {
        MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref _under));
        Polls.Enqueue(Time.GetUtcNow());
        try
        {
            if (Hold is { } hold) await hold.Task.WaitAsync(cancellation);
            return Answer;
        }
        finally
        {
            Interlocked.Decrement(ref _under);
        }
    }

    public Task<IReadOnlyList<EngineModel>> ModelsAsync(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<EngineModel>>([new EngineModel("super", null, true, "")]);

    public async Task<EngineInfo> InfoAsync(CancellationToken cancellation)
    {
        Infos++;
        if (HoldInfo is { } hold) await hold.Task.WaitAsync(cancellation);
        return InfoFailure is { } failure ? throw new EngineCallException(new HealthAnswer.Refused(), failure) : new EngineInfo { Name = "scripted", Version = "1" };
    }

    public Task<EngineSignals> LoadAsync(CancellationToken cancellation) =>
        Load is { } load ? Task.FromResult(load) : throw new EngineCallException(new HealthAnswer.Refused(), "no load");

    public Task<TokenProbe> ProbeAsync(CancellationToken cancellation)
    {
        Probes++;
        return Task.FromResult(Probe);
    }

    public void Dispose() => Disposed = true;
}
