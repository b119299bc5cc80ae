using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Nemotron.Kube;

/// <summary>
/// What the Secret holds: <c>tls.crt</c> and <c>tls.key</c>, which are served; <c>ca.crt</c>, all authorities that clients are to trust, newest first; <c>ca.key</c>, the key of the
/// newest. Immutable. Whatever cannot be read is as if it were not there, and <see cref="CertificateFacts.Fault"/> says so.
/// </summary>
internal sealed class CertificateFiles
{
    internal const string LeafFile = "tls.crt";
    internal const string LeafKeyFile = "tls.key";
    internal const string AuthoritiesFile = "ca.crt";
    internal const string AuthorityKeyFile = "ca.key";

    // A rotation needs two. More come together only when the Secret is deleted or broken again and again.
    private const int MostAuthorities = 8;

    private readonly string? leafPem;
    private readonly string? leafKeyPem;
    private readonly string? authorityKeyPem;

    private CertificateFiles(IReadOnlyList<X509Certificate2> authorities, X509Certificate2? leaf, string? leafPem, string? leafKeyPem, string? authorityKeyPem, string? fault)
    {
        (Authorities, Leaf, this.leafPem, this.leafKeyPem, this.authorityKeyPem) = (authorities, leaf, leafPem, leafKeyPem, authorityKeyPem);
        Intermediates = leaf is null ? [] : After(leaf, leafPem!);
        Facts = new(
            [.. authorities.Select((a, i) => new AuthorityFacts(a.Thumbprint, CertificateIssuer.Utc(a.NotBefore), CertificateIssuer.Utc(a.NotAfter), i == 0 && authorityKeyPem is not null))],
            leaf is null ? null : new LeafFacts(
                authorities.FirstOrDefault(a => Signed(a, leaf))?.Thumbprint, CertificateIssuer.Utc(leaf.NotBefore), CertificateIssuer.Utc(leaf.NotAfter), DnsNames(leaf)),
            fault);
    }

    /// <summary>Nothing at all.</summary>
    internal static CertificateFiles None { get; } = new([], null, null, null, null, null);

    /// <summary>What clients are to trust, newest first.</summary>
    internal IReadOnlyList<X509Certificate2> Authorities { get; }

    /// <summary>What is served, with its private key; null when there is nothing usable.</summary>
    internal X509Certificate2? Leaf { get; }

    /// <summary>What follows the leaf in its file: the way from it to an authority that clients trust, where there are steps between.</summary>
    internal X509Certificate2Collection Intermediates { get; }

    /// <summary>The same, for a decision.</summary>
    internal CertificateFacts Facts { get; }

    /// <summary>What clients are to trust, PEM.</summary>
    internal string Bundle => string.Concat(Authorities.Select(a => a.ExportCertificatePem() + "\n"));

    /// <summary>Reads a Secret's data.</summary>
    internal static CertificateFiles Read(IDictionary<string, byte[]>? data)
    {
        string? fault = null;
        var authorities = Authority(data, ref fault);
        var authorityKey = Text(data, AuthorityKeyFile);
        if (authorityKey is not null && (authorities.Count == 0 || Pair(authorities[0].ExportCertificatePem(), authorityKey) is null))
        {
            fault ??= $"{AuthorityKeyFile} is not the key of the first certificate in {AuthoritiesFile}.";
            authorityKey = null;
        }

        var (certificate, key) = (Text(data, LeafFile), Text(data, LeafKeyFile));
        var leaf = certificate is null || key is null ? null : Pair(certificate, key);
        if (leaf is null && (certificate is not null || key is not null))
        {
            fault = $"{LeafFile} and {LeafKeyFile} are no certificate with its key.";
        }

        return new(authorities, leaf, leaf is null ? null : certificate, leaf is null ? null : key, authorityKey, fault);
    }

