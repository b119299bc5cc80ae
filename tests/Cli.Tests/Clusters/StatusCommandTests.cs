using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nemotron.Cli.Tests.Clusters;

public sealed class StatusCommandTests
{
    [Fact]
    public async Task A_tree_says_what_is_wrong_first_and_shows_pods_and_the_last_change()
    {
        await using var lab = await PluginLab.StartAsync();
        await lab.ApplyAsync(Seeds.All(Seeds.Namespace, Seeds.Super, Seeds.Pod("super-a"), Seeds.Pod("super-b")));
        var run = lab.Run("status", "super", "-n", "models");
        run.ShouldSatisfyAllConditions(
            () => run.ExitCode.ShouldBe(0, run.Error),
            () => run.Out.ShouldStartWith("models/super  PartiallyReady"),
            () => run.Out.ShouldContain("Super, TP 2, FP8 (KV FP8), TrtLlmServe 1.2.0, reasoning On (Default), pool h100 (H100-SXM), context 131072"),
            () => run.Out.ShouldContain("3 desired, 2 ready, 3 updated; set by the autoscaler, 1 to 4"),
            () => run.Out.ShouldContain("71 % of the KV cache, 2400 tokens/s"),
            () => run.Out.ShouldContain("super-a  waiting  no node  2 GPUs"),
            () => run.Out.ShouldContain("from 2 to 3 "),
            () => run.Out.ShouldContain("(Throughput): Up from 2 to 3 replicas"),
            () => run.Out.IndexOf("✗ Ready=False", StringComparison.Ordinal).ShouldBeInRange(0, run.Out.IndexOf("✓ Accepted=True", StringComparison.Ordinal)),
            () => run.Out.ShouldNotContain("\e["));
    }

    [Fact]
    public async Task Json_and_yaml_name_the_same_fields()
    {
        await using var lab = await PluginLab.StartAsync();
        await lab.ApplyAsync(Seeds.All(Seeds.Namespace, Seeds.Super, Seeds.Pod("super-a")));
        var report = JsonDocument.Parse(lab.Run("status", "super", "-n", "models", "-o", "json").Out).RootElement;
        report.GetProperty("ready").GetInt32().ShouldBe(2);
        report.GetProperty("pods")[0].GetProperty("phase").GetString().ShouldBe("waiting");
        report.GetProperty("conditions")[0].GetProperty("verdict").GetString().ShouldBe("Bad");
        var yaml = lab.Run("status", "super", "-n", "models", "-o", "yaml").Out;
        foreach (var field in report.EnumerateObject()) yaml.ShouldContain($"{field.Name}:");
        var all = JsonDocument.Parse(lab.Run("status", "-A", "-o", "json").Out).RootElement;
        all.GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task What_is_not_there_is_said_with_its_own_exit_code()
    {
        await using var lab = await PluginLab.StartAsync();
        await lab.ApplyAsync(Seeds.All(Seeds.Namespace, Seeds.Super));
        lab.Run("status", "supper", "-n", "models").ShouldSatisfyAllConditions(
            run => run.ExitCode.ShouldBe(ExitCodes.NotFound), run => run.Error.ShouldContain("did you mean super"), run => run.Out.ShouldBeEmpty());
        lab.Run("status", "super").Error.ShouldContain("namespace default has no NemotronDeployment 'super', and no other either");
        lab.Run("status").Error.ShouldContain("no NemotronDeployment in namespace default");
        lab.Run("status", "super", "-A").ExitCode.ShouldBe(ExitCodes.BadInput);
        lab.Run("status", "-A", "-n", "models").Error.ShouldContain("give -n or -A, not both");
        await lab.DeleteAsync("apis/apiextensions.k8s.io/v1/customresourcedefinitions/nemotrondeployments.serving.nemotron.dev");
        lab.Run("status").ShouldSatisfyAllConditions(run => run.ExitCode.ShouldBe(ExitCodes.NotFound), run => run.Error.ShouldContain("the CRDs are not installed"));
    }

    [Fact]
    public async Task Without_an_answer_the_error_names_the_fault()
    {
        string kubeconfig;
        await using (var lab = await PluginLab.StartAsync(crds: false))
        {
            kubeconfig = Path.GetTempFileName();
            lab.Lab.WriteKubeconfig(kubeconfig);
            await lab.PatchAsync("api/v1/namespaces/default", new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["a"] = "b" } } });
            Cli.Run("status", "--kubeconfig", kubeconfig, "--context", "elsewhere").ShouldSatisfyAllConditions(
                run => run.ExitCode.ShouldBe(ExitCodes.NoAnswer), run => run.Error.ShouldContain("there is no context 'elsewhere', but "));
        }

        Cli.Run("status", "--kubeconfig", kubeconfig).ShouldSatisfyAllConditions(
            run => run.ExitCode.ShouldBe(ExitCodes.NoAnswer), run => run.Error.ShouldContain("The API server is unreachable"));
        File.Delete(kubeconfig);
        Cli.Run("status", "--kubeconfig", kubeconfig).ShouldSatisfyAllConditions(
            run => run.ExitCode.ShouldBe(ExitCodes.NoAnswer), run => run.Error.ShouldContain(kubeconfig));
        Cli.Run("status", "--request-timeout", "soon").ExitCode.ShouldBe(ExitCodes.BadInput);
    }
}
