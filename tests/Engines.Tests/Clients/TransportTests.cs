using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Nemotron.Engines.Clients;
using Nemotron.Engines.Clients.Transport;
using Nemotron.Engines.Health;

namespace Nemotron.Engines.Tests.Clients;

/// <summary>What the network does to a call, and how many connections calls take.</summary>
public sealed class TransportTests : EngineClientsTest
{
    public static TheoryData<EngineProtocol> Grpc => [EngineProtocol.Triton, EngineProtocol.TrtLlmGrpc, EngineProtocol.OpenEngine];

    public static TheoryData<EngineProtocol> Every => [.. Enum.GetValues<EngineProtocol>()];

    [Theory]
    [MemberData(nameof(Every))]
    public async Task A_closed_port_is_refused(EngineProtocol protocol)
    {
        var engine = Open(On(protocol, ClosedPort.Find()));
        (await engine.AskHealthAsync(Stop)).ShouldBe(new HealthAnswer.Refused());
        (await engine.ProbeAsync(Stop)).Outcome.ShouldBe(ProbeOutcome.Failed);
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task A_server_that_is_silent_is_no_reply_within_the_deadline(EngineProtocol protocol)
    {
        using var silent = new RawServer(async (stream, stop) => await stream.ReadAtLeastAsync(new byte[1 << 20], 1 << 20, false, stop));
        using var clients = new EngineClients(TimeProvider.System, new EngineTimeouts { Health = TimeSpan.FromSeconds(0.3), Query = TimeSpan.FromSeconds(0.3), Probe = TimeSpan.FromSeconds(0.3) });
        var engine = Open(On(protocol, silent.Port), clients);
        (await engine.AskHealthAsync(Stop)).ShouldBe(new HealthAnswer.NoReply("nothing came within 0.3 s"));
        (await engine.ProbeAsync(Stop)).Outcome.ShouldBeOneOf(ProbeOutcome.TimedOut, ProbeOutcome.Failed);
        if (protocol != EngineProtocol.TrtLlmGrpc) (await Should.ThrowAsync<EngineCallException>(() => engine.ModelsAsync(Stop))).Answer.ShouldBeOfType<HealthAnswer.NoReply>();
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task A_connection_that_breaks_is_no_reply(EngineProtocol protocol)
    {
        using var rude = new RawServer((_, _) => Task.CompletedTask);
        (await Open(On(protocol, rude.Port)).AskHealthAsync(Stop)).ShouldBeOfType<HealthAnswer.NoReply>();
    }

    [Theory]
    [MemberData(nameof(Grpc))]
    public async Task A_server_that_speaks_something_else_is_a_fault_and_no_crash(EngineProtocol protocol)
    {
        using var web = new RawServer(async (stream, stop) => await stream.WriteAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), stop));
        var answer = await Open(On(protocol, web.Port)).AskHealthAsync(Stop);
        StateOf(answer).ShouldBeOneOf(EngineState.Unreachable, EngineState.Unknown);
    }

    [Theory]
    [MemberData(nameof(Grpc))]
    public async Task A_gRPC_server_without_the_service_is_the_wrong_protocol(EngineProtocol protocol)
    {
        var server = await Serve(TestServer.StartAsync(_ => { }));
        StateOf(await Open(On(protocol, server.GrpcPort)).AskHealthAsync(Stop)).ShouldBe(EngineState.Unknown);
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task The_callers_cancellation_is_the_callers(EngineProtocol protocol)
    {
        using var silent = new RawServer(async (stream, stop) => await stream.ReadAtLeastAsync(new byte[1 << 20], 1 << 20, false, stop));
        var engine = Open(On(protocol, silent.Port));
        using var cancel = new CancellationTokenSource();
        var asking = engine.AskHealthAsync(cancel.Token);
        var probing = engine.ProbeAsync(cancel.Token);
        await silent.Connected.WaitAsync(Stop);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => asking);
        await Should.ThrowAsync<OperationCanceledException>(() => probing);
    }

