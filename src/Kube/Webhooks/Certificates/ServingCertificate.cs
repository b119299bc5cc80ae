using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Nemotron.Kube;

/// <summary>The certificate that new connections get. Until there is one the process is not ready, so that its Service sends nobody here.</summary>
internal sealed class ServingCertificate(TimeProvider time) : IKubeCheck
{
    private volatile Served? served;
    private volatile string? trouble;

    /// <summary>What the web server hands out; null while there is nothing.</summary>
    internal SslStreamCertificateContext? Context => served?.Context;

    public string Name => "webhook-certificate";

    public bool IsReadiness => true;

    public string? Check() => served switch
    {
        null => trouble ?? "the certificate is not made yet",
        { } current when !current.ValidAt(time.GetUtcNow()) => trouble ?? "the certificate has expired",
        _ => null,
    };

    /// <summary>Whether something valid is served.</summary>
    internal bool IsValid => served?.ValidAt(time.GetUtcNow()) == true;

    /// <summary>Whether it is this one that is served.</summary>
    internal bool Serves(X509Certificate2 leaf) => served?.Leaf.Thumbprint == leaf.Thumbprint;

    /// <summary>From now on new connections get this one.</summary>
    internal void Serve(X509Certificate2 leaf)
    {
        // Clients have the authority already: nothing is sent with the certificate, and nothing looked up.
        served = new(leaf, SslStreamCertificateContext.Create(leaf, additionalCertificates: null, offline: true));
    }

    /// <summary>Why no better one can be had at the moment; null when that is not so.</summary>
    internal void Say(string? why) => trouble = why;

    private sealed record Served(X509Certificate2 Leaf, SslStreamCertificateContext Context)
    {
        internal bool ValidAt(DateTimeOffset now) => CertificateIssuer.Utc(Leaf.NotBefore) <= now && now < CertificateIssuer.Utc(Leaf.NotAfter);
    }
}
