using System.Net;
using Microsoft.Extensions.Logging.Console;
using Nemotron.Controllers;
using Nemotron.Controllers.Admission;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning;

namespace Nemotron.Operator;

/// <summary>The operator's process: controllers, and the ports on which it tells about itself.</summary>
internal static class OperatorHost
{
    private const int Failed = 1;

    /// <summary>Runs until it is told to stop.</summary>
    /// <returns>The exit code: 0 after a stop that was asked for, 1 otherwise.</returns>
    public static async Task<int> RunAsync(OperatorSettingsOnCommandLine options, CancellationToken cancellationToken)
    {
        if (options.Kubeconfig is { } path && !File.Exists(path))
            return Fail($"--kubeconfig {path}: there is no such file.");
        if (SamePort(options) is { } same) return Fail(same);
        try
        {
            await using var app = Build(options, services => services.AddHostedService<StartMemory>());
            await app.RunAsync(cancellationToken);
            return Environment.ExitCode;
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            return Fail($"{e.Message} Choose others with --metrics-port, --health-port and --webhook-port.");
        }
        catch (Exception e) when (e is KubeconfigException or CatalogueException)
        {
            return Fail(e.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
    }

    /// <summary>The host, not started.</summary>
    /// <param name="options">The command line.</param>
    /// <param name="services">Changes to the services, such as another clock; null for none.</param>
    internal static WebApplication Build(OperatorSettingsOnCommandLine options, Action<IServiceCollection>? services = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });
        AddLogging(builder.Logging, options);
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            if (options.MetricsPort != 0) kestrel.ListenAnyIP(options.MetricsPort);
            if (options.HealthPort != 0) kestrel.ListenAnyIP(options.HealthPort);
            if (options.WebhookPort != 0) kestrel.ListenForWebhooks(options.WebhookPort);
            // Kestrel listens on a port of its own choosing when told nothing; a loopback port that nobody knows is nothing.
            if (options is { MetricsPort: 0, HealthPort: 0, WebhookPort: 0 }) kestrel.Listen(IPAddress.Loopback, 0);
        });
        services?.Invoke(builder.Services);
        var nemotron = builder.Services.AddKubernetesOperator(settings =>
            {
                settings.Name = NemotronApi.FieldManager;
                settings.KubeconfigPath = options.Kubeconfig;
                settings.Namespaces = options.Namespaces;
                settings.LeaderElectionType = options.LeaderElect ? LeaderElectionType.Single : LeaderElectionType.None;
                settings.LeaderElectionNamespace = options.LeaderElectNamespace;
                settings.AppliedAnnotation = NemotronApi.Group + "/applied";
                settings.MissingResourceHint = "Install the custom resource definitions: kubectl apply -k config/crd";
            })
            .AddNemotronControllers(
                options.MaxConcurrentReconciles,
                options.Models is { } models ? ModelCatalogue.Default.With(ModelCatalogue.FromDirectory(models).Models) : null,
                options.Gpus is { } gpus ? GpuCatalogue.Default.With(GpuCatalogue.FromDirectory(gpus).Gpus) : null,
                options.GatewayImage,
                options.ProbeReasoning,
                options.EngineHealth,
                options.Scaling,
                options.PrometheusPeer);

        if (options.WebhookPort != 0) nemotron.AddNemotronWebhooks(options.WebhookName, options.WebhookNamespace, options.WebhookCertificates);

        var app = builder.Build();
        app.Use((context, next) =>
        {
            var path = context.Request.Path;
            var port = path == "/metrics" ? options.MetricsPort : path.StartsWithSegments(WebhookEndpoints.PathPrefix) ? options.WebhookPort : options.HealthPort;
            if (context.Connection.LocalPort == port) return next(context);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        app.MapKubeEndpoints();
        app.MapKubeWebhooks();
        return app;
    }

    private static void AddLogging(ILoggingBuilder logging, OperatorSettingsOnCommandLine options)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(options.LogLevel);
        // The web server's own lines say nothing about the cluster.
        logging.AddFilter("Microsoft", LogLevel.Warning);
        // Why a start failed is said in one line, by whoever catches it.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        if (options.LogFormat == LogFormat.Json)
            logging.AddJsonConsole(console => console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fffK");
        else
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss.fff ";
                console.ColorBehavior = Console.IsOutputRedirected ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Default;
            });
    }

    private static string? SamePort(OperatorSettingsOnCommandLine options)
    {
        (string Name, int Port)[] ports = [("--metrics-port", options.MetricsPort), ("--health-port", options.HealthPort), ("--webhook-port", options.WebhookPort)];
        var same = ports.Where(port => port.Port != 0).GroupBy(port => port.Port).FirstOrDefault(group => group.Count() > 1)?.ToList();
        return same is null ? null : $"{string.Join(" and ", same.Select(port => port.Name))} are {(same.Count == 2 ? "both" : "all")} {same[0].Port}; they must differ.";
    }

    private static int Fail(string message)
    {
        Console.Error.WriteLine($"error: {message}");
        return Failed;
    }
}
