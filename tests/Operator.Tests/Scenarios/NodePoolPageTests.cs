using System.Text.RegularExpressions;
using Nemotron.Lab.Nodes;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>The examples of docs/node-pools.md are accepted by the API.</summary>
public partial class NodePoolPageTests
{
    [Fact]
    public async Task Every_example_is_valid()
    {
        var examples = Yaml().Matches(await File.ReadAllTextAsync(Repository.PathOf("docs", "node-pools.md"), TestContext.Current.CancellationToken)).Select(match => match.Groups[1].Value).ToList();
        examples.Count.ShouldBe(4);
        await using var cluster = await TestCluster.StartAsync("", with: LabAddOns.None);
        foreach (var example in examples) await cluster.ApplyAsync(example);
    }

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Yaml();
}
