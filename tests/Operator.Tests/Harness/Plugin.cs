using Nemotron.Cli;

namespace Nemotron.Operator.Tests.Harness;

/// <summary>The kubectl plugin against a test's cluster.</summary>
internal static class Plugin
{
    /// <summary>Runs a command that must succeed.</summary>
    /// <returns>What it wrote to its output.</returns>
    public static string Run(TestCluster cluster, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = CommandLine.Run([.. args, "--kubeconfig", cluster.Kubeconfig], Terminal.Piped(TextReader.Null, output, error) with { Time = cluster.Lab.Time });
        code.ShouldBe(0, $"{output}{error}");
        return output.ToString();
    }
}
