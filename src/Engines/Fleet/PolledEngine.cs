using Nemotron.Engines.Clients;
using Nemotron.Engines.Health;
using Nemotron.Engines.Health.Progress;
using Nemotron.Engines.Metrics;

namespace Nemotron.Engines.Fleet;

/// <summary>One engine of the fleet: its client, what it said last, and the one poll that may be under way.</summary>
internal sealed class PolledEngine : IAsyncDisposable
{
    // An engine that has just become ready may not answer everything at once.
    private static readonly TimeSpan InfoRetry = TimeSpan.FromMinutes(1);

    private static readonly Task<TokenProbe?> NoProbe = Task.FromResult<TokenProbe?>(null);

    private readonly IEngine _engine;
    private readonly PollGates _gates;
    private readonly FleetOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _lock = new();
    private Task _poll = Task.CompletedTask;
    private Task<TokenProbe?> _probe = NoProbe;
    private string _probed = "";
    private bool _isClosed;

    private EngineEndpoint _endpoint;
    private EngineHealth _health;
    private ProgressState _progress;
    private DateTimeOffset? _polledAt;
    private bool _heard;
    private IReadOnlyList<EngineModel>? _models;
    private EngineInfo? _info;
    private DateTimeOffset _infoDue;
    private string? _infoFailure;
    private EngineSignals? _load;
    private DateTimeOffset? _loadAt;
    private string? _loadFailure;

    /// <param name="engine">Its client; disposed here.</param>
    /// <param name="endpoint">Where it is.</param>
    /// <param name="before">What was known under the same key; null for a new one. The same engine behind other secrets keeps its history.</param>
    /// <param name="gates">How much may be under way.</param>
    /// <param name="options">How to poll.</param>
    /// <param name="time">The clock.</param>
    public PolledEngine(IEngine engine, EngineEndpoint endpoint, EngineReport? before, PollGates gates, FleetOptions options, TimeProvider time)
    {
        _engine = engine;
        _endpoint = endpoint;
        _gates = gates;
        _options = options;
        _time = time;
        var same = before is not null && before.Endpoint.Incarnation == endpoint.Incarnation && before.Endpoint.Host == endpoint.Host;
        _health = same ? before!.Health : EngineHealth.NotAsked(time.GetUtcNow(), endpoint.Pod.StartupPassed);
        _progress = same ? before!.Progress : ProgressState.Start(time.GetUtcNow());
        _heard = same && before!.Heard;
    }

    public string Key => _endpoint.Key;

    /// <summary>Its place on the wheel.</summary>
    public int Slot { get; set; }

    /// <summary>The poll that was started last.</summary>
    public Task LastPoll
    {
        get { lock (_lock) return _poll; }
    }

    /// <summary>What the gateway counted last.</summary>
    public GatewayProgress? Gateway { get; set; }

