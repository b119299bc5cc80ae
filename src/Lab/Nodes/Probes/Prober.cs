using System.Net.Http.Headers;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Nemotron.Engines.Protos.Health;

namespace Nemotron.Lab.Nodes;

/// <summary>What a probe found.</summary>
/// <param name="Success">Whether it counts as a success.</param>
/// <param name="Message">Why not, in the words of a kubelet; for a hook, of what went wrong.</param>
internal sealed record ProbeAnswer(bool Success, string Message);

/// <summary>Asks processes how they are, over the network as a kubelet does: a new connection each time, no redirects followed to elsewhere.</summary>
/// <param name="time">The Lab's clock, which timeouts follow.</param>
internal sealed class Prober(TimeProvider time) : IDisposable
{
    // The Lab's clock may run hundreds of times faster than this machine answers.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly HttpClient http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero, UseProxy = false, AllowAutoRedirect = false, UseCookies = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Carries a probe out.</summary>
    /// <param name="action">What to do.</param>
    /// <param name="process">The container's process.</param>
    /// <param name="timeout">After which silence is a failure, in the Lab's time; never less than a second of the machine's.</param>
    /// <param name="cancel">Gives up, with <see cref="OperationCanceledException"/>.</param>
    public async Task<ProbeAnswer> AskAsync(ProbeAction action, IContainerProcess process, TimeSpan timeout, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var running = AnswerAsync(action, process, timeout, limit.Token);
        var late = Task.WhenAll(Task.Delay(timeout, time, limit.Token), Task.Delay(timeout < Patience ? timeout : Patience, TimeProvider.System, limit.Token));
        var first = await Task.WhenAny(running, late);
        await limit.CancelAsync();
        cancel.ThrowIfCancellationRequested();
        if (first != running) Forget(running);
        return first == running ? await running : new(false, Late(action, process, timeout));
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private async Task<ProbeAnswer> AnswerAsync(ProbeAction action, IContainerProcess process, TimeSpan timeout, CancellationToken cancel)
    {
        switch (action)
        {
            // From the kubelet's side that is the node itself, on which nothing listens; this machine's own localhost is not ours to ask.
            case ProbeAction.Http { Host: "localhost" or "127.0.0.1" } or ProbeAction.Tcp { Host: "localhost" or "127.0.0.1" }:
                return new(false, "dial tcp 127.0.0.1: connect: connection refused");
            case ProbeAction.Http get: return await GetAsync(get, process, cancel);
            case ProbeAction.Tcp tcp: return await ConnectAsync(tcp, process, cancel);
            case ProbeAction.Grpc grpc: return await CheckAsync(grpc, process, timeout, cancel);
            case ProbeAction.Exec exec:
                var result = await process.ExecAsync(exec.Command, cancel);
                return new(result.Code == 0, result.Output.Trim());
            default: return new(false, ((ProbeAction.Impossible)action).Why);
        }
    }

    private async Task<ProbeAnswer> GetAsync(ProbeAction.Http get, IContainerProcess process, CancellationToken cancel)
    {
        var url = Url(get, process);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("kube-probe", "1.36"));
            request.Headers.Accept.ParseAdd("*/*");
            request.Headers.ConnectionClose = true;
            foreach (var (name, value) in get.Headers) request.Headers.TryAddWithoutValidation(name, value);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            var status = (int)response.StatusCode;
            return new(status is >= 200 and < 400, $"HTTP probe failed with statuscode: {status}");
        }
        catch (HttpRequestException fault)
        {
            return new(false, $"Get \"{url}\": {Dialled(fault.InnerException as SocketException, url.Authority)}");
        }
    }

    private static async Task<ProbeAnswer> ConnectAsync(ProbeAction.Tcp tcp, IContainerProcess process, CancellationToken cancel)
    {
        var address = Address(tcp.Host, process);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address, tcp.Port, cancel);
            return new(true, "");
        }
        catch (SocketException fault)
        {
            return new(false, Dialled(fault, $"{address}:{tcp.Port}"));
        }
    }

    private static async Task<ProbeAnswer> CheckAsync(ProbeAction.Grpc grpc, IContainerProcess process, TimeSpan timeout, CancellationToken cancel)
    {
        var address = $"{Address(null, process)}:{grpc.Port}";
        using var channel = GrpcChannel.ForAddress($"http://{address}", new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { UseProxy = false }, DisposeHttpClient = true });
        try
        {
            var answer = await new Health.HealthClient(channel).CheckAsync(new() { Service = grpc.Service }, cancellationToken: cancel);
            return new(
                answer.Status == HealthCheckResponse.Types.ServingStatus.Serving,
                $"service unhealthy (responded with \"{(answer.Status == HealthCheckResponse.Types.ServingStatus.NotServing ? "NOT_SERVING" : "UNKNOWN")}\")");
        }
        catch (RpcException fault)
        {
            return new(false, fault.StatusCode switch
            {
                StatusCode.Unimplemented => $"error: this server does not implement the grpc health protocol (grpc.health.v1.Health): {fault.Status.Detail}",
                StatusCode.Unavailable => $"timeout: failed to connect service \"{address}\" within {Go(timeout)}: context deadline exceeded",
                _ => $"error: health rpc probe failed: {fault.Status.Detail}",
            });
        }
    }

    private static Uri Url(ProbeAction.Http get, IContainerProcess process) =>
        new($"{(get.Tls ? "https" : "http")}://{Address(get.Host, process)}:{get.Port}{get.Path}");

    private static string Address(string? host, IContainerProcess process) => host is null or "" ? process.PodAddress.ToString() : host;

    private static string Late(ProbeAction action, IContainerProcess process, TimeSpan timeout) => action switch
    {
        ProbeAction.Http get => $"Get \"{Url(get, process)}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
        ProbeAction.Tcp tcp => $"dial tcp {Address(tcp.Host, process)}:{tcp.Port}: i/o timeout",
        ProbeAction.Grpc grpc => $"timeout: health rpc did not complete within {Go(timeout)}",
        _ => $"command timed out after {Go(timeout)}",
    };

    private static string Dialled(SocketException? fault, string address) => fault?.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => $"dial tcp {address}: connect: connection refused",
        null => "EOF",
        _ => $"dial tcp {address}: {fault.Message}",
    };

    private static string Go(TimeSpan span) => $"{span.TotalSeconds:0.###}s";

    // Nobody waits for it any more; what it throws has been told of as a timeout.
    private static void Forget(Task running) => _ = running.ContinueWith(static done => _ = done.Exception, TaskScheduler.Default);
}
