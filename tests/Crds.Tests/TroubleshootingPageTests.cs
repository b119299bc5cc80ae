using System.Reflection;
using System.Text.RegularExpressions;

namespace Nemotron.Crds.Tests;

/// <summary>Whoever meets a condition or reason finds it in docs/troubleshooting.md.</summary>
public partial class TroubleshootingPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "troubleshooting.md"));

    [Fact]
    public void EveryReason_HasOneRow_AndEveryRowIsAReason()
    {
        var rows = Row().Matches(Page).Select(row => row.Groups["reason"].Value).ToList();
        rows.ShouldBeUnique();
        rows.Order(StringComparer.Ordinal).ShouldBe(Constants(typeof(ConditionReasons)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void EveryRow_SaysWhatItMeansAndWhatToDo()
    {
        foreach (Match row in Row().Matches(Page))
        {
            row.Groups["meaning"].Value.Trim().ShouldNotBeEmpty(row.Value);
            row.Groups["action"].Value.Trim().ShouldNotBeEmpty(row.Value);
        }
    }

    [Fact]
    public void EveryConditionType_HasASection()
    {
        foreach (var type in Constants(typeof(ConditionTypes))) Page.ShouldContain($"\n## {type}: ");
    }

    private static IEnumerable<string> Constants(Type type) => type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(constant => (string)constant.GetRawConstantValue()!);

    [GeneratedRegex(@"^\| `(?<reason>[A-Za-z]+)` \|(?<meaning>[^|]*)\|(?<action>[^|]*)\|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
