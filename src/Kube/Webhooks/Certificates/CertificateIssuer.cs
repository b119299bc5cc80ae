using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Nemotron.Kube;

/// <summary>Makes authorities and serving certificates: ECDSA over P-256, PEM.</summary>
internal static class CertificateIssuer
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const int SerialBytes = 16;

    // The most characters of a common name (RFC 5280, ub-common-name).
    private const int LongestCommonName = 64;

    /// <summary>A self-signed authority.</summary>
    /// <param name="name">Whose it is, for people.</param>
    /// <param name="now">The time.</param>
    /// <param name="lifetimes">How long it lives.</param>
    /// <returns>The certificate and its private key, both PEM.</returns>
    internal static (string Certificate, string Key) Authority(string name, DateTimeOffset now, CertificateLifetimes lifetimes)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // Each has a name of its own, so that chains are found by name while two are trusted.
        var request = new CertificateRequest(CommonName($"{now:yyyyMMddHHmmss} {name} authority"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var certificate = request.Create(
            request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), now - lifetimes.Skew, now + lifetimes.Authority, Serial());
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A serving certificate.</summary>
    /// <param name="authority">What signs it, with its private key.</param>
    /// <param name="names">The DNS names it is made out for; the first is its common name as well.</param>
    /// <param name="now">The time.</param>
    /// <param name="lifetimes">How long it lives.</param>
    /// <returns>The certificate and its private key, both PEM.</returns>
    internal static (string Certificate, string Key) Leaf(X509Certificate2 authority, IReadOnlyCollection<string> names, DateTimeOffset now, CertificateLifetimes lifetimes)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(CommonName(names.First()), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            alternatives.AddDnsName(name);
        }

        request.CertificateExtensions.Add(alternatives.Build());
        var (from, to) = (now - lifetimes.Skew, now + lifetimes.Leaf);
        var (first, last) = (Utc(authority.NotBefore), Utc(authority.NotAfter));
        using var certificate = request.Create(authority, from < first ? first : from, to > last ? last : to, Serial());
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A certificate's time; X509Certificate2 has it as local time.</summary>
    internal static DateTimeOffset Utc(DateTime local) => new(local.ToUniversalTime());

    private static X500DistinguishedName CommonName(string name)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName(name.Length <= LongestCommonName ? name : name[..LongestCommonName]);
        return builder.Build();
    }

    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(SerialBytes);
        // Positive, and without a leading zero byte.
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        return serial;
    }
}
