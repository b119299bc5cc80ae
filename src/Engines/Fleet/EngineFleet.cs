using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nemotron.Engines.Clients;
using Nemotron.Engines.Health.Progress;

namespace Nemotron.Engines.Fleet;

/// <summary>
/// Polls hundreds of engines, keeps what each said last, and tells when one's health or progress changes. Engines are added and removed
/// while it runs. Polls are spread evenly over the interval, and never is one engine polled while its last poll is under way.
/// </summary>
public sealed partial class EngineFleet : IAsyncDisposable
{
    private const int MaxSlots = 100;
    private static readonly TimeSpan ShortestTick = TimeSpan.FromMilliseconds(10);

    private readonly Func<EngineEndpoint, IEngine> _open;
    private readonly FleetOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, PolledEngine> _engines = [];
    private readonly PollWheel<PolledEngine> _wheel;
    private readonly TimeSpan _tick;
    private readonly PollGates _gates;
    private readonly HashSet<Task> _closing = [];
    private bool _disposed;
    private long _position = -1;

    /// <param name="open">Opens a client, such as <see cref="EngineClients.Open"/>; the fleet disposes it.</param>
    /// <param name="options">How to poll.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where faults of <see cref="Changed"/>'s handlers go; null for nowhere.</param>
    public EngineFleet(Func<EngineEndpoint, IEngine> open, FleetOptions options, TimeProvider time, ILogger<EngineFleet>? log = null)
    {
        _open = open;
        _options = options;
        _time = time;
        _log = log ?? NullLogger<EngineFleet>.Instance;
        var slots = (int)Math.Clamp(options.PollInterval / ShortestTick, 1, MaxSlots);
        _tick = options.PollInterval / slots;
        _wheel = new PollWheel<PolledEngine>(slots, options.Seed);
        _gates = new PollGates(options.MaxConcurrentPolls, options.MaxConcurrentProbes);
    }

    /// <summary>
    /// Raised, on a thread of the pool, when an engine's health changes in state or reason, or its progress in verdict. For one engine
    /// never twice at once.
    /// </summary>
    public event Action<EngineReport>? Changed;

    /// <summary>How many engines are polled.</summary>
    public int Count
    {
        get { lock (_lock) return _engines.Count; }
    }

    /// <summary>Polls that were started so far.</summary>
    public long PollsStarted { get; private set; }

    /// <summary>Polls that were left out because the engine's last one was still under way.</summary>
    public long PollsSkipped { get; private set; }

    /// <summary>Slots of the wheel whose polls have been started.</summary>
    internal long Position { get => Volatile.Read(ref _position); private set => Volatile.Write(ref _position, value); }

    /// <summary>The poll of one engine that was started last; completed when there is none.</summary>
    internal Task PollOf(string key)
    {
        lock (_lock) return _engines.TryGetValue(key, out var engine) ? engine.LastPoll : Task.CompletedTask;
    }

    /// <summary>Adds an engine, or changes what is known of it. A new <see cref="EngineEndpoint.Incarnation"/> starts its history anew.</summary>
    /// <exception cref="ArgumentException">The endpoint lacks the port its protocol needs.</exception>
    public void Put(EngineEndpoint endpoint)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var known = _engines.GetValueOrDefault(endpoint.Key);
            if (known?.TryUpdate(endpoint, _time.GetUtcNow()) == true) return;
            var engine = new PolledEngine(_open(endpoint), endpoint, known?.Report(), _gates, _options, _time);
            if (known is not null) Drop(known);
            _engines[endpoint.Key] = engine;
            engine.Slot = _wheel.Add(engine);
        }
    }

    /// <summary>Forgets an engine and stops a poll of it that is under way. False when it was not there.</summary>
    public bool Remove(string key)
    {
        lock (_lock)
        {
            if (!_engines.Remove(key, out var engine)) return false;
            Drop(engine);
            return true;
        }
    }

    /// <summary>What is known of one engine; null when it is not polled.</summary>
    public EngineReport? Find(string key)
    {
        lock (_lock) return _engines.TryGetValue(key, out var engine) ? engine.Report() : null;
    }

    /// <summary>What is known of every engine now.</summary>
    public IReadOnlyList<EngineReport> Reports()
    {
        lock (_lock) return [.. _engines.Values.Select(e => e.Report())];
    }

    /// <summary>Tells what the gateway beside an engine has counted: the best evidence of progress there is. Unknown engines are ignored.</summary>
    public void ObserveGateway(string key, GatewayProgress progress)
    {
        lock (_lock)
            if (_engines.TryGetValue(key, out var engine)) engine.Gateway = progress;
    }

    /// <summary>Polls until <paramref name="cancellation"/>, then waits for the polls under way to stop. Run it once.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var start = _time.GetTimestamp();
        var due = new List<PolledEngine>();
        using var timer = new PeriodicTimer(_tick, _time);
        try
        {
            while (true)
            {
                var position = (long)(_time.GetElapsedTime(start) / _tick);
                lock (_lock) _wheel.TurnTo(position, due);
                foreach (var engine in due)
                {
                    if (engine.TryStart(Poll)) PollsStarted++;
                    else PollsSkipped++;
                }

                due.Clear();
                Position = position;
                await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await StopAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Stops everything and closes the engines.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _gates.Dispose();
    }

    private async Task Poll(PolledEngine engine)
    {
        try
        {
            if (await engine.PollAsync().ConfigureAwait(false)) Changed?.Invoke(engine.Report());
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // One engine, or one handler, must not end the polling of the others.
            PollFailed(e, engine.Key);
        }
    }

    private void Drop(PolledEngine engine)
    {
        _wheel.Remove(engine.Slot, engine);
        var closing = engine.DisposeAsync().AsTask();
        if (closing.IsCompleted) return;
        _closing.RemoveWhere(t => t.IsCompleted);
        _closing.Add(closing);
    }

    private async Task StopAsync()
    {
        Task[] closing;
        lock (_lock)
        {
            _disposed = true;
            foreach (var engine in _engines.Values) Drop(engine);
            _engines.Clear();
            closing = [.. _closing];
        }

        await Task.WhenAll(closing).ConfigureAwait(false);
    }

    [LoggerMessage(1, LogLevel.Error, "Polling engine {Key} failed in this program, not in the engine.")]
    private partial void PollFailed(Exception exception, string key);
}