    public static TheoryData<Exception, string> TransportFaults => new()
    {
        { new HttpRequestException(HttpRequestError.NameResolutionError, "Name or service not known", new SocketException((int)SocketError.HostNotFound)), "NoConnection" },
        { new HttpRequestException(HttpRequestError.ConnectionError, "x", new SocketException((int)SocketError.HostUnreachable)), "NoConnection" },
        { new HttpRequestException(HttpRequestError.ConnectionError, "x", new SocketException((int)SocketError.TimedOut)), "NoConnection" },
        { new HttpRequestException(HttpRequestError.ConnectionError, "x", new SocketException((int)SocketError.ConnectionRefused)), "Refused" },
        { new HttpRequestException(HttpRequestError.ResponseEnded, "x", new IOException("y", new SocketException((int)SocketError.ConnectionReset))), "NoReply" },
        { new HttpRequestException(HttpRequestError.ResponseEnded, "The response ended prematurely."), "NoReply" },
        { new HttpRequestException(HttpRequestError.SecureConnectionError, "x", new System.Security.Authentication.AuthenticationException("bad")), "TlsFailed" },
        { new OperationCanceledException("the connect timeout", new TimeoutException()), "NoConnection" },
    };

    [Theory]
    [MemberData(nameof(TransportFaults))]
    public void What_the_transport_throws_is_read(Exception fault, string answer)
    {
        using var deadline = new Deadline(TimeSpan.FromMinutes(1), TimeProvider.System, Stop);
        Faults.Read(fault, deadline).GetType().Name.ShouldBe(answer);
    }

    [Fact]
    public void A_fault_of_this_program_does_not_pass_for_one_of_the_engine() =>
        Faults.IsOne(new KeyNotFoundException()).ShouldBeFalse();

    [Fact]
    public void No_pings_are_sent_that_Triton_would_answer_with_GOAWAY()
    {
        using var sockets = new SharedSockets(EngineTimeouts.Default);
        sockets.For(null).KeepAlivePingDelay.ShouldBe(Timeout.InfiniteTimeSpan);
        sockets.For(new TlsSettings()).KeepAlivePingDelay.ShouldBe(Timeout.InfiniteTimeSpan);
    }

    [Fact]
    public async Task Many_polls_take_one_connection()
    {
        var connections = new ConcurrentDictionary<string, bool>();
        var server = await Serve(TestServer.StartAsync(app =>
        {
            app.Use((context, next) =>
            {
                connections.TryAdd(context.Connection.Id, true);
                return next(context);
            });
            app.MapGrpcService<FakeTriton>();
            app.MapGet("/health", () => Results.Ok());
        }, services => services.AddSingleton(new FakeTriton())));
        var grpc = Open(Endpoint(EngineProtocol.Triton, grpc: server.GrpcPort, model: "tensorrt_llm"));
        for (var i = 0; i < 20; i++) await grpc.AskHealthAsync(Stop);
        connections.Count.ShouldBe(1);

        connections.Clear();
        var http = Open(Endpoint(EngineProtocol.TrtLlmHttp, http: server.HttpPort));
        for (var i = 0; i < 20; i++) await http.AskHealthAsync(Stop);
        connections.Count.ShouldBe(1);
    }

