using System.Diagnostics.CodeAnalysis;

namespace Nemotron.Controllers;

/// <summary>How the operator reaches pods at their addresses.</summary>
internal static class PodConnections
{
    /// <summary>Directly, and with connections that are not kept for long: pods come and go.</summary>
    public static HttpMessageHandler Direct() => Make();

    /// <summary>
    /// As <see cref="Direct"/>, and whatever certificate a pod presents is taken. It is made out to the names that clients use, and here the pod is called by its address,
    /// which the API server told: that is what says who answers, as with plain HTTP. The operator trusts no authority of the users' choice, and reads no certificate of theirs.
    /// </summary>
    [SuppressMessage("Security", "CA5359", Justification = "See the summary: no name that a certificate could be made out to is known here.")]
    public static HttpMessageHandler DirectOfAnyCertificate()
    {
        var handler = Make();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        return handler;
    }

    private static SocketsHttpHandler Make() => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(2),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5),
    };
}
