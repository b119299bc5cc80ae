using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Engines;

/// <summary>The gRPC port of a server: one web server holds the services of all, so each port lets through its own only.</summary>
internal static class GrpcPort
{
    private static readonly object ServerKey = new();

    /// <summary>Answers a call: by its service where the server has it, else UNIMPLEMENTED.</summary>
    /// <param name="http">The call.</param>
    /// <param name="server">The server behind the port.</param>
    /// <param name="services">Paths of the services that it has.</param>
    /// <param name="grpc">All services.</param>
    public static Task AnswerAsync(HttpContext http, EngineServer server, IReadOnlyList<string> services, RequestDelegate grpc)
    {
        http.Response.Headers.Server = server.Engine.ServerHeader;
        var path = http.Request.Path.Value ?? "";
        if (services.Any(service => path.StartsWith(service, StringComparison.Ordinal)))
        {
            http.Items[ServerKey] = server;
            return grpc(http);
        }

        http.Response.ContentType = "application/grpc";
        http.Response.Headers["grpc-status"] = "12";
        http.Response.Headers["grpc-message"] = "unknown service";
        return Task.CompletedTask;
    }

    /// <summary>The server that a call came in to.</summary>
    public static T ServerOf<T>(HttpContext http)
        where T : EngineServer => (T)http.Items[ServerKey]!;
}
