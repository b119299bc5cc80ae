using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Nemotron.Gateway.Hosting;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Infrastructure;

/// <summary>A gateway in this process, on ports of its own choosing, with its settings in a file.</summary>
internal sealed class RunningGateway : IAsyncDisposable
{
    private readonly string _folder;

    private RunningGateway(WebApplication app, string folder)
    {
        App = app;
        _folder = folder;
        var (client, admin) = GatewayHost.Addresses(app);
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 4096 }) { BaseAddress = client, Timeout = TimeSpan.FromMinutes(2) };
        Admin = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = admin };
    }

    public WebApplication App { get; }

    public HttpClient Client { get; }

    public HttpClient Admin { get; }

    public string ConfigFile => Path.Combine(_folder, "gateway.yaml");

    public static async Task<RunningGateway> StartAsync(GatewaySettings settings, TimeProvider? clock = null, Action<string>? files = null)
    {
        var folder = Directory.CreateTempSubdirectory("gateway").FullName;
        files?.Invoke(folder);
        var file = Path.Combine(folder, "gateway.yaml");
        await File.WriteAllTextAsync(file, GatewaySettingsYaml.Render(settings).Replace("$FOLDER", folder, StringComparison.Ordinal));
        var app = GatewayHost.Build(
            new GatewayOptions(file, "127.0.0.1", 0, 0, 32768, LogLevel.Warning, LogJson: false),
            services =>
            {
                if (clock is not null) services.AddSingleton(clock);
                // The tests' own process is not the gateway's to stop.
                services.AddSingleton<Microsoft.Extensions.Hosting.IHostLifetime, NoLifetime>();
            });
        await app.StartAsync();
        return new RunningGateway(app, folder);
    }

    public Task WriteSettingsAsync(GatewaySettings settings) => File.WriteAllTextAsync(ConfigFile, GatewaySettingsYaml.Render(settings).Replace("$FOLDER", _folder, StringComparison.Ordinal));

    public T Service<T>() where T : notnull => App.Services.GetRequiredService<T>();

    public async Task<HttpResponseMessage> PostAsync(string path, string body, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    public Task<HttpResponseMessage> ChatAsync(string fields, params (string Name, string Value)[] headers) =>
        PostAsync("/v1/chat/completions", $"{{{fields}{(fields.Length > 0 ? "," : "")}\"messages\":[{{\"role\":\"user\",\"content\":\"What is two plus two?\"}}]}}", headers);

    /// <summary>A metric's value, 0 where the series is absent.</summary>
    public async Task<double> MetricAsync(string series)
    {
        var text = await Admin.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        var line = text.Split('\n').FirstOrDefault(line => line.StartsWith(series + " ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Admin.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private sealed class NoLifetime : Microsoft.Extensions.Hosting.IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
