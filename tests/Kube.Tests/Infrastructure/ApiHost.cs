using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Nemotron.Kube.Tests;

/// <summary>A request as the server saw it.</summary>
internal sealed record SeenRequest(string Method, string Path, string Query, string ContentType, string Body)
{
    internal bool IsWatch => Query.Contains("watch=true", StringComparison.Ordinal);

    internal bool IsWrite => Method != "GET";

    internal string? Parameter(string name) => Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(Query).TryGetValue(name, out var v) ? v.ToString() : null;
}

/// <summary>A real HTTP server in this process, answering as a test says.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<SeenRequest> seen = new();

    private ApiHost(WebApplication app) => this.app = app;

    internal string Url { get; private set; } = "";

    internal IReadOnlyList<SeenRequest> Requests => [.. seen];

    internal static async Task<ApiHost> StartAsync(Func<HttpContext, SeenRequest, Task> answer, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.Zero);
        builder.WebHost.ConfigureKestrel(o =>
        {
            o.Listen(IPAddress.Loopback, port, l => l.Protocols = HttpProtocols.Http1);
            o.AllowSynchronousIO = true;
        });
        var app = builder.Build();
        var host = new ApiHost(app);
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
            var body = await reader.ReadToEndAsync();
            var request = new SeenRequest(
                context.Request.Method, context.Request.Path.Value ?? "", context.Request.QueryString.Value ?? "", context.Request.ContentType ?? "", body);
            host.seen.Enqueue(request);
            try
            {
                await answer(context, request);
            }
            catch (OperationCanceledException)
            {
                // The client went away.
            }
        });
        await app.StartAsync();
        host.Url = app.Urls.First();
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(0);
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }
}

internal static class Answer
{
    internal static async Task JsonAsync(this HttpContext context, string json, int status = 200)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(json);
    }

    internal static Task StatusAsync(this HttpContext context, int code, string reason, string message) => context.JsonAsync(
        $$"""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":{{System.Text.Json.JsonSerializer.Serialize(message)}},"reason":"{{reason}}","code":{{code}}}""", code);

    /// <summary>Begins a watch: the headers go out at once.</summary>
    internal static async Task BeginWatchAsync(this HttpContext context)
    {
        context.Response.StatusCode = 200;
        context.Response.ContentType = "application/json";
        await context.Response.Body.FlushAsync();
    }

    internal static async Task LineAsync(this HttpContext context, string line)
    {
        await context.Response.WriteAsync(line + "\n");
        await context.Response.Body.FlushAsync();
    }

    /// <summary>Keeps the connection open until the client goes away.</summary>
    internal static Task HangAsync(this HttpContext context) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
}
