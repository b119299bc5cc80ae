namespace Nemotron.Kube.Tests;

public sealed class CertificateDecisionTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly CertificateLifetimes Lifetimes = new();
    private static readonly string[] Names = ["hook.ns.svc", "hook"];

    [Fact]
    public void NothingThere_AllIsMade() => Decide(0, new([], null, null)).ShouldBe((true, true, "There is no certificate."));

    [Fact]
    public void Garbage_AllIsMadeAndTheReasonTold() => Decide(0, new([], null, "ca.crt is not readable.")).ShouldBe((true, true, "ca.crt is not readable."));

    [Fact]
    public void Fresh_IsKept()
    {
        var decision = CertificateDecision.Decide(Start, Facts(), Names, Lifetimes);
        decision.Keep.ShouldBeTrue();
        decision.NextCheck.ShouldBe(Start - Lifetimes.Skew + ((Lifetimes.Leaf + Lifetimes.Skew) * 2 / 3));
    }

    [Theory]
    [InlineData(59, false, false)]
    [InlineData(61, false, true)]
    [InlineData(89, false, true)]
    public void Leaf_IsRenewedAtTwoThirds(int day, bool authority, bool leaf)
    {
        var (newAuthority, newLeaf, why) = Decide(day, Facts());
        (newAuthority, newLeaf).ShouldBe((authority, leaf));
        if (leaf)
        {
            why.ShouldBe("The certificate expires on 2026-04-01.");
        }
    }

    [Theory]
    [InlineData(240, false)]
    [InlineData(244, true)]
    public void Authority_IsRenewedAtTwoThirds_AndTheLeafStays(int day, bool authority)
    {
        var (newAuthority, newLeaf, _) = Decide(day, Facts(leafDay: day - 10));
        (newAuthority, newLeaf).ShouldBe((authority, false));
    }

    [Fact]
    public void Leaf_WaitsUntilItsNewAuthorityIsKnownEverywhere()
    {
        // The leaf is due, and there is an authority of half an hour.
        var old = new AuthorityFacts("old", Day(0), Day(365), HasKey: false);
        var young = new AuthorityFacts("young", Day(250) - Lifetimes.Skew, Day(250) + Lifetimes.Authority, HasKey: true);
        var leaf = new LeafFacts("old", Day(180), Day(270), Names);
        var facts = new CertificateFacts([young, old], leaf, null);
        var soon = CertificateDecision.Decide(Day(250).AddMinutes(30), facts, Names, Lifetimes);
        soon.Keep.ShouldBeTrue();
        soon.NextCheck.ShouldBe(Day(250) + Lifetimes.Propagation);
        CertificateDecision.Decide(soon.NextCheck, facts, Names, Lifetimes).NewLeaf.ShouldBeTrue();
    }

    [Fact]
    public void Leaf_ThatCannotWait_DoesNot()
    {
        var young = new AuthorityFacts("young", Day(250) - Lifetimes.Skew, Day(250) + Lifetimes.Authority, HasKey: true);
        CertificateDecision.Decide(Day(250).AddMinutes(1), new([young], new("gone", Day(180), Day(270), Names), null), Names, Lifetimes).NewLeaf.ShouldBeTrue();
    }

    [Fact]
    public void Leaf_ForOtherNames_IsMadeAnew() => Decide(1, Facts(names: ["other.ns.svc"])).ShouldBe((false, true, "The certificate is made out for other names."));

    [Fact]
    public void Expired_LeafAndAuthority_AreBothMadeAnew() => Decide(400, Facts()).ShouldBe((true, true, "The certificate expired on 2026-04-01."));

    [Fact]
    public void Authority_WithoutItsKey_IsReplaced_AndTheLeafStays()
    {
        var keyless = Facts() with { Authorities = [new("a", Day(0), Day(365), HasKey: false)], Fault = "ca.key is not the key of the first certificate in ca.crt." };
        Decide(1, keyless).ShouldBe((true, false, "ca.key is not the key of the first certificate in ca.crt."));
    }

    [Fact]
    public void Authority_FromTheFuture_DoesNotSign() => Decide(-10, Facts()).ShouldBe((true, true, "The certificate is of no authority that is trusted."));

    private static DateTimeOffset Day(double day) => Start.AddDays(day);

    private static CertificateFacts Facts(double leafDay = 0, string[]? names = null) => new(
        [new("a", Start - Lifetimes.Skew, Start + Lifetimes.Authority, HasKey: true)],
        new("a", Day(leafDay) - Lifetimes.Skew, Day(leafDay) + Lifetimes.Leaf, names ?? Names),
        null);

    private static (bool Authority, bool Leaf, string Why) Decide(double day, CertificateFacts facts)
    {
        var decision = CertificateDecision.Decide(Day(day), facts, Names, Lifetimes);
        return (decision.NewAuthority, decision.NewLeaf, decision.Why);
    }
}
