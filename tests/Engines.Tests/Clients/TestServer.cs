using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Nemotron.Engines.Tests.Clients;

/// <summary>A server on two free ports of loopback: one for gRPC, one for HTTP/1.1.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestServer(WebApplication app, int grpcPort, int httpPort)
    {
        _app = app;
        GrpcPort = grpcPort;
        HttpPort = httpPort;
    }

    public int GrpcPort { get; }

    public int HttpPort { get; }

    /// <param name="services">gRPC services to add to the container and their routes.</param>
    /// <param name="routes">HTTP routes and gRPC services.</param>
    /// <param name="certificate">For TLS on both ports; null for plain text.</param>
    /// <param name="grpcPort">The gRPC port; 0 for a free one.</param>
    public static async Task<TestServer> StartAsync(Action<WebApplication> routes, Action<IServiceCollection>? services = null, X509Certificate2? certificate = null, int grpcPort = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        services?.Invoke(builder.Services);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, grpcPort, listen => Speak(listen, HttpProtocols.Http2));
            kestrel.Listen(IPAddress.Loopback, 0, listen => Speak(listen, HttpProtocols.Http1));
        });
        var app = builder.Build();
        routes(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        var ports = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(a => new Uri(a).Port).ToArray();
        return new TestServer(app, ports[0], ports[1]);

        void Speak(ListenOptions listen, HttpProtocols protocols)
        {
            listen.Protocols = protocols;
            if (certificate is not null) listen.UseHttps(certificate);
        }
    }

    /// <summary>Waits for nothing: connections are cut as when a process dies.</summary>
    public async Task KillAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await _app.DisposeAsync();
    }
}