    /// <summary>Takes what is new of the same engine. False when it needs another client.</summary>
    public bool TryUpdate(EngineEndpoint endpoint, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (!_endpoint.SameConnection(endpoint)) return false;
            if (_endpoint.Incarnation != endpoint.Incarnation) Forget(endpoint, now);
            _endpoint = endpoint;
            return true;
        }
    }

    /// <summary>Starts a poll. False when one is still under way.</summary>
    public bool TryStart(Func<PolledEngine, Task> poll)
    {
        lock (_lock)
        {
            if (_isClosed) return true;
            if (!_poll.IsCompleted) return false;
            _poll = Task.Run(() => poll(this));
            return true;
        }
    }

    /// <summary>One poll. True when health changed in state or reason, or progress in verdict.</summary>
    public async Task<bool> PollAsync()
    {
        var closed = _closed.Token;
        await _gates.Polls.WaitAsync(closed).ConfigureAwait(false);
        try
        {
            EngineEndpoint asked;
            lock (_lock) asked = _endpoint;
            var answer = await _engine.AskHealthAsync(closed).ConfigureAwait(false);
            var now = _time.GetUtcNow();
            EngineHealth before, after;
            lock (_lock)
            {
                // The container started anew while it was asked: whose answer this is cannot be told.
                if (_endpoint.Incarnation != asked.Incarnation) return false;
                before = _health;
                _health = after = HealthRules.Next(before, answer, _endpoint.Model, _endpoint.Pod, now);
                _polledAt = now;
                _heard |= answer is not (HealthAnswer.Refused or HealthAnswer.NoConnection or HealthAnswer.NoReply or HealthAnswer.TlsFailed);
            }

            if (after.State is EngineState.Ready or EngineState.Degraded) await QueryAsync(asked, now, becameReady: before.State != after.State, closed).ConfigureAwait(false);
            var progressed = Judge(closed);
            return before.State != after.State || before.Reason != after.Reason || progressed;
        }
        finally
        {
            _gates.Polls.Release();
        }
    }

    public EngineReport Report()
    {
        lock (_lock)
        {
            return new EngineReport
            {
                Endpoint = _endpoint,
                Health = _health,
                Progress = _progress,
                PolledAt = _polledAt,
                Heard = _heard,
                Models = _models,
                Info = _info,
                Load = _load,
                LoadedAt = _loadAt,
                QueryFailure = _infoFailure ?? _loadFailure,
            };
        }
    }

    /// <summary>Stops what is under way, then closes the client.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_isClosed) return;
            _isClosed = true;
        }

        await _closed.CancelAsync().ConfigureAwait(false);
        await _poll.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ((Task)_probe).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _engine.Dispose();
        _closed.Dispose();
    }

    /// <summary>Models, version and load where they are due. What was known stays, with its age, when they cannot be read.</summary>
    private async Task QueryAsync(EngineEndpoint asked, DateTimeOffset now, bool becameReady, CancellationToken closed)
    {
        if (becameReady || now >= _infoDue)
        {
            var failure = await TryAsync(async () =>
            {
                var info = await _engine.InfoAsync(closed).ConfigureAwait(false);
                var models = await _engine.ModelsAsync(closed).ConfigureAwait(false);
                Keep(asked, () => (_info, _models) = (info, models));
            }).ConfigureAwait(false);
            Keep(asked, () => (_infoFailure, _infoDue) = (failure, now + (failure is null ? _options.InfoInterval : InfoRetry)));
        }

        if (_options.LoadInterval is { } every && (_loadAt is null || now - _loadAt >= every - (_options.PollInterval / 2)))
        {
            var failure = await TryAsync(async () =>
            {
                var load = await _engine.LoadAsync(closed).ConfigureAwait(false);
                Keep(asked, () => (_load, _loadAt) = (load, now));
            }).ConfigureAwait(false);
            Keep(asked, () => _loadFailure = failure);
        }
    }

    private static async Task<string?> TryAsync(Func<Task> query)
    {
        try
        {
            await query().ConfigureAwait(false);
            return null;
        }
        catch (EngineCallException e)
        {
            return e.Message;
        }
    }

    /// <summary>Keeps what an incarnation answered, unless it has been followed by another while it was asked.</summary>
    private void Keep(EngineEndpoint asked, Action keep)
    {
        lock (_lock)
            if (_endpoint.Incarnation == asked.Incarnation) keep();
    }

    private bool Judge(CancellationToken closed)
    {
        bool wanted, changed;
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            var probe = EndedProbe();
            // Old numbers stand still by themselves.
            var load = _options.LoadInterval is { } every && now - _loadAt < (every + _options.PollInterval) * 2 ? _load : null;
            var before = _progress;
            _progress = ProgressDetector.Next(before, new ProgressSample { At = now, Health = _health, Gateway = Gateway, Load = load, Probe = probe }, _options.Progress);
            wanted = _progress.ProbeWanted;
            changed = before.Verdict != _progress.Verdict;
        }

        // Beside the polls, which go on: a hung engine's probe takes its whole deadline.
        if (wanted && _probe.IsCompleted) (_probe, _probed) = (ProbeAsync(closed), _endpoint.Incarnation);
        return changed;
    }

    private TokenProbe? EndedProbe()
    {
        if (!_probe.IsCompleted) return null;
        var ended = _probe;
        _probe = NoProbe;
        var result = ended.GetAwaiter().GetResult();
        return _probed == _endpoint.Incarnation ? result : null;
    }

    private async Task<TokenProbe?> ProbeAsync(CancellationToken closed)
    {
        // A later poll asks again when all places are taken.
        if (!await _gates.Probes.WaitAsync(TimeSpan.Zero, closed).ConfigureAwait(false)) return null;
        try
        {
            return await _engine.ProbeAsync(closed).ConfigureAwait(false);
        }
        finally
        {
            _gates.Probes.Release();
        }
    }

    private void Forget(EngineEndpoint endpoint, DateTimeOffset now)
    {
        _health = EngineHealth.NotAsked(now, endpoint.Pod.StartupPassed);
        _progress = ProgressState.Start(now);
        (_polledAt, _heard) = (null, false);
        (_models, _info, _infoDue, _infoFailure) = (null, null, default, null);
        (_load, _loadAt, _loadFailure) = (null, null, null);
        Gateway = null;
    }
}
