using System.Runtime.CompilerServices;

namespace Nemotron.Gateway.Calling;

/// <summary>An answer whose head has come. Its end, or its disposal, gives the connection back or closes it.</summary>
internal sealed class EngineAnswer : IDisposable
{
    private readonly EngineConnection _connection;
    private readonly EnginePool _pool;
    private readonly CancellationTokenRegistration _cut;
    private readonly CancellationToken _cancelled;
    private bool _isDisposed;

    internal EngineAnswer(EngineConnection connection, EnginePool pool, CancellationTokenRegistration cut, CancellationToken cancelled)
    {
        _connection = connection;
        _pool = pool;
        _cut = cut;
        _cancelled = cancelled;
    }

    /// <summary>Status and header fields, until the disposal.</summary>
    public AnswerHead Head => _connection.Head;

    /// <summary>Something of the body came with the head.</summary>
    public bool HasBegun => !_connection.Unused.IsEmpty;

    /// <summary>All of the body has been read.</summary>
    public bool HasEnded => _connection.Body.HasEnded;

    /// <summary>The next bytes of the body, as many as there are.</summary>
    /// <returns>Bytes that are good until the next read; none at the body's end.</returns>
    /// <exception cref="HttpRequestException">The engine broke off, or its body is badly framed.</exception>
    /// <exception cref="OperationCanceledException">The call was cut.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync()
    {
        while (true)
        {
            var taken = _connection.Body.Take(_connection.Unused, out var used);
            if (taken > 0) return _connection.Use(used)[..taken];
            _connection.Use(used);
            if (_connection.Body.HasEnded) return default;
            try
            {
                if (await _connection.FillAsync() > 0) continue;
            }
            catch (Exception error) when (EngineCall.IsBroken(error))
            {
                throw EngineCall.Failure(error, _cancelled);
            }

            if (_connection.Body.EndsWithConnection) return default;
            throw new HttpRequestException(HttpRequestError.ResponseEnded, "The engine broke off in the middle of its answer.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        // Waits for a cut that is under way, so that none hits the connection's next user.
        _cut.Dispose();
        if (_connection is { IsClosed: false, Head.KeepsConnection: true, Body.HasEnded: true, Unused.IsEmpty: true }) _pool.Put(_connection);
        else _connection.Dispose();
    }
}
