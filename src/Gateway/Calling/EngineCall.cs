using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;

namespace Nemotron.Gateway.Calling;

/// <summary>Sends requests to the engine over HTTP/1.1 and reads the heads of its answers.</summary>
/// <param name="pool">The connections.</param>
/// <param name="clock">Measures how long an attempt took.</param>
internal sealed class EngineCall(EnginePool pool, TimeProvider clock)
{
    // As the framework's own client bounds them.
    private const int LongestHeads = 65536;

    // An idle connection that the engine was about to close ends within a moment of the request; one that ends later had begun to work on it.
    private static readonly TimeSpan StaleWithin = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Sends a request; ends when the answer's head is there. A connection that had been idle and ends at once, before the first byte of an answer, was closed
    /// by the engine while the request was on its way: then it is sent once more, on a new one.
    /// </summary>
    /// <param name="upstream">The engine.</param>
    /// <param name="request">The request.</param>
    /// <param name="connectTimeout">How long a connection may take to be made.</param>
    /// <param name="cancellationToken">Cuts the call, and with it the engine's work, at any time until the answer is disposed.</param>
    /// <exception cref="HttpRequestException">The engine is not there, broke off, or answers in something else than HTTP/1.</exception>
    /// <exception cref="OperationCanceledException">The call was cut.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<EngineAnswer> SendAsync(Uri upstream, RequestHead request, TimeSpan connectTimeout, CancellationToken cancellationToken)
    {
        if (pool.Take(upstream) is { } idle && await TryAsync(idle, request, cancellationToken) is { } answer) return answer;
        var made = await ConnectAsync(upstream, connectTimeout, cancellationToken);
        return (await TryAsync(made, request, cancellationToken))!;
    }

    /// <summary>The connection failed, by whoever's doing.</summary>
    internal static bool IsBroken(Exception error) => error is IOException or SocketException or ObjectDisposedException;

    /// <summary>What a failed connection means to the one who called.</summary>
    internal static Exception Failure(Exception error, CancellationToken cancelled) =>
        cancelled.IsCancellationRequested ? new OperationCanceledException(null, error, cancelled) : new HttpRequestException(HttpRequestError.ResponseEnded, "The engine broke off its answer.", error);

    // Null where the connection was stale.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<EngineAnswer?> TryAsync(EngineConnection connection, RequestHead request, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        var cut = cancellationToken.UnsafeRegister(static connection => ((EngineConnection)connection!).Close(), connection);
        var heard = false;
        try
        {
            await connection.SendAsync(request.First);
            if (!request.Rest.IsEmpty) await connection.SendAsync(request.Rest);
            for (var heads = 0; ;)
            {
                var length = connection.Head.Read(connection.Unused);
                heads += length;
                if (length == 0)
                {
                    if (heads + connection.Unused.Length > LongestHeads) throw new HttpRequestException(HttpRequestError.ConfigurationLimitExceeded, "The head of the engine's answer is too large.");
                    if (await connection.FillAsync() == 0) throw new IOException("The engine closed the connection.");
                    heard = true;
                    continue;
                }

                connection.Use(length);
                // Not asked for, so nothing that this side could go over to.
                if (connection.Head.Status == StatusCodes.Status101SwitchingProtocols) throw new HttpRequestException(HttpRequestError.InvalidResponse, "The engine changed its protocol unasked.");
                if (connection.Head.Status >= 200) break;
            }

            connection.Head.Frame(connection.Body);
            return new HttpAnswer(connection, pool, cut, cancellationToken);
        }
        catch (Exception error)
        {
            await cut.DisposeAsync();
            connection.Dispose();
            if (!IsBroken(error)) throw;
            if (connection.IsReused && !heard && !cancellationToken.IsCancellationRequested && clock.GetElapsedTime(began) < StaleWithin) return null;
            throw Failure(error, cancellationToken);
        }
    }

    private async Task<EngineConnection> ConnectAsync(Uri upstream, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await EngineConnection.OpenAsync(upstream, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, "The engine did not take a connection in time.");
        }
        catch (Exception error) when (IsBroken(error) || error is AuthenticationException)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, $"The engine takes no connection: {error.Message}", error);
        }
    }
}
