using System.Runtime.CompilerServices;

namespace Nemotron.Gateway.Calling;

/// <summary>An answer over HTTP/1.1. Its end, or its disposal, gives the connection back or closes it.</summary>
internal sealed class HttpAnswer : EngineAnswer
{
    private readonly EngineConnection _connection;
    private readonly EnginePool _pool;
    private readonly CancellationTokenRegistration _cut;
    private readonly CancellationToken _cancelled;
    private bool _isDisposed;

    internal HttpAnswer(EngineConnection connection, EnginePool pool, CancellationTokenRegistration cut, CancellationToken cancelled)
    {
        _connection = connection;
        _pool = pool;
        _cut = cut;
        _cancelled = cancelled;
    }

    /// <inheritdoc/>
    public override AnswerHead Head => _connection.Head;

    /// <inheritdoc/>
    public override bool HasBegun => !_connection.Unused.IsEmpty;

    /// <inheritdoc/>
    public override bool HasEnded => _connection.Body.HasEnded;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync()
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
    public override void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        // Waits for a cut that is under way, so that none hits the connection's next user.
        _cut.Dispose();
        if (_connection is { IsClosed: false, Head.KeepsConnection: true, Body.HasEnded: true, Unused.IsEmpty: true }) _pool.Put(_connection);
        else _connection.Dispose();
    }
}
