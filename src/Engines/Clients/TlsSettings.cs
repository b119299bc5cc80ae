using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Nemotron.Engines.Clients;

/// <summary>How an engine's certificate is checked. Endpoints that share one object share connections' settings.</summary>
public sealed class TlsSettings
{
    /// <summary>TLS with the machine's own authorities.</summary>
    /// <param name="serverName">The name the certificate must carry; null: the endpoint's host.</param>
    public TlsSettings(string? serverName = null) => ServerName = serverName;

    private TlsSettings(X509Certificate2Collection authorities, string? serverName)
    {
        Authorities = authorities;
        ServerName = serverName;
    }

    /// <summary>The authorities trusted instead of the machine's; null for the machine's.</summary>
    internal X509Certificate2Collection? Authorities { get; }

    /// <summary>The name the certificate must carry, for pods are dialled by address; null: the endpoint's host.</summary>
    public string? ServerName { get; }

    /// <summary>Trusts exactly the authorities in <paramref name="pem"/>.</summary>
    /// <param name="pem">One or more PEM certificates, such as a Secret's <c>ca.crt</c>.</param>
    /// <param name="serverName">The name the certificate must carry; null: the endpoint's host.</param>
    /// <exception cref="CryptographicException"><paramref name="pem"/> holds no certificate.</exception>
    public static TlsSettings FromPem(string pem, string? serverName = null)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(pem);
        if (authorities.Count == 0) throw new CryptographicException("The PEM text holds no certificate: expected at least one block \"-----BEGIN CERTIFICATE-----\".");
        return new TlsSettings(authorities, serverName);
    }
}
