using Nemotron.Cli.Tests.Clusters;

namespace Nemotron.Cli.Tests;

public sealed class CompletionCommandTests
{
    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    [InlineData("kubectl")]
    public void Every_script_asks_the_program(string shell)
    {
        var run = Cli.Run("completion", shell);
        run.ExitCode.ShouldBe(0);
        run.Out.ShouldContain("kubectl-nemotron __complete");
    }

    [Fact]
    public void An_unknown_shell_is_bad_input() => Cli.Run("completion", "tcsh").ExitCode.ShouldBe(ExitCodes.BadInput);

    [Fact]
    public void Commands_and_options_are_completed()
    {
        Ask("").ShouldBe(["completion", "doctor", "explain", "gpus", "models", "plan", "predict", "simulate", "status", "support-bundle", "top"]);
        Ask("s").ShouldBe(["simulate", "status", "support-bundle"]);
        Ask("doctor", "--prom").ShouldBe(["--prometheus-ca-file", "--prometheus-token-file", "--prometheus-url"]);
        Ask("completion", "").ShouldBe(["bash", "fish", "kubectl", "zsh"]);
    }

    [Fact]
    public async Task Names_are_completed_from_the_cluster_and_a_dead_one_says_nothing()
    {
        string kubeconfig;
        await using (var lab = await PluginLab.StartAsync())
        {
            await lab.ApplyAsync(Seeds.All(Seeds.Namespace, Seeds.Super));
            Ask("status", "--kubeconfig", lab.Kubeconfig, "-n", "models", "s").ShouldBe(["super"]);
            kubeconfig = Path.GetTempFileName();
            File.Copy(lab.Kubeconfig, kubeconfig, overwrite: true);
        }

        Ask("status", "--kubeconfig", kubeconfig, "").ShouldBeEmpty();
        File.Delete(kubeconfig);
    }

    private static string[] Ask(params string[] words)
    {
        var run = Cli.Run(["__complete", .. words]);
        run.ExitCode.ShouldBe(0);
        var lines = run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[^1].ShouldBe(":4");
        return [.. lines[..^1].Order(StringComparer.Ordinal)];
    }
}
