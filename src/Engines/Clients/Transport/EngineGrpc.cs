using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Nemotron.Engines.Health;

namespace Nemotron.Engines.Clients.Transport;

/// <summary>The one gRPC channel to an endpoint: deadlines on every call, and retries of those calls that may be repeated.</summary>
internal sealed class EngineGrpc : IDisposable
{
    private const int MaxMessageBytes = 4 * 1024 * 1024;

    // Reading twice does no harm. Health is not among them (the first answer is the answer), nor is anything that makes the engine work.
    private static readonly (string Service, string[] Methods)[] Repeatable =
    [
        ("inference.GRPCInferenceService", ["ServerMetadata", "ModelMetadata", "ModelConfig", "ModelStatistics", "RepositoryIndex"]),
        ("trtllm.TrtllmService", ["GetModelInfo", "GetServerInfo"]),
        ("openengine.v1.Control", ["GetServerInfo", "GetModelInfo", "GetLoad"]),
    ];

    private static readonly ServiceConfig Service = RetryConfig();

    private readonly GrpcChannel _channel;
    private readonly EngineTimeouts _timeouts;
    private readonly TimeProvider _time;
    private readonly string _address;

    public EngineGrpc(HttpMessageHandler handler, Uri address, EngineTimeouts timeouts, TimeProvider time)
    {
        _timeouts = timeouts;
        _time = time;
        _address = address.Authority;
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = false,
            ServiceConfig = Service,
            MaxReceiveMessageSize = MaxMessageBytes,
        });
        Invoker = _channel.CreateCallInvoker();
    }

    public CallInvoker Invoker { get; }

    /// <summary>A call within a health poll, whose deadline it shares. Faults come as they are.</summary>
    public static CallOptions Within(Deadline deadline) => new(deadline: deadline.At.UtcDateTime, cancellationToken: deadline.Token);

    /// <summary>One query with its own deadline.</summary>
    /// <exception cref="EngineCallException">The engine could not be asked, or refused.</exception>
    public async Task<T> QueryAsync<T>(string what, Func<CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellation)
    {
        using var deadline = new Deadline(_timeouts.Query, _time, cancellation);
        try
        {
            return await call(Within(deadline)).ConfigureAwait(false);
        }
        catch (Exception e) when (Faults.IsOne(e) && !deadline.IsCallers(e))
        {
            var answer = Faults.Read(e, deadline);
            throw new EngineCallException(answer, $"{what} of {_address} failed: {HealthReading.Of(answer, null).Message}", e);
        }
        catch (RpcException e)
        {
            throw new OperationCanceledException(e.Message, e, cancellation);
        }
    }

    public void Dispose() => _channel.Dispose();

    private static ServiceConfig RetryConfig()
    {
        // A server's grpc-retry-pushback-ms is honoured by the channel; the deadline bounds it all.
        var config = new MethodConfig
        {
            RetryPolicy = new RetryPolicy
            {
                MaxAttempts = 3,
                InitialBackoff = TimeSpan.FromMilliseconds(200),
                MaxBackoff = TimeSpan.FromSeconds(1),
                BackoffMultiplier = 2,
                RetryableStatusCodes = { StatusCode.Unavailable },
            },
        };
        foreach (var (service, methods) in Repeatable)
            foreach (var method in methods) config.Names.Add(new MethodName { Service = service, Method = method });
        return new ServiceConfig { MethodConfigs = { config } };
    }
}
