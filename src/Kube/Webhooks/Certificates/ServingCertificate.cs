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

    /// <summary>Whether it is this one that is served, by whatever way to its authority.</summary>
    internal bool Serves(X509Certificate2 leaf) => served?.Leaf.Thumbprint == leaf.Thumbprint;

    /// <summary>Whether it is this one that is served, with the same certificates after it.</summary>
    internal bool Serves(CertificateFiles files) => Serves(files.Leaf!) && Thumbprints(served!.Intermediates).SequenceEqual(Thumbprints(files.Intermediates));

    /// <summary>From now on new connections get this one.</summary>
    internal void Serve(CertificateFiles files)
    {
        // Clients have the authority already, and nothing between but what is sent with the certificate. Nothing is looked up.
        served = new(files.Leaf!, files.Intermediates, SslStreamCertificateContext.Create(files.Leaf!, files.Intermediates, offline: true));
    }

    private static IEnumerable<string> Thumbprints(X509Certificate2Collection certificates) => certificates.Select(c => c.Thumbprint);

    /// <summary>Why no better one can be had at the moment; null when that is not so.</summary>
    internal void Say(string? why) => trouble = why;

    private sealed record Served(X509Certificate2 Leaf, X509Certificate2Collection Intermediates, SslStreamCertificateContext Context)
    {
        internal bool ValidAt(DateTimeOffset now) => CertificateIssuer.Utc(Leaf.NotBefore) <= now && now < CertificateIssuer.Utc(Leaf.NotAfter);
    }
}
