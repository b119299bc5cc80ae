namespace Nemotron.Kube;

/// <summary>What is to be made anew, and when to look again.</summary>
/// <param name="NewAuthority">Whether a new authority is needed. Those before it stay trusted until they expire, and with them all that they signed.</param>
/// <param name="NewLeaf">Whether a new serving certificate is needed, signed by the newest authority.</param>
/// <param name="Why">The reason, in a sentence; empty when nothing is to be made.</param>
/// <param name="NextCheck">When the answer may be another.</param>
internal sealed record CertificateDecision(bool NewAuthority, bool NewLeaf, string Why, DateTimeOffset NextCheck)
{
    /// <summary>Whether all stays as it is.</summary>
    internal bool Keep => !NewAuthority && !NewLeaf;

    /// <summary>Decides. Pure: equal input, equal decision.</summary>
    /// <param name="now">The time.</param>
    /// <param name="facts">What there is.</param>
    /// <param name="names">The names that the serving certificate must be made out for.</param>
    /// <param name="lifetimes">How long things live.</param>
    internal static CertificateDecision Decide(DateTimeOffset now, CertificateFacts facts, IReadOnlyCollection<string> names, CertificateLifetimes lifetimes)
    {
        var issuer = facts.Issuer is { } candidate && Valid(candidate, now) ? candidate : null;
        var trusted = facts.Leaf is { } given && Trusted(given, facts, now) && names.All(given.DnsNames.Contains) ? given : null;

        var newAuthority = issuer is null || now >= CertificateLifetimes.RenewalOf(issuer.NotBefore, issuer.NotAfter);
        if (trusted is null)
        {
            return new(newAuthority, true, WhyLeaf(facts, now), now);
        }

        if (newAuthority)
        {
            // The leaf is good under its own authority; one of the new authority would not be trusted yet.
            return new(true, false, issuer is null ? facts.Fault ?? "The authority's key is not there." : $"The authority expires on {issuer.NotAfter:yyyy-MM-dd}.", now);
        }

        var due = CertificateLifetimes.RenewalOf(trusted.NotBefore, trusted.NotAfter);
        var known = issuer!.NotBefore + lifetimes.Skew + lifetimes.Propagation;
        var renewal = due > known ? due : known;
        return now >= renewal
            ? new(false, true, $"The certificate expires on {trusted.NotAfter:yyyy-MM-dd}.", now)
            : new(false, false, "", Earliest(renewal, trusted.NotAfter, CertificateLifetimes.RenewalOf(issuer.NotBefore, issuer.NotAfter)));
    }

    private static bool Valid(AuthorityFacts authority, DateTimeOffset now) => authority.NotBefore <= now && now < authority.NotAfter;

    private static bool Trusted(LeafFacts leaf, CertificateFacts facts, DateTimeOffset now) =>
        leaf.NotBefore <= now && now < leaf.NotAfter && facts.Authorities.Any(a => a.Id == leaf.IssuedBy && Valid(a, now));

    private static string WhyLeaf(CertificateFacts facts, DateTimeOffset now) => facts switch
    {
        { Fault: { } fault } => fault,
        { Leaf: null } => "There is no certificate.",
        { Leaf: var leaf } when now >= leaf.NotAfter => $"The certificate expired on {leaf.NotAfter:yyyy-MM-dd}.",
        { Leaf: var leaf } when !Trusted(leaf, facts, now) => "The certificate is of no authority that is trusted.",
        _ => "The certificate is made out for other names.",
    };

    private static DateTimeOffset Earliest(params ReadOnlySpan<DateTimeOffset> times)
    {
        var earliest = times[0];
        foreach (var time in times)
        {
            earliest = time < earliest ? time : earliest;
        }

        return earliest;
    }
}
