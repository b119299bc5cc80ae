using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Nemotron.Lab.Engines;

/// <summary>The one web server behind all simulated processes: it parses HTTP and asks the port that a request came in by for the answer.</summary>
internal sealed class PodWebServer : IAsyncDisposable
{
    private readonly WebApplication app;

    private PodWebServer(WebApplication app, PodTransport transport, RequestDelegate grpc) => (this.app, Transport, Grpc) = (app, transport, grpc);

    /// <summary>Where pods' connections go.</summary>
    public PodTransport Transport { get; }

    /// <summary>Answers a gRPC call with whichever of the mapped services it names; UNIMPLEMENTED for others.</summary>
    public RequestDelegate Grpc { get; }

    /// <summary>Starts the server. It listens on nothing until a pod opens a port.</summary>
    /// <param name="map">Maps the gRPC services.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<PodWebServer> StartAsync(Action<IEndpointRouteBuilder> map, CancellationToken cancel)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.Services.AddRouting();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<PodTransport>();
        builder.Services.AddSingleton<IConnectionListenerFactory>(services => services.GetRequiredService<PodTransport>());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 64 * 1024 * 1024;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(new PodEndPoint(PortProtocol.Http), listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(new PodEndPoint(PortProtocol.Grpc), listen => listen.Protocols = HttpProtocols.Http2);
        });
        var app = builder.Build();
        var branch = ((IApplicationBuilder)app).New();
        branch.UseRouting();
        branch.UseEndpoints(map);
        var grpc = branch.Build();
        app.Run(http => http.Features.GetRequiredFeature<PodConnection>().AnswerAsync(http));
        await app.StartAsync(cancel);
        return new(app, app.Services.GetRequiredService<PodTransport>(), grpc);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
