using System.Text.Json;
using System.Text.Json.Nodes;
using Nemotron.Planning.Scaling;

namespace Nemotron.Cli.Tests.Clusters;

public sealed class ExplainCommandTests
{
    private const string Path = "apis/serving.nemotron.dev/v1alpha1/namespaces/models/nemotrondeployments/super";

    [Fact]
    public async Task The_decision_is_told_with_its_figures()
    {
        await using var lab = await PluginLab.StartAsync();
        await lab.ApplyAsync(Seeds.All(Seeds.Namespace, Seeds.Super));
        var run = lab.Run("explain", "super", "-n", "models");
        run.ShouldSatisfyAllConditions(
            () => run.ExitCode.ShouldBe(0, run.Error),
            () => run.Out.ShouldContain("models/super  3 replicas wanted, 2 serve; the autoscaler's number is 3"),
            () => run.Out.ShouldContain("Decision: Up from 2 to 3 replicas"),
            () => run.Out.ShouldContain("Throughput: Tokens per second ask for the most replicas."),
            () => run.Out.ShouldContain("3.5 requests/s, 1.25 thinking"),
            () => run.Out.ShouldContain("42, 7"),
            () => run.Out.ShouldContain("500 prompt, 200 output tokens; thinking 3000"),
            () => run.Out.ShouldContain("900000 tokens of KV cache, 64 sequences"),
            () => run.Out.ShouldMatch(@"a replica does +[0-9.]+ requests/s, or [0-9.]+ thinking ones"),
            () => run.Out.ShouldContain("200 s (measured)"),
            () => run.Out.ShouldContain("KV 80 %, throughput 80 %"),
            () => run.Out.ShouldContain("1 to 4"),
            () => run.Out.ShouldContain("a need must last 5m, at most 1 at a time"),
            () => run.Out.ShouldContain("Nothing holds the number"));
    }

    [Fact]
    public async Task What_holds_the_number_is_named_with_what_frees_it()
    {
        await using var lab = await PluginLab.StartAsync();
        await lab.ApplyAsync(Seeds.All(Seeds.Namespace, Seeds.Super));
        Obstacles(lab).ShouldBeEmpty();

        await lab.PatchAsync(Path, new() { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["serving.nemotron.dev/freeze-replicas"] = "true" } } });
        await lab.PatchAsync(Path, new() { ["spec"] = new JsonObject { ["autoscaling"] = new JsonObject { ["mode"] = "Recommend" } } });
        Obstacles(lab).ShouldBe(["Frozen", "RecommendOnly"]);
        lab.Run("explain", "super", "-n", "models").Out.ShouldContain("annotate nemo super serving.nemotron.dev/freeze-replicas-");

        await lab.PatchAsync(Path, new() { ["metadata"] = new JsonObject { ["annotations"] = null }, ["spec"] = new JsonObject { ["autoscaling"] = new JsonObject { ["mode"] = "Auto" } } });
        foreach (var (type, status, reason) in new[] { ("MetricsAvailable", "False", "PrometheusUnreachable"), ("ScalingLimited", "True", "AtMaxReplicas"), ("ScalingOwned", "False", "AnotherScaler") })
        {
            await lab.PatchAsync($"{Path}/status", new() { ["status"] = new JsonObject { ["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = type, ["status"] = status, ["reason"] = reason, ["message"] = "So it is.", ["lastTransitionTime"] = "2026-01-01T00:00:00Z",
            }) } });
            Obstacles(lab).ShouldBe([reason]);
        }

        await lab.PatchAsync(Path, new() { ["spec"] = new JsonObject { ["autoscaling"] = null, ["replicas"] = 2 } });
        Obstacles(lab).ShouldBe(["NoAutoscaling"]);
    }

    [Fact]
    public void Every_reason_has_a_meaning()
    {
        foreach (var reason in Enum.GetNames<ScalingReason>()) Explanations.ScalingReasons.Meaning(reason).ShouldNotBeNullOrEmpty(reason);
    }

    private static string[] Obstacles(PluginLab lab)
    {
        var run = lab.Run("explain", "super", "-n", "models", "-o", "json");
        run.ExitCode.ShouldBe(0, run.Error);
        return [.. JsonDocument.Parse(run.Out).RootElement.GetProperty("obstacles").EnumerateArray().Select(obstacle => obstacle.GetProperty("why").GetString()!)];
    }
}
