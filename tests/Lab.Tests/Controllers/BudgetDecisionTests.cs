using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers.Disruption;

namespace Nemotron.Lab.Controllers.Tests;

public class BudgetDecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    // minAvailable, maxUnavailable, pods, ready, scale → expected, desired, allowed
    [InlineData("1", null, 3, 3, 3, 3, 1, 2)]
    [InlineData("3", null, 3, 2, 3, 3, 3, 0)]
    [InlineData("\"50%\"", null, 3, 3, 5, 5, 3, 0)]
    [InlineData(null, "1", 3, 3, 3, 3, 2, 1)]
    [InlineData(null, "\"34%\"", 3, 3, 3, 3, 1, 2)]
    [InlineData(null, "\"100%\"", 3, 1, 3, 3, 0, 1)]
    [InlineData("1", null, 0, 0, 0, 0, 1, 0)]
    [InlineData(null, "5", 2, 2, 2, 2, 0, 2)]
    public void Budgets_count(string? min, string? max, int pods, int ready, int scale, int expected, int desired, int allowed)
    {
        var status = BudgetDecision.Decide(Field(min), Field(max), Pods(pods, ready), scale, new Dictionary<string, DateTimeOffset>(), Now);
        (status.ExpectedPods, status.DesiredHealthy, status.DisruptionsAllowed).ShouldBe((expected, desired, allowed));
    }

    [Fact]
    public void A_granted_eviction_counts_until_it_happens_or_is_two_minutes_old()
    {
        var granted = new Dictionary<string, DateTimeOffset> { ["p0"] = Now.AddSeconds(-30), ["p1"] = Now.AddMinutes(-2), ["gone"] = Now };
        var status = BudgetDecision.Decide(Field("1"), null, Pods(3, 3), 3, granted, Now);
        status.CurrentHealthy.ShouldBe(2);
        status.DisruptionsAllowed.ShouldBe(1);
        status.DisruptedPods.Keys.ShouldBe(["p0"]);
        status.LookAgain.ShouldBe(Now.AddSeconds(90));
    }

    [Fact]
    public async Task A_budget_follows_the_pods_of_its_deployment()
    {
        await using var lab = await TestPlane.StartAsync("2xH100:8");
        lab.Api.Create(BuiltIn.Deployments, "default", TestPlane.GpuDeployment("nano", 3, 1), "test");
        lab.Api.Create(BuiltIn.PodDisruptionBudgets, "default", (JsonObject)JsonNode.Parse("""
            { "metadata": { "name": "nano" }, "spec": { "maxUnavailable": 1, "selector": { "matchLabels": { "app": "nano" } } } }
            """)!, "test");
        await lab.UntilAsync(() => lab.Api.Get(BuiltIn.PodDisruptionBudgets, "default", "nano").Whole("status", "disruptionsAllowed") == 1, "one disruption allowed");
        var budget = lab.Api.Get(BuiltIn.PodDisruptionBudgets, "default", "nano")!;
        budget.Whole("status", "expectedPods").ShouldBe(3);
        budget.Whole("status", "desiredHealthy").ShouldBe(2);
        budget.Condition("DisruptionAllowed").Text("reason").ShouldBe("SufficientPods");
    }

    private static JsonNode? Field(string? json) => json is null ? null : JsonNode.Parse(json);

    private static BudgetedPod[] Pods(int count, int ready) => [.. Enumerable.Range(0, count).Select(i => new BudgetedPod($"p{i}", i < ready, false))];
}
