using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging.Console;
using Nemotron.Gateway.Access;
using Nemotron.Gateway.Draining;
using Nemotron.Gateway.Forwarding;
using Nemotron.Gateway.Observing;
using Nemotron.Planning;

namespace Nemotron.Gateway.Hosting;

/// <summary>The gateway's process.</summary>
internal static class GatewayHost
{
    private const int Failed = 1;

    /// <summary>Serves until told to stop.</summary>
    /// <returns>The exit code: 0 after a stop that was asked for.</returns>
    public static async Task<int> RunAsync(GatewayOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await using var app = Build(options);
            await app.StartAsync(cancellationToken);
            Announce(app);
            await app.WaitForShutdownAsync(cancellationToken);
            return 0;
        }
        catch (IOException error) when (error.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            return Fail($"{error.Message} Choose others with --port and --admin-port.");
        }
        catch (Exception error) when (error is CatalogueException or IOException or UnauthorizedAccessException or CryptographicException or FormatException)
        {
            return Fail(error.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
    }

    /// <summary>Reads a settings file and says what is wrong with it.</summary>
    public static int Check(string file)
    {
        try
        {
            GatewaySettingsYaml.Parse(file, File.ReadAllText(file));
            Console.WriteLine($"{file}: valid");
            return 0;
        }
        catch (Exception error) when (error is CatalogueException or IOException or UnauthorizedAccessException)
        {
            return Fail(error.Message);
        }
    }

    /// <summary>The host, not started.</summary>
    /// <param name="options">The command line.</param>
    /// <param name="services">Changes to the services, such as another clock; null for none.</param>
    internal static WebApplication Build(GatewayOptions options, Action<IServiceCollection>? services = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });
        AddLogging(builder.Logging, options);
        AddServices(builder.Services, options);
        services?.Invoke(builder.Services);
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options));
        // Nothing on a request's way blocks, so it stays on the thread that its bytes came in on: handing it over costs more than most steps do.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        var app = builder.Build();
        // Before anything listens, so that a wrong certificate is found at the start.
        app.Services.GetRequiredService<ServerCertificate>().Load();
        var pipeline = app.Services.GetRequiredService<GatewayPipeline>();
        var admin = app.Services.GetRequiredService<AdminEndpoints>();
        app.Run(context => context.Features.Get<AdminPort>() is null ? pipeline.HandleAsync(context) : admin.HandleAsync(context));
        return app;
    }

    /// <summary>The addresses that a started gateway listens on: for clients, and for its admin port.</summary>
    internal static (Uri Client, Uri Admin) Addresses(IHost app)
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address)).ToArray();
        return (addresses[0], addresses[1]);
    }

    private static void AddServices(IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(_ =>
        {
            var registry = Prometheus.Metrics.NewCustomRegistry();
            Prometheus.DotNetStats.Register(registry);
            return registry;
        });
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<GatewayState>();
        services.AddSingleton<ServerCertificate>();
        services.AddSingleton<ActiveRequests>();
        services.AddSingleton<Drain>();
        services.AddSingleton<EngineClient>();
        services.AddSingleton<Triton.TritonEngine>();
        services.AddSingleton<RequestLog>();
        services.AddSingleton<InferenceTools>();
        services.AddSingleton<PassThrough>();
        services.AddSingleton<WaitingRoom>();
        services.AddSingleton<GatewayPipeline>();
        services.AddSingleton<AdminEndpoints>();
        services.AddSingleton<UpstreamWatch>();
        services.AddHttpForwarder();
        services.AddHostedService(provider => provider.GetRequiredService<UpstreamWatch>());
        services.AddHostedService<SettingsWatch>();
        services.AddHostedService<SilenceWatch>();
        services.AddSingleton<IHostLifetime, DrainLifetime>();
        // By then nothing is in flight: idle connections are all that is left.
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(3));
    }

    private static void Listen(KestrelServerOptions kestrel, GatewayOptions options)
    {
        var address = IPAddress.Parse(options.Address);
        kestrel.AddServerHeader = false;
        // The limit on bodies may change while the gateway runs, so it is held where they are read.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MaxRequestHeadersTotalSize = options.MaxHeaderBytes;
        kestrel.Limits.MaxRequestHeaderCount = 200;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        // Each byte written lengthens the time that this leaves, so that it never cuts the client of a long answer: timeouts.idle does (Inference.TakenAsync).
        kestrel.Limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 10, gracePeriod: TimeSpan.FromMinutes(1));
        kestrel.Listen(address, options.Port, listen =>
        {
            var certificate = kestrel.ApplicationServices.GetRequiredService<ServerCertificate>();
            if (kestrel.ApplicationServices.GetRequiredService<GatewayState>().Current.Settings.Access.TlsCertificateFile is null)
            {
                listen.Protocols = HttpProtocols.Http1;
                return;
            }

            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = certificate.Current }),
            });
        });
        kestrel.Listen(address, options.AdminPort, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection =>
            {
                connection.Features.Set(AdminPort.Instance);
                return next(connection);
            });
        });
    }

    private static void AddLogging(ILoggingBuilder logging, GatewayOptions options)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(options.LogLevel);
        // The web server's and the forwarder's own lines say nothing that the gateway's do not, and some of them name paths and headers.
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Yarp", LogLevel.Error);
        // This one, where any line of it is wanted, makes an activity and a scope for each request.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        if (options.LogJson) logging.AddJsonConsole(console => console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fffK");
        else
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss.fff ";
                console.ColorBehavior = Console.IsOutputRedirected ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Default;
            });
    }

    private static void Announce(IHost app)
    {
        var (client, admin) = Addresses(app);
        var logger = app.Services.GetRequiredService<ILogger<GatewayPipeline>>();
        var reasoning = app.Services.GetRequiredService<GatewayState>().Current.Settings.Reasoning;
        if (logger.IsEnabled(LogLevel.Information))
            logger.LogInformation(
                "Serving on {Client}, admin on {Admin}; grammar {Grammar}, reasoning {Default}, {Enforcement}", client, admin, reasoning.Grammar, reasoning.Default, reasoning.Enforcement);
    }

    private static int Fail(string message)
    {
        Console.Error.WriteLine($"error: {message}");
        return Failed;
    }

    /// <summary>Marks the connections that came in on the admin port.</summary>
    private sealed class AdminPort
    {
        public static AdminPort Instance { get; } = new();
    }
}
