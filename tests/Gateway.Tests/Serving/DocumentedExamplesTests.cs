using System.Text;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Serving;

/// <summary>Holds the examples of docs/reasoning.md to what the gateway does.</summary>
public class DocumentedExamplesTests
{
    private static readonly string[] Page = File.ReadAllLines(Repository.PathOf("docs", "reasoning.md"));

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_example_does_what_the_page_says()
    {
        await using var engine = await StubEngine.StartAsync();
        var examples = Blocks("example").ToArray();
        examples.Length.ShouldBeGreaterThan(10);
        foreach (var example in examples)
        {
            var name = string.Join('\n', example);
            engine.Seen.Clear();
            await using var gateway = await RunningGateway.StartAsync(GatewaySettingsYaml.Parse("example", $"upstream: {engine.Address}\n{Lines(example, "settings").Single()}"));
            var client = Lines(example, "client").ToArray();
            var headers = client[1..^1].Select(line => line.Split(": ", 2)).Select(parts => (parts[0], parts[1])).ToArray();
            using var answer = await gateway.PostAsync(client[0]["POST ".Length..], client[^1], headers);
            var body = await answer.Content.ReadAsStringAsync(Cancelled);
            engine.Seen.Select(seen => Encoding.UTF8.GetString(seen.Body)).ShouldBe(Lines(example, "engine"), name);
            answer.IsSuccessStatusCode.ShouldBe(Lines(example, "engine").Any(), name);
            foreach (var line in Lines(example, "answer"))
            {
                if (!line.StartsWith("X-", StringComparison.Ordinal)) body.ShouldContain(line);
                else answer.Headers.Select(header => $"{header.Key}: {header.Value.Single()}").ShouldContain(line, name);
            }
        }
    }

    [Fact]
    public void The_settings_shown_are_all_there_are_and_valid()
    {
        var text = string.Join('\n', Blocks("yaml gateway").Single());
        var settings = GatewaySettingsYaml.Parse("docs/reasoning.md", text);
        // What is not the default is written again, so no key that the page shows is read into nothing.
        foreach (var key in GatewaySettingsYaml.Render(settings).Split('\n').Where(line => line.Contains(':', StringComparison.Ordinal)).Select(line => line.Split(':')[0].Trim())) text.ShouldContain(key + ":");
    }

    [Fact]
    public async Task The_metrics_shown_are_there()
    {
        await using var engine = await StubEngine.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address));
        using (await gateway.ChatAsync("\"stream\":true")) { }
        var metrics = await gateway.Admin.GetStringAsync("/metrics", Cancelled);
        var shown = System.Text.RegularExpressions.Regex.Matches(string.Join('\n', Page), "`(?:nemotron_gateway_|…_)([a-z_]+)[{`]").Select(match => "nemotron_gateway_" + match.Groups[1].Value).Distinct().ToArray();
        shown.Length.ShouldBeGreaterThan(15);
        foreach (var name in shown) metrics.ShouldContain($"# HELP {name} ");
        foreach (var line in metrics.Split('\n').Where(line => line.StartsWith("# HELP nemotron_", StringComparison.Ordinal))) shown.ShouldContain(line.Split(' ')[2]);
    }

    private static IEnumerable<string> Lines(IEnumerable<string> example, string what) =>
        example.Where(line => line.StartsWith(what + ": ", StringComparison.Ordinal)).Select(line => line[(what.Length + 2)..]);

    private static IEnumerable<List<string>> Blocks(string kind)
    {
        List<string>? block = null;
        foreach (var line in Page)
        {
            if (line == "```" + kind) block = [];
            else if (line == "```" && block is not null)
            {
                yield return block;
                block = null;
            }
            else block?.Add(line);
        }
    }
}
