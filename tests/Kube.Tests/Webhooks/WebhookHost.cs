using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using k8s;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Nemotron.Kube.Tests;

/// <summary>What a test wants its webhook to answer.</summary>
internal sealed class WidgetVerdicts
{
    internal Func<Widget, bool, CancellationToken, Task<ValidationResult>> OnCreate { get; set; } = (_, _, _) => Task.FromResult(ValidationResult.Success());

    internal Func<Widget, Widget, ValidationResult> OnUpdate { get; set; } = (_, _) => ValidationResult.Success();

    internal Func<Widget, ValidationResult> OnDelete { get; set; } = _ => ValidationResult.Success();
}

[ValidationWebhook(typeof(Widget))]
internal sealed class WidgetWebhook(WidgetVerdicts verdicts) : ValidationWebhook<Widget>
{
    public override Task<ValidationResult> CreateAsync(Widget entity, bool dryRun, CancellationToken cancellationToken) => verdicts.OnCreate(entity, dryRun, cancellationToken);

    public override ValidationResult Update(Widget oldEntity, Widget newEntity, bool dryRun) => verdicts.OnUpdate(oldEntity, newEntity);

    public override ValidationResult Delete(Widget entity, bool dryRun) => verdicts.OnDelete(entity);
}

/// <summary>A replica of an operator with a webhook of widgets over HTTPS, its certificate kept in a <see cref="TinyApi"/>.</summary>
internal sealed class WebhookHost : IAsyncDisposable
{
    internal const string Name = "hook";
    internal const string Namespace = "system";
    internal const string ServerName = "hook.system.svc";

    private readonly WebApplication app;
    private readonly HttpClient http;
    private readonly TinyApi api;

    private WebhookHost(WebApplication app, TinyApi api, FakeTimeProvider clock)
    {
        (this.app, this.api, Clock) = (app, api, clock);
        Port = new Uri(app.Urls.First().Replace("[::]", "localhost", StringComparison.Ordinal)).Port;
        // By the Service's name, as the API server has it; wherever that leads.
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, Port, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) => Handshake.Trusts(Bundle(), certificate, errors, Clock.GetUtcNow());
        http = new HttpClient(handler) { BaseAddress = new Uri($"https://{ServerName}") };
    }

    internal FakeTimeProvider Clock { get; }

    internal int Port { get; }

    internal ServingCertificate Serving => app.Services.GetRequiredService<ServingCertificate>();

    internal Prometheus.CollectorRegistry Registry => app.Services.GetRequiredService<Prometheus.CollectorRegistry>();

    internal static async Task<WebhookHost> StartAsync(TinyApi api, WidgetVerdicts? verdicts = null, FakeTimeProvider? clock = null, bool wait = true)
    {
        clock ??= new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddSingleton(verdicts ?? new WidgetVerdicts());
        builder.Services.AddSingleton(Prometheus.Metrics.NewCustomRegistry());
        builder.Services.AddSingleton<IProcessEnd, RecordedProcessEnd>();
        builder.Services.AddKubernetesOperator(s =>
            {
                s.Name = "test";
                s.ClientConfiguration = new KubernetesClientConfiguration { Host = api.Url };
                s.RandomSeed = 7;
            })
            .AddValidationWebhook<WidgetWebhook, Widget>()
            .AddConversionWebhook<WidgetConversion, Widget>()
            .AddWebhookCertificate(c => (c.Name, c.Namespace) = (Name, Namespace));
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.ListenForWebhooks(0));
        var app = builder.Build();
        app.MapKubeWebhooks();
        app.MapKubeEndpoints();
        await app.StartAsync();
        var host = new WebhookHost(app, api, clock);
        if (wait) await host.Until(() => host.Serving.Check() is null, "a certificate served");
        return host;
    }

    /// <summary>Installs the configuration that names the webhook, as a chart would.</summary>
    internal static void Configure(TinyApi api) => api.Put(TinyApi.WebhooksPath(Name), new JsonObject
    {
        ["apiVersion"] = "admissionregistration.k8s.io/v1",
        ["kind"] = "ValidatingWebhookConfiguration",
        ["metadata"] = new JsonObject { ["name"] = Name },
        ["webhooks"] = new JsonArray(
            Webhook("widgets.test.example.com", new JsonObject { ["service"] = new JsonObject { ["name"] = Name, ["namespace"] = Namespace, ["path"] = "/validate/widget" } }),
            Webhook("gadgets.test.example.com", new JsonObject { ["service"] = new JsonObject { ["name"] = Name, ["namespace"] = Namespace } }),
            Webhook("others.example.com", new JsonObject { ["url"] = "https://localhost:1/" })),
    });

    internal JsonArray? Webhooks() => api.Get(TinyApi.WebhooksPath(Name))?["webhooks"]?.AsArray();

    /// <summary>The authorities that the API server trusts, PEM; empty: none.</summary>
    internal string Bundle() =>
        Webhooks()?[0]!["clientConfig"]!["caBundle"]?.ToString() is { } bundle ? Encoding.ASCII.GetString(Convert.FromBase64String(bundle)) : "";

    internal async Task<string?> HandshakeFaultAsync()
    {
        var (bundle, now) = (Bundle(), Clock.GetUtcNow());
        if (await Handshake.FaultAsync(Port, bundle, ServerName, now) is not { } fault) return null;
        // A certificate that the bundle does not trust is refused each time. One refusal was seen once on a busy machine and never again; it is said, since its cause is not known yet.
        Console.WriteLine($"handshake: refused at {now:u}, asked again with the same authorities: {fault}");
        return await Handshake.FaultAsync(Port, bundle, ServerName, now);
    }

    internal async Task Until(Func<bool> condition, string what, Func<string>? details = null)
    {
        try
        {
            await Tests.Until.True(condition, what, Clock, TimeSpan.FromMilliseconds(20));
        }
        catch (TimeoutException e) when (details is not null)
        {
            throw new TimeoutException($"{e.Message}: {details()}", e);
        }
    }

    /// <summary>Asks the webhook as the API server would.</summary>
    internal Task<HttpResponseMessage> AskAsync(string body, string query = "?timeout=5s", string contentType = "application/json", string path = "/validate/widget")
    {
        var content = new StringContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{path}{query}", UriKind.Relative)) { Content = content };
        // A body that is refused by its length is not sent, so that the answer can be read.
        request.Headers.ExpectContinue = body.Length > 1 << 20;
        return http.SendAsync(request);
    }

    internal async Task<JsonNode> VerdictAsync(string body)
    {
        using var answer = await AskAsync(body);
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        return JsonNode.Parse(text)!["response"]!;
    }

    internal async Task<string> MetricsAsync()
    {
        using var stream = new MemoryStream();
        await Registry.CollectAndExportAsTextAsync(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        var stop = app.StopAsync();
        await Tests.Until.True(() => stop.IsCompleted, "stopped", Clock, TimeSpan.FromSeconds(1));
        await stop;
        await app.DisposeAsync();
    }

    private static JsonObject Webhook(string name, JsonObject client) => new()
    {
        ["name"] = name,
        ["clientConfig"] = client,
        ["sideEffects"] = "None",
        ["failurePolicy"] = "Ignore",
        ["admissionReviewVersions"] = new JsonArray("v1"),
    };
}
