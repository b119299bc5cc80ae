namespace Nemotron.Kube;

/// <summary>How long certificates live. An authority outlives two certificates at least, so that a renewal never has to hurry.</summary>
internal sealed record CertificateLifetimes
{
    /// <summary>Of an authority.</summary>
    internal TimeSpan Authority { get; init; } = TimeSpan.FromDays(365);

    /// <summary>Of a serving certificate; never beyond that of the authority that signed it.</summary>
    internal TimeSpan Leaf { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How far back validity begins: clocks differ.</summary>
    internal TimeSpan Skew { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How old an authority must be before a certificate of it replaces one that is trusted: the time for every API server to learn of it.</summary>
    internal TimeSpan Propagation { get; init; } = TimeSpan.FromHours(1);

    /// <summary>When something is renewed: at two thirds of its life.</summary>
    internal static DateTimeOffset RenewalOf(DateTimeOffset notBefore, DateTimeOffset notAfter) => notBefore + ((notAfter - notBefore) * 2 / 3);
}

/// <summary>An authority's certificate.</summary>
/// <param name="Id">Its thumbprint.</param>
/// <param name="NotBefore">When its validity begins.</param>
/// <param name="NotAfter">When it ends.</param>
/// <param name="HasKey">Whether its private key is at hand, so that it can sign.</param>
internal sealed record AuthorityFacts(string Id, DateTimeOffset NotBefore, DateTimeOffset NotAfter, bool HasKey);

/// <summary>A serving certificate whose private key is at hand.</summary>
/// <param name="IssuedBy">The authority among those known that signed it; null when none did.</param>
/// <param name="NotBefore">When its validity begins.</param>
/// <param name="NotAfter">When it ends.</param>
/// <param name="DnsNames">The names it is made out for.</param>
internal sealed record LeafFacts(string? IssuedBy, DateTimeOffset NotBefore, DateTimeOffset NotAfter, IReadOnlyCollection<string> DnsNames);

/// <summary>What a Secret holds, as far as a decision needs it.</summary>
/// <param name="Authorities">All that clients are to trust.</param>
/// <param name="Leaf">The serving certificate; null when there is none that can be used.</param>
/// <param name="Fault">Why a part could not be read, in a sentence; null when all could, or nothing is there.</param>
internal sealed record CertificateFacts(IReadOnlyList<AuthorityFacts> Authorities, LeafFacts? Leaf, string? Fault)
{
    /// <summary>What signs: the newest with a key.</summary>
    internal AuthorityFacts? Issuer => Authorities.Where(a => a.HasKey).MaxBy(a => a.NotBefore);
}
