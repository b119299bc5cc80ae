using System.Net;
using System.Net.Sockets;
using System.Text;
using Nemotron.Gateway.Calling;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Serving;

/// <summary>The gateway's own connections to the engine, against engines that write their answers byte by byte, close at bad moments or speak something else.</summary>
public sealed class EngineConnectionTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void A_body_in_chunks_is_the_same_however_it_is_cut()
    {
        var raw = Encoding.ASCII.GetBytes("5\r\nhello\r\n1;name=value\r\n \r\n00b \r\nwide world!\r\n0\r\nTrailer: x\r\n\r\n");
        for (var cut = 1; cut <= raw.Length; cut++)
        {
            var framing = new BodyFraming();
            framing.InChunks();
            var (body, pending) = (new StringBuilder(), Array.Empty<byte>());
            foreach (var piece in raw.Chunk(cut))
            {
                pending = [.. pending, .. piece];
                var taken = framing.Take(pending, out var used);
                body.Append(Encoding.ASCII.GetString(pending, 0, taken));
                pending = pending[used..];
            }

            body.ToString().ShouldBe("hello wide world!");
            framing.HasEnded.ShouldBeTrue();
            pending.ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData("x\r\n")]
    [InlineData("\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("fffffffffffffffff\r\n")]
    [InlineData("1\r\nabc\r\n")]
    public void What_is_no_body_in_chunks_is_refused(string raw)
    {
        var framing = new BodyFraming();
        framing.InChunks();
        Should.Throw<HttpRequestException>(() => framing.Take(Encoding.ASCII.GetBytes(raw), out _));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", HttpStatusCode.OK)]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", HttpStatusCode.OK)]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{}", HttpStatusCode.OK)]
    [InlineData("HTTP/1.1 429 Slow\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", HttpStatusCode.TooManyRequests)]
    [InlineData("SSH-2.0-OpenSSH_9.9\r\n\r\n", HttpStatusCode.BadGateway)]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\n", HttpStatusCode.BadGateway)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", HttpStatusCode.BadGateway)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", HttpStatusCode.BadGateway)]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", HttpStatusCode.BadGateway)]
    [InlineData("HTTP/1.1 2", HttpStatusCode.BadGateway)]
    public async Task Answers_are_understood_byte_by_byte_and_what_is_none_is_told(string answer, HttpStatusCode expected)
    {
        await using var engine = RawEngine.Start(async stream =>
        {
            foreach (var one in Encoding.ASCII.GetBytes(answer)) await stream.WriteAsync(new[] { one }, Cancelled);
        });
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, ReasoningMode.On, engine.Address));
        using var told = await gateway.ChatAsync("");
        told.StatusCode.ShouldBe(expected);
        var text = await told.Content.ReadAsStringAsync(Cancelled);
        if (expected == HttpStatusCode.BadGateway) text.ShouldContain("\"code\":\"engine_broken\"");
        else text.ShouldBe("{}");
    }

    [Fact]
    public async Task A_request_that_meets_a_connection_that_is_being_closed_is_sent_again_once()
    {
        var requests = 0;
        await using var engine = RawEngine.Start(async stream =>
        {
            // The first connection answers once, and closes when the second request has come.
            var first = Interlocked.Increment(ref requests) == 1;
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray(), Cancelled);
            if (first && await RawEngine.ReadRequestAsync(stream)) Interlocked.Increment(ref requests);
        });
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, ReasoningMode.On, engine.Address));
        for (var i = 0; i < 2; i++)
        {
            using var answer = await gateway.ChatAsync("");
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldBe("{}");
        }

        requests.ShouldBe(3);
    }

    /// <summary>A listener that reads a request from each connection, does what it is told, and closes. Health checks are answered apart.</summary>
    private sealed class RawEngine : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _loop;

        private RawEngine(Func<NetworkStream, Task> answer)
        {
            _listener.Start();
            _loop = AcceptAsync(answer);
        }

        public string Address => $"http://{_listener.LocalEndpoint}";

        public static RawEngine Start(Func<NetworkStream, Task> answer) => new(answer);

        /// <summary>Reads a request of the gateway's; false for a health check and at the end.</summary>
        public static async Task<bool> ReadRequestAsync(NetworkStream stream)
        {
            var (text, buffer) = ("", new byte[65536]);
            while (true)
            {
                var read = await stream.ReadAsync(buffer, Cancelled);
                if (read == 0) return false;
                text += Encoding.UTF8.GetString(buffer, 0, read);
                if (text.StartsWith("GET ", StringComparison.Ordinal) && text.Contains("\r\n\r\n", StringComparison.Ordinal)) return false;
                if (text.EndsWith('}')) return true;
            }
        }

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _loop;
        }

        private async Task AcceptAsync(Func<NetworkStream, Task> answer)
        {
            try
            {
                while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync(Cancelled), answer);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // The stop.
            }
        }

        private static async Task ServeAsync(TcpClient client, Func<NetworkStream, Task> answer)
        {
            using (client)
            {
                try
                {
                    var stream = client.GetStream();
                    if (await ReadRequestAsync(stream)) await answer(stream);
                }
                catch (Exception error) when (error is IOException or OperationCanceledException)
                {
                    // The gateway has had enough.
                }
            }
        }
    }
}
