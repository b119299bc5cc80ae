using System.Text.Json.Nodes;

namespace Nemotron.Lab.Tests.Api;

/// <summary>Evictions, asked for in earnest and as a dry run.</summary>
public class EvictionTests
{
    private const string Pods = "/api/v1/namespaces/default/pods";
    private const string Budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";

    [Theory]
    // In the options of the deletion, as client-go sends it; and of the request.
    [InlineData("", ""","deleteOptions":{"dryRun":["All"]}""")]
    [InlineData("?dryRun=All", "")]
    public async Task A_dry_run_answers_as_the_eviction_would_and_changes_nothing(string query, string options)
    {
        await using var lab = await StartAsync();
        var (pod, budget) = (await ReadAsync(lab, $"{Pods}/p"), await ReadAsync(lab, $"{Budgets}/b"));
        (await EvictAsync(lab, query, options)).Code.ShouldBe(201);
        (await ReadAsync(lab, $"{Pods}/p")).ShouldBe(pod);
        (await ReadAsync(lab, $"{Budgets}/b")).ShouldBe(budget);

        await AllowAsync(lab, 0);
        budget = await ReadAsync(lab, $"{Budgets}/b");
        var refused = await EvictAsync(lab, query, options);
        (refused.Code, (string?)refused.Body["details"]!["causes"]![0]!["reason"]).ShouldBe((429, "DisruptionBudget"));
        (await ReadAsync(lab, $"{Pods}/p")).ShouldBe(pod);
        (await ReadAsync(lab, $"{Budgets}/b")).ShouldBe(budget);
    }

    [Fact]
    public async Task An_eviction_takes_from_the_budget_and_asks_the_pod_to_go()
    {
        await using var lab = await StartAsync();
        (await EvictAsync(lab, "", "")).Code.ShouldBe(201);
        var pod = JsonNode.Parse(await ReadAsync(lab, $"{Pods}/p"))!;
        pod["metadata"]!["deletionTimestamp"].ShouldNotBeNull();
        pod["status"]!["conditions"]!.AsArray().ShouldContain(condition => (string?)condition!["type"] == "DisruptionTarget");
        var budget = JsonNode.Parse(await ReadAsync(lab, $"{Budgets}/b"))!["status"]!;
        ((int)budget["disruptionsAllowed"]!, budget["disruptedPods"]!["p"] is not null).ShouldBe((0, true));
        // One that is on its way costs nothing more.
        (await EvictAsync(lab, "", "")).Code.ShouldBe(201);
    }

    [Fact]
    public async Task An_eviction_of_a_pod_that_has_been_replaced_is_a_conflict()
    {
        await using var lab = await StartAsync();
        var pod = await ReadAsync(lab, $"{Pods}/p");
        (await EvictAsync(lab, "", ""","deleteOptions":{"dryRun":["All"],"preconditions":{"uid":"another"}}""")).Code.ShouldBe(409);
        (await ReadAsync(lab, $"{Pods}/p")).ShouldBe(pod);
    }

    /// <summary>A pod that runs, and a budget that lets one go.</summary>
    private static async Task<LabFixture> StartAsync()
    {
        var lab = await LabFixture.StartAsync();
        await lab.SendAsync("POST", Pods, """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"app":"a"}},"spec":{"nodeName":"n","containers":[{"name":"c","image":"i"}]}}""");
        (await lab.SendAsync("PATCH", $"{Pods}/p/status", """{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}""", "application/merge-patch+json")).Code.ShouldBe(200);
        (await lab.SendAsync("POST", Budgets, """{"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"b"},"spec":{"minAvailable":0,"selector":{"matchLabels":{"app":"a"}}}}""")).Code.ShouldBe(201);
        await AllowAsync(lab, 1);
        return lab;
    }

    private static async Task AllowAsync(LabFixture lab, int disruptions) =>
        (await lab.SendAsync("PATCH", $"{Budgets}/b/status", $$"""{"status":{"disruptionsAllowed":{{disruptions}},"currentHealthy":1,"desiredHealthy":{{1 - disruptions}},"expectedPods":1,"observedGeneration":1} }""", "application/merge-patch+json")).Code.ShouldBe(200);

    private static Task<(int Code, JsonNode Body, System.Net.Http.Headers.HttpResponseHeaders Headers)> EvictAsync(LabFixture lab, string query, string options) =>
        lab.SendAsync("POST", $"{Pods}/p/eviction{query}", """{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p","namespace":"default"}""" + options + "}");

    private static async Task<string> ReadAsync(LabFixture lab, string path) => (await lab.SendAsync("GET", path)).Body.ToJsonString();
}
