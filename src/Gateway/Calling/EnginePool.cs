namespace Nemotron.Gateway.Calling;

/// <summary>The connections to the engine that are idle, the last used on top.</summary>
internal sealed class EnginePool : IDisposable
{
    // Shorter than the 5 s after which trtllm-serve and vLLM close idle connections, so that hardly a request meets a closing one.
    private static readonly TimeSpan LongestIdle = TimeSpan.FromSeconds(4);

    private readonly Lock _lock = new();
    private readonly List<EngineConnection> _idle = [];
    private readonly TimeProvider _clock;
    private readonly ITimer _sweep;
    private bool _isDisposed;

    /// <summary>Makes it, empty.</summary>
    public EnginePool(TimeProvider clock)
    {
        _clock = clock;
        _sweep = clock.CreateTimer(static pool => ((EnginePool)pool!).Sweep(), this, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _idle.Count;
        }
    }

    /// <summary>Takes one out.</summary>
    /// <param name="upstream">Where it has to lead.</param>
    /// <returns>A connection that was open a moment ago; null where there is none.</returns>
    public EngineConnection? Take(Uri upstream)
    {
        while (Pop() is { } connection)
        {
            if (connection.Upstream.Equals(upstream) && _clock.GetElapsedTime(connection.IdleSince) < LongestIdle && !connection.IsStale()) return connection;
            connection.Dispose();
        }

        return null;
    }

    /// <summary>Puts one away.</summary>
    public void Put(EngineConnection connection)
    {
        connection.Rest();
        connection.IsReused = true;
        connection.IdleSince = _clock.GetTimestamp();
        lock (_lock)
        {
            if (!_isDisposed)
            {
                _idle.Add(connection);
                return;
            }
        }

        connection.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sweep.Dispose();
        EngineConnection[] all;
        lock (_lock)
        {
            _isDisposed = true;
            all = [.. _idle];
            _idle.Clear();
        }

        foreach (var connection in all) connection.Dispose();
    }

    private EngineConnection? Pop()
    {
        lock (_lock)
        {
            if (_idle.Count == 0) return null;
            var last = _idle[^1];
            _idle.RemoveAt(_idle.Count - 1);
            return last;
        }
    }

    private void Sweep()
    {
        EngineConnection[] old;
        lock (_lock)
        {
            // The longest idle lie at the bottom.
            var count = 0;
            while (count < _idle.Count && _clock.GetElapsedTime(_idle[count].IdleSince) >= LongestIdle) count++;
            if (count == 0) return;
            old = [.. _idle[..count]];
            _idle.RemoveRange(0, count);
        }

        foreach (var connection in old) connection.Dispose();
    }
}