    [Fact]
    public async Task However_many_calls_at_once_a_pod_gets_few_connections()
    {
        var connections = new ConcurrentDictionary<string, bool>();
        var all = new TaskCompletionSource();
        var waiting = 0;
        var server = await Serve(TestServer.StartAsync(app => app.MapGet("/health", async (HttpContext context) =>
        {
            connections.TryAdd(context.Connection.Id, true);
            if (Interlocked.Increment(ref waiting) == 4) all.TrySetResult();
            await all.Task;
            return Results.Ok();
        })));
        var engine = Open(Endpoint(EngineProtocol.TrtLlmHttp, http: server.HttpPort));
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => engine.AskHealthAsync(Stop)));
        answers.ShouldAllBe(a => a is HealthAnswer.Http && ((HealthAnswer.Http)a).Status == 200);
        connections.Count.ShouldBe(4);
    }

    [Fact]
    public async Task An_engine_that_comes_back_on_the_same_address_is_found_again()
    {
        var first = await Serve(Triton());
        var engine = Open(Endpoint(EngineProtocol.Triton, grpc: first.GrpcPort, model: "tensorrt_llm"));
        (await engine.AskHealthAsync(Stop)).ShouldBe(HealthAnswer.Triton.AllReady);
        await first.DisposeAsync();
        StateOf(await engine.AskHealthAsync(Stop)).ShouldBeOneOf(EngineState.Dead, EngineState.Unreachable);
        (await engine.AskHealthAsync(Stop)).ShouldBe(new HealthAnswer.Refused());

        await Serve(Triton(first.GrpcPort));
        (await engine.AskHealthAsync(Stop)).ShouldBe(HealthAnswer.Triton.AllReady);
    }

    [Fact]
    public async Task TLS_with_an_authority_from_memory_and_the_certificates_own_name()
    {
        using var authority = TestCertificates.Authority();
        using var certificate = TestCertificates.Issue(authority, "engine.fleet.svc");
        var server = await Serve(TestServer.StartAsync(app =>
        {
            app.MapGrpcService<FakeTriton>();
            app.MapGet("/health", () => Results.Ok());
        }, services => services.AddSingleton(new FakeTriton()), certificate));
        var tls = TlsSettings.FromPem(authority.ExportCertificatePem(), "engine.fleet.svc");
        (await Over(tls, grpc: true)).ShouldBe(HealthAnswer.Triton.AllReady);
        (await Over(tls, grpc: false)).ShouldBe(new HealthAnswer.Http(200, ""));

        // A name that the certificate lacks, and an authority that did not sign it.
        (await Over(TlsSettings.FromPem(authority.ExportCertificatePem()), grpc: true)).ShouldBeOfType<HealthAnswer.TlsFailed>();
        (await Over(TlsSettings.FromPem(authority.ExportCertificatePem(), "other.svc"), grpc: false)).ShouldBeOfType<HealthAnswer.TlsFailed>();
        using var stranger = TestCertificates.Authority();
        (await Over(TlsSettings.FromPem(stranger.ExportCertificatePem(), "engine.fleet.svc"), grpc: true)).ShouldBeOfType<HealthAnswer.TlsFailed>();
        (await Over(new TlsSettings("engine.fleet.svc"), grpc: false)).ShouldBeOfType<HealthAnswer.TlsFailed>();

        Task<HealthAnswer> Over(TlsSettings settings, bool grpc) => Open(grpc
            ? Endpoint(EngineProtocol.Triton, grpc: server.GrpcPort, model: "tensorrt_llm") with { Tls = settings }
            : Endpoint(EngineProtocol.TrtLlmHttp, http: server.HttpPort) with { Tls = settings }).AskHealthAsync(Stop);
    }

    [Fact]
    public void An_authority_that_is_none_is_refused() =>
        Should.Throw<CryptographicException>(() => TlsSettings.FromPem("not a certificate")).Message.ShouldContain("BEGIN CERTIFICATE");

    [Fact]
    public void A_change_of_pod_facts_needs_no_new_client_and_a_change_of_secrets_does()
    {
        var endpoint = Endpoint(EngineProtocol.Vllm, http: 80) with { Headers = new Dictionary<string, string> { ["a"] = "1" } };
        endpoint.SameConnection(endpoint with { Pod = new PodFacts { Terminating = true }, Incarnation = "2", Headers = new Dictionary<string, string> { ["a"] = "1" } }).ShouldBeTrue();
        endpoint.SameConnection(endpoint with { Headers = new Dictionary<string, string> { ["a"] = "2" } }).ShouldBeFalse();
        endpoint.SameConnection(endpoint with { HttpPort = 81 }).ShouldBeFalse();
    }

    private static Task<TestServer> Triton(int port = 0) =>
        TestServer.StartAsync(app => app.MapGrpcService<FakeTriton>(), services => services.AddSingleton(new FakeTriton()), grpcPort: port);

    private static EngineEndpoint On(EngineProtocol protocol, int port) =>
        protocol is EngineProtocol.TrtLlmHttp or EngineProtocol.Vllm or EngineProtocol.Nim ? Endpoint(protocol, http: port, model: "m") : Endpoint(protocol, grpc: port, model: "m");

    /// <summary>Bytes over TCP, done with as the test likes; then the connection is closed.</summary>
    private sealed class RawServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stop = new();
        private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Task _accepting;

        public RawServer(Func<NetworkStream, CancellationToken, Task> serve)
        {
            _listener.Start();
            _accepting = AcceptAsync(serve);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public Task Connected => _connected.Task;

        private async Task AcceptAsync(Func<NetworkStream, CancellationToken, Task> serve)
        {
            try
            {
                while (true)
                {
                    var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                    _connected.TrySetResult();
                    _ = ServeAsync(client, serve);
                }
            }
            catch (OperationCanceledException) { }
        }

        private async Task ServeAsync(TcpClient client, Func<NetworkStream, CancellationToken, Task> serve)
        {
            using (client)
            {
                try
                {
                    await serve(client.GetStream(), _stop.Token);
                }
                catch (Exception e) when (e is OperationCanceledException or IOException) { }
            }
        }

        public void Dispose()
        {
            _stop.Cancel();
            _accepting.GetAwaiter().GetResult();
            _listener.Dispose();
            _stop.Dispose();
        }
    }
}
