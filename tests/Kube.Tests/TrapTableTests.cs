using System.Reflection;
using System.Text.RegularExpressions;

namespace Nemotron.Kube.Tests;

/// <summary>Holds <c>docs/runtime-traps.md</c> true: what it names exists and is run.</summary>
public sealed partial class TrapTableTests
{
    [Fact]
    public void EveryTestNamedInTheTable_Exists()
    {
        var text = File.ReadAllText(Path.Combine(Root(), "docs", "runtime-traps.md"));
        var tests = typeof(TrapTableTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .Where(method => method.GetCustomAttributes().Any(a => a is FactAttribute))
            .Select(method => $"{method.DeclaringType!.Name}.{method.Name}")
            .ToHashSet();
        var named = TestName().Matches(text).Select(match => match.Groups[1].Value).ToList();
        named.Count.ShouldBeGreaterThan(40);
        named.Where(name => !tests.Contains(name)).ShouldBeEmpty();
        text.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| ---", StringComparison.Ordinal) && !line.StartsWith("| Weakness", StringComparison.Ordinal))
            .Where(line => !TestName().IsMatch(line) && !line.Contains("bench/", StringComparison.Ordinal))
            .ShouldBeEmpty("each weakness has a test, or a measurement");
    }

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "NemotronOperator.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("NemotronOperator.sln is in no folder above the test binaries.");
    }

    [GeneratedRegex("`([A-Za-z]+Tests?\\.[A-Za-z0-9_]+|[A-Za-z]+Properties\\.[A-Za-z0-9_]+)`")]
    private static partial Regex TestName();
}
