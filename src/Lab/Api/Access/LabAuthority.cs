using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Nemotron.Lab.Api.Access;

/// <summary>
/// The certificate authority of one Lab: it signs the server's certificate and those of clients. Keys are made at start and never leave the
/// process but in kubeconfigs. Certificates follow the system's clock, as the other side's TLS does, whatever the Lab's own says.
/// </summary>
internal sealed class LabAuthority : IDisposable
{
    private static readonly TimeSpan Backdated = TimeSpan.FromHours(1);
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650);
    private readonly X509Certificate2 root;
    private readonly DateTimeOffset begins;

    private LabAuthority(X509Certificate2 root, DateTimeOffset begins) => (this.root, this.begins) = (root, begins);

    /// <summary>The authority's certificate, for clients to trust.</summary>
    public string Pem => root.ExportCertificatePem();

    /// <summary>Makes an authority.</summary>
    /// <param name="systemTime">The clock that TLS goes by.</param>
    public static LabAuthority Create(TimeProvider systemTime)
    {
        var begins = systemTime.GetUtcNow() - Backdated;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=nemotron-lab-ca", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return new LabAuthority(request.CreateSelfSigned(begins, begins + Lifetime), begins);
    }

    /// <summary>A certificate for a server on the loopback interface, under the names a cluster's API server goes by.</summary>
    public X509Certificate2 IssueServer()
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (string name in (string[])["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"]) names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        return Issue(new X500DistinguishedName("CN=kube-apiserver"), new Oid("1.3.6.1.5.5.7.3.1"), names.Build());
    }

    /// <summary>A certificate by which a client is known: the common name is the user, organizations are groups.</summary>
    public X509Certificate2 IssueClient(string user, IEnumerable<string> groups)
    {
        // The builder writes the names in the reverse of the order they are added in.
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(user);
        foreach (string group in groups.Reverse()) subject.AddOrganizationName(group);
        return Issue(subject.Build(), new Oid("1.3.6.1.5.5.7.3.2"), null);
    }

    /// <summary>Whether a certificate was signed here and is within its time.</summary>
    public bool Signed(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    /// <summary>The user and groups that a client's certificate names.</summary>
    public static (string User, IReadOnlyList<string> Groups) Subject(X509Certificate2 certificate)
    {
        string user = "";
        var groups = new List<string>();
        foreach (var name in certificate.SubjectName.EnumerateRelativeDistinguishedNames(reversed: false))
        {
            if (name.HasMultipleElements || name.GetSingleElementValue() is not { } value) continue;
            switch (name.GetSingleElementType().Value)
            {
                case "2.5.4.3": user = value; break;
                case "2.5.4.10": groups.Add(value); break;
            }
        }
        return (user, groups);
    }

    public void Dispose() => root.Dispose();

    private X509Certificate2 Issue(X500DistinguishedName subject, Oid purpose, X509Extension? names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([purpose], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(root, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        if (names is not null) request.CertificateExtensions.Add(names);
        using var signed = request.Create(root, begins, begins + Lifetime - TimeSpan.FromDays(1), RandomNumberGenerator.GetBytes(16));
        return signed.CopyWithPrivateKey(key);
    }
}
