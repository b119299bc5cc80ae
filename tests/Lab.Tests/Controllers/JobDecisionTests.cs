using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers.Workloads;

namespace Nemotron.Lab.Controllers.Tests;

public class JobDecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    // completions, parallelism, pods (R running, S succeeded, F failed, D going) → create, delete, verdict
    [InlineData(1, 1, "", 1, 0, null)]
    [InlineData(5, 2, "SS", 2, 0, null)]
    [InlineData(5, 3, "SSSSR", 0, 0, null)]
    [InlineData(5, 2, "SSSSS", 0, 0, "Complete")]
    [InlineData(2, 2, "SRR", 0, 1, null)]
    [InlineData(1, 1, "D", 1, 0, null)]
    [InlineData(1, 1, "FF", 1, 0, null)]
    [InlineData(1, 1, "FFFR", 0, 1, "Failed")]
    [InlineData(null, 3, "R", 2, 0, null)]
    [InlineData(null, 3, "SR", 0, 0, null)]
    [InlineData(null, 3, "S", 0, 0, "Complete")]
    public void Jobs_run_as_many_pods_as_they_still_need(int? completions, int parallelism, string pods, int create, int delete, string? verdict)
    {
        var plan = JobDecision.Decide(new(completions, parallelism, 2), Pods(pods), Now);
        (plan.Create, plan.Delete.Count, plan.Verdict).ShouldBe((create, delete, verdict));
    }

    [Fact]
    public void A_suspended_job_has_no_pods_and_a_late_one_fails()
    {
        JobDecision.Decide(new(3, 3, 6) { Suspended = true }, Pods("RR"), Now).Delete.Count.ShouldBe(2);
        var late = JobDecision.Decide(new(1, 1, 6) { Deadline = Now }, Pods("R"), Now);
        (late.Verdict, late.Reason, late.Delete.Count).ShouldBe(("Failed", "DeadlineExceeded", 1));
    }

    [Fact]
    public async Task A_preload_job_completes_on_its_node_and_expires()
    {
        await using var lab = await TestPlane.StartAsync("1xH100:8");
        lab.Api.Create(BuiltIn.Jobs, "default", (JsonObject)JsonNode.Parse("""
            { "metadata": { "name": "preload" }, "spec": { "completions": 2, "parallelism": 1, "ttlSecondsAfterFinished": 100,
              "template": { "metadata": { "labels": { "job": "preload" } }, "spec": { "restartPolicy": "Never", "containers": [ { "name": "fetch", "image": "f:1" } ] } } } }
            """)!, "test");
        await lab.UntilAsync(() => lab.Api.Get(BuiltIn.Jobs, "default", "preload") is { } job && job.ConditionIsTrue("Complete") && job.Whole("status", "succeeded") == 2, "complete");
        lab.Pods().Count.ShouldBe(2);
        await lab.UntilAsync(() => lab.Api.Get(BuiltIn.Jobs, "default", "preload") is null && lab.Pods().Count == 0, "expired and collected");
    }

    private static PodFacts[] Pods(string states) =>
    [
        .. states.Select((state, i) => new PodFacts
        {
            Name = $"p{i}", Uid = $"p{i}", Phase = state switch { 'S' => "Succeeded", 'F' => "Failed", _ => "Running" }, Deleting = state == 'D', Created = Now.AddSeconds(i),
        }),
    ];
}
