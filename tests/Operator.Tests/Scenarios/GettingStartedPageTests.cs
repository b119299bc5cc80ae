using k8s;
using Nemotron.Crds;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>The commands of docs/getting-started.md for a cluster without GPUs do what the page says, one after the other.</summary>
public class GettingStartedPageTests
{
    [Fact]
    public async Task Fake_GPUs_take_the_fleet_as_far_as_the_page_says()
    {
        // As kind: a node without GPUs. The operator is in this process, where the page has helm install it (InstallTests does).
        await using var cluster = await TestCluster.StartAsync("1xCPU");
        await cluster.StartWithWebhooksAsync();
        var commands = Commands("## A kind cluster with fake GPUs", "Give a node eight H100").ToList();
        commands.Count.ShouldBe(12);
        var printed = new Dictionary<string, string>();
        var node = "";
        foreach (var command in commands)
        {
            if (command.StartsWith("NODE=$(kubectl ", StringComparison.Ordinal))
            {
                node = (await cluster.Kubectl.RunAsync(Words(command["NODE=$(kubectl ".Length..^1]))).Succeeded().Trim();
                node.ShouldNotBeEmpty();
                continue;
            }

            command.ShouldStartWith("kubectl ");
            var mayFail = command.EndsWith(" || true", StringComparison.Ordinal);
            var result = await cluster.Kubectl.RunAsync(Words(command["kubectl ".Length..].Replace(" || true", "", StringComparison.Ordinal).Replace("$NODE", node, StringComparison.Ordinal)));
            if (!mayFail) result.ExitCode.ShouldBe(0, $"{command}\n{result.Output}{result.Error}");
            else result.ExitCode.ShouldBe(1, $"the page says that it is refused: {command}\n{result.Output}");
            printed[command] = result.Output + result.Error;
            if (command.StartsWith("kubectl get pods", StringComparison.Ordinal)) await MidwayAsync(cluster, node);
        }

        printed.Keys.Last().ShouldContain("does-not-fit");
        printed.Values.Last().ShouldContain("denied the request: spec.");
        cluster.Deployment("ultra")!.Is(ConditionTypes.CapacityAvailable).ShouldBeTrue();
    }

    // Nano and Super take three GPUs of the node; Ultra says why it has none.
    private static async Task MidwayAsync(TestCluster cluster, string node)
    {
        await Until.TrueAsync(
            () => cluster.Client.ListNamespacedPod("models").Items.Where(pod => pod.Spec.NodeName == node)
                .Sum(pod => pod.Spec.Containers.Sum(container => container.Resources?.Limits is { } limits && limits.TryGetValue("nvidia.com/gpu", out var gpus) ? gpus.ToInt32() : 0)) == 3,
            "three GPUs to be taken");
        await Until.TrueAsync(() => cluster.Deployment("ultra")?.IsNot(ConditionTypes.CapacityAvailable) == true, "Ultra to say that there is no room");
    }

    private static IEnumerable<string> Commands(string section, string from)
    {
        var page = File.ReadAllText(Repository.PathOf("docs", "getting-started.md"));
        var part = page[page.IndexOf(section, StringComparison.Ordinal)..];
        part = part[part.IndexOf(from, StringComparison.Ordinal)..part.IndexOf("\n## ", StringComparison.Ordinal)];
        var inside = false;
        foreach (var line in part.Split('\n'))
        {
            if (line.StartsWith("```", StringComparison.Ordinal)) inside = line == "```sh";
            else if (inside && line.Length > 0) yield return line;
        }
    }

    // As a shell has it: single quotes hold a word together.
    private static string[] Words(string command)
    {
        var words = new List<string>();
        foreach (var (part, index) in command.Split('\'').Select((part, index) => (part, index)))
        {
            if (index % 2 == 1) words[^1] += part;
            else
            {
                var pieces = part.Split(' ');
                if (index > 0) words[^1] += pieces[0];
                words.AddRange(index > 0 ? pieces[1..] : pieces);
            }
        }

        return [.. words.Where(word => word.Length > 0)];
    }
}
