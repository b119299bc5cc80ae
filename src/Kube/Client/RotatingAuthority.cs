using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Nemotron.Kube;

/// <summary>
/// Checks the API server's certificate against an authority file that is read at every check: in a pod the kubelet replaces it while the process runs. (The client itself
/// reads it once.) Its time says nothing: it is a link to a link, of which only the inner one is exchanged. Checks are rare, one for each connection.
/// </summary>
internal sealed class RotatingAuthority(string path)
{
    internal const string InClusterPath = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";

    private readonly Lock gate = new();
    private X509Certificate2Collection trusted = [];
    private string? read;

    /// <summary>Whether the certificate chains to the authority and names the host that was asked for.</summary>
    internal bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is not X509Certificate2 leaf)
        {
            // A wrong name, or no certificate at all.
            return false;
        }

        using var check = new X509Chain();
        check.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        check.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        check.ChainPolicy.CustomTrustStore.AddRange(Trusted());
        foreach (var element in chain?.ChainElements.Skip(1) ?? [])
        {
            check.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return check.Build(leaf);
    }

    private X509Certificate2Collection Trusted()
    {
        lock (gate)
        {
            string text;
            try
            {
                text = File.ReadAllText(path);
            }
            catch (IOException) when (read is not null)
            {
                // What was good a moment ago is better than no connection.
                return trusted;
            }

            if (text != read)
            {
                var fresh = new X509Certificate2Collection();
                fresh.ImportFromPem(text);
                (trusted, read) = (fresh, text);
            }

            return trusted;
        }
    }
}
