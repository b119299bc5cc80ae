namespace Nemotron.Controllers;

/// <summary>How the operator reaches pods at their addresses.</summary>
internal static class PodConnections
{
    /// <summary>Directly, and with connections that are not kept for long: pods come and go.</summary>
    public static HttpMessageHandler Direct() => new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(2),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5),
    };
}
