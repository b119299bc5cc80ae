using System.Reflection;
using System.Text.RegularExpressions;

namespace Nemotron.Cli.Tests;

/// <summary>docs/kubectl-plugin.md names every command, every exit code, and no option that there is not.</summary>
public sealed partial class PluginPageTests
{
    private static readonly string Page = File.ReadAllText(Repository.PathOf("docs", "kubectl-plugin.md"));

    [Fact]
    public void Every_command_has_a_row()
    {
        var commands = Cli.Run("__complete", "").Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)[..^1];
        commands.Length.ShouldBeGreaterThan(8);
        Command().Matches(Page).Select(row => row.Groups[1].Value).Order(StringComparer.Ordinal).ShouldBe(commands.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_exit_code_has_a_row()
    {
        var codes = typeof(ExitCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(code => (int)code.GetRawConstantValue()!).Distinct();
        Code().Matches(Page).Select(row => int.Parse(row.Groups[1].Value)).Order().ShouldBe(codes.Order());
    }

    [Fact]
    public void Every_option_it_names_exists()
    {
        var known = new[] { "status", "explain", "top", "doctor", "support-bundle" }.Select(command => Cli.Run(command, "--help").Out).ToList();
        var named = Option().Matches(Page).Select(option => option.Value).Distinct().ToList();
        named.Count.ShouldBeGreaterThan(6);
        foreach (var option in named) known.ShouldContain(help => help.Contains(option, StringComparison.Ordinal), option);
    }

    [GeneratedRegex(@"^\| `kubectl nemotron ([-a-z]+)", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex(@"^\| ([0-9]+) \|", RegexOptions.Multiline)]
    private static partial Regex Code();

    [GeneratedRegex("(?<=`)--[a-z-]+")]
    private static partial Regex Option();
}