    /// <summary>The data of a Secret that holds this.</summary>
    internal Dictionary<string, byte[]> Write()
    {
        var data = new Dictionary<string, byte[]>();
        void Add(string file, string? text)
        {
            if (text is not null)
            {
                data[file] = Encoding.ASCII.GetBytes(text);
            }
        }

        Add(LeafFile, leafPem);
        Add(LeafKeyFile, leafKeyPem);
        Add(AuthoritiesFile, Bundle);
        Add(AuthorityKeyFile, authorityKeyPem);
        return data;
    }

    /// <summary>With what a decision asks for made anew.</summary>
    /// <param name="decision">What to make.</param>
    /// <param name="name">Whose it is, for people.</param>
    /// <param name="names">The DNS names of the serving certificate.</param>
    /// <param name="now">The time.</param>
    /// <param name="lifetimes">How long things live.</param>
    /// <param name="remembered">Authorities that were trusted until now, whatever the Secret says: others may still serve what they signed.</param>
    internal CertificateFiles With(
        CertificateDecision decision, string name, IReadOnlyCollection<string> names, DateTimeOffset now, CertificateLifetimes lifetimes, IReadOnlyList<X509Certificate2> remembered)
    {
        var authorities = Authorities.Concat(remembered).DistinctBy(a => a.Thumbprint).Where(a => now < CertificateIssuer.Utc(a.NotAfter));
        var key = authorityKeyPem;
        if (decision.NewAuthority)
        {
            (var certificate, key) = CertificateIssuer.Authority(name, now, lifetimes);
            authorities = authorities.Prepend(X509Certificate2.CreateFromPem(certificate));
        }

        var kept = authorities.Take(MostAuthorities).ToList();
        var (leafCertificate, leafKey) = (leafPem, leafKeyPem);
        if (decision.NewLeaf)
        {
            using var issuer = Pair(kept[0].ExportCertificatePem(), key!)!;
            (leafCertificate, leafKey) = CertificateIssuer.Leaf(issuer, names, now, lifetimes);
        }

        return new(kept, Pair(leafCertificate!, leafKey!), leafCertificate, leafKey, key, null);
    }

    private static List<X509Certificate2> Authority(IDictionary<string, byte[]>? data, ref string? fault)
    {
        if (Text(data, AuthoritiesFile) is not { } text)
        {
            return [];
        }

        try
        {
            var read = new X509Certificate2Collection();
            read.ImportFromPem(text);
            var authorities = read.Where(a => a.Extensions.OfType<X509BasicConstraintsExtension>().Any(b => b.CertificateAuthority)).Take(MostAuthorities).ToList();
            if (authorities.Count == 0)
            {
                fault = $"{AuthoritiesFile} has no certificate of an authority.";
            }

            return authorities;
        }
        catch (CryptographicException)
        {
            fault = $"{AuthoritiesFile} is not readable.";
            return [];
        }
    }

    /// <summary>A certificate with its key; null when they are none, or do not belong together.</summary>
    private static X509Certificate2? Pair(string certificate, string key)
    {
        try
        {
            return X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private static X509Certificate2Collection After(X509Certificate2 leaf, string pem)
    {
        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            // The first can be read, or there were no leaf: it is served without what cannot.
        }

        return [.. chain.Where(c => c.Thumbprint != leaf.Thumbprint)];
    }

    private static bool Signed(X509Certificate2 authority, X509Certificate2 leaf)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        // Whether they are valid now is the decision's question.
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid | X509VerificationFlags.IgnoreNotTimeNested;
        return chain.Build(leaf);
    }

    private static string[] DnsNames(X509Certificate2 leaf)
    {
        try
        {
            return [.. leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(e => e.EnumerateDnsNames())];
        }
        catch (CryptographicException)
        {
            return [];
        }
    }

    private static string? Text(IDictionary<string, byte[]>? data, string file) =>
        data is not null && data.TryGetValue(file, out var bytes) && bytes is { Length: > 0 } ? Encoding.ASCII.GetString(bytes) : null;
}
