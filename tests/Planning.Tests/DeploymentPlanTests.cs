namespace Nemotron.Planning.Tests;

public sealed class DeploymentPlanTests
{
    private const string Nano9B = "Nemotron-Nano-9B-v2";

    [Fact]
    public void A_hybrid_is_planned_for_as_many_sequences_as_there_is_state_for()
    {
        var plan = DeploymentPlan.Of(Plans.Request(Nano9B), null, null);
        plan.Fits.ShouldBeTrue();
        plan.Request.Concurrency.ShouldBeInRange(100, 511);
        ((long)plan.Request.Concurrency).ShouldBe(plan.MaxSequences);
        // The state of all, of the padding slot, and the cache of the tokens: none is promised twice.
        ((plan.Request.Concurrency + 1) * plan.StateBytesPerSequence + plan.KvTokens * plan.KvBytesPerToken).ShouldBeLessThanOrEqualTo(plan.CacheBudgetBytes);
        plan.KvTokens.ShouldBeGreaterThanOrEqualTo(plan.Request.Concurrency * 4096L);
    }

    [Fact]
    public void No_more_than_an_engine_handles_well() =>
        DeploymentPlan.Of(Plans.Request(Nano9B, 8), 128, null).Request.Concurrency.ShouldBe(512);

    [Fact]
    public void The_longest_context_asked_for_fits_beside_the_state_of_all()
    {
        // 22 GiB: at 4096 tokens a dozen sequences fit, beside whose state there is no room for the longest.
        var request = Plans.Request(Nano9B) with { GpuMemoryMiB = 24200 };
        var unasked = DeploymentPlan.Of(request, null, null);
        var asked = DeploymentPlan.Of(request, 131_072, null);
        asked.Fits.ShouldBeTrue();
        unasked.KvTokens.ShouldBeLessThan(131_072);
        asked.Request.Concurrency.ShouldBeLessThan(unasked.Request.Concurrency);
        asked.KvTokens.ShouldBeGreaterThanOrEqualTo(131_072);
        MemoryPlanner.Plan(asked.Request with { Concurrency = asked.Request.Concurrency + 1 }).KvTokens.ShouldBeLessThan(131_072);
    }

    [Fact]
    public void As_many_sequences_as_were_asked_for_are_planned_without_a_context_too()
    {
        DeploymentPlan.Of(Plans.Request(Nano9B), null, 16).Request.Concurrency.ShouldBe(16);
        var refused = DeploymentPlan.Of(Plans.Request(Nano9B), null, 512);
        refused.Fits.ShouldBeFalse();
        refused.Findings[0].Kind.ShouldBe(PlanFindingKind.Memory);
    }

    [Fact]
    public void A_context_beyond_the_models_is_still_said()
    {
        DeploymentPlan.Of(Plans.Request(Nano9B), 200_000, null).Findings.ShouldContain(finding => finding.Kind == PlanFindingKind.ContextBeyondModel);
    }

    [Theory]
    [InlineData(null, null, 4096, 1)]
    [InlineData(null, 64, 4096, 1)]
    [InlineData(8192, null, 8192, 1)]
    [InlineData(8192, 4, 8192, 4)]
    public void Without_state_only_what_was_asked_for_must_fit(int? context, int? sequences, int planned, int concurrency)
    {
        var plan = DeploymentPlan.Of(Plans.Request("Nano"), context, sequences);
        (plan.ContextTokens, plan.Request.Concurrency).ShouldBe((planned, concurrency));
    }
}
