using Nemotron.Controllers.Fleets;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Fleets;

/// <summary>Who stands in for whom, when, and until when.</summary>
public class TierFallbackTests
{
    private readonly TierFallback _fallback = new();
    private readonly NemotronFleet _fleet = new() { Spec = new NemotronFleetSpec { TierFallback = new TierFallbackSpec { Enabled = true, After = TimeSpan.FromMinutes(2), BackAfter = TimeSpan.FromMinutes(3) } } };
    private DateTimeOffset _now = Now;

    [Fact]
    public void The_next_smaller_tier_stands_in_after_a_while_and_the_smallest_when_that_is_gone_too()
    {
        Decide(0, Ultra(false), Super(true), Nano(true)).ShouldBe([]);
        Decide(1, Ultra(false), Super(true), Nano(true)).ShouldBe([]);
        Decide(1, Ultra(false), Super(true), Nano(true)).ShouldBe(["ultra by super"]);
        Decide(1, Ultra(false), Super(false), Nano(true)).ShouldBe(["ultra by nano"]);
        // Super has its own stand-in by now, and is not sent back and forth.
        Decide(2, Ultra(false), Super(false), Nano(true)).ShouldBe(["ultra by nano", "super by nano"]);
        Decide(1, Ultra(false), Super(true), Nano(true)).ShouldBe(["ultra by nano", "super by nano"]);
    }

    [Fact]
    public void Clients_return_when_their_own_tier_has_been_back_for_a_while()
    {
        Decide(0, Ultra(false), Super(true));
        Decide(2, Ultra(false), Super(true)).ShouldBe(["ultra by super"]);
        Decide(1, Ultra(true), Super(true)).ShouldBe(["ultra by super"]);
        Decide(1, Ultra(false), Super(true)).ShouldBe(["ultra by super"]);
        Decide(1, Ultra(true), Super(true)).ShouldBe(["ultra by super"]);
        Decide(3, Ultra(true), Super(true)).ShouldBe([]);
        Decide(1, Ultra(false), Super(true)).ShouldBe([], "it has only just gone again");
    }

    [Fact]
    public void Nobody_stands_in_who_has_no_replica_or_is_below_the_lowest_or_speaks_otherwise_or_is_not_wanted()
    {
        var triton = Super(true);
        triton.Entity.Spec = triton.Entity.Spec with { Engine = new EngineSpec { Type = EngineKind.Triton } };
        Decide(0, Ultra(false), triton);
        Decide(9, Ultra(false), triton).ShouldBe([]);
        Decide(9, Ultra(false), Super(false)).ShouldBe([]);
        Decide(9, Ultra(false) with { Demand = new FleetDemand("h100", new(1, 8), 0) }, Super(true)).ShouldBe([]);
        _fleet.Spec = _fleet.Spec with { TierFallback = _fleet.Spec.TierFallback! with { Lowest = ModelTier.Super } };
        Decide(9, Ultra(false), Nano(true));
        Decide(9, Ultra(false), Nano(true)).ShouldBe([]);
    }

    [Fact]
    public void What_is_paused_or_cannot_be_started_keeps_whom_it_is_led_to()
    {
        FleetMemberState Held(bool serves) => Ultra(serves) with { Demand = null };
        Decide(0, Held(false), Super(true));
        Decide(9, Held(false), Super(true)).ShouldBe([]);
        // It waits anew from when it may be led to another.
        Decide(0, Ultra(false), Super(true)).ShouldBe([]);
        Decide(2, Ultra(false), Super(true)).ShouldBe(["ultra by super"]);
        Decide(9, Held(true), Super(true)).ShouldBe(["ultra by super"]);
        Decide(9, Held(true), Super(false)).ShouldBe(["ultra by super"]);
        Decide(0, Ultra(true), Super(true)).ShouldBe(["ultra by super"]);
        Decide(3, Ultra(true), Super(true)).ShouldBe([]);
    }

    [Fact]
    public void Nobody_stands_in_with_other_keys_or_another_certificate()
    {
        GatewaySpec Guarded(string keys, string certificate) => new() { ApiKeysSecretRef = new SecretKeyReference { Name = keys, Key = "api" }, Tls = new GatewayTlsSpec { SecretName = certificate } };
        FleetMemberState With(FleetMemberState member, GatewaySpec gateway)
        {
            member.Entity.Spec = member.Entity.Spec with { Gateway = gateway };
            return member;
        }

        var ultra = With(Ultra(false), Guarded("a", "c"));
        foreach (var super in new[] { Super(true), With(Super(true), Guarded("b", "c")), With(Super(true), Guarded("a", "d")) })
        {
            Decide(9, ultra, super);
            Decide(9, ultra, super).ShouldBe([]);
        }

        Decide(9, ultra, With(Super(true), Guarded("a", "c"))).ShouldBe(["ultra by super"]);
    }

    [Fact]
    public void A_new_leader_goes_on_from_the_status_and_switching_it_off_ends_it()
    {
        _fleet.Status = new NemotronFleetStatus { Fallbacks = [new FallbackStatus { Namespace = "models", Name = "ultra", ServedBy = "nano", Since = Now.UtcDateTime }] };
        Decide(0, Ultra(false), Super(true), Nano(true)).ShouldBe(["ultra by nano"]);
        _fleet.Spec = _fleet.Spec with { TierFallback = _fleet.Spec.TierFallback! with { Enabled = false } };
        Decide(1, Ultra(false), Super(true), Nano(true)).ShouldBe([]);
    }

    private IEnumerable<string> Decide(int minutes, params FleetMemberState[] members)
    {
        _now += TimeSpan.FromMinutes(minutes);
        return _fallback.Decide(_fleet, members, _now).Select(row => $"{row.Name} by {row.ServedBy}");
    }

    private static FleetMemberState Ultra(bool serves) => Member("ultra", ModelTier.Ultra, serves);

    private static FleetMemberState Super(bool serves) => Member("super", ModelTier.Super, serves);

    private static FleetMemberState Nano(bool serves) => Member("nano", ModelTier.Nano, serves);

    private static FleetMemberState Member(string name, ModelTier tier, bool serves)
    {
        IReadOnlyList<PodView> pods = serves ? [APod($"{name}-0", ready: true, node: "n0").Of(name)] : [];
        return new(ADeployment(name, new() { Model = tier }), null, new FleetDemand("h100", new(1, 1), 1), pods, []);
    }
}
