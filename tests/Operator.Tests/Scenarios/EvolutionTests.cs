using System.Text.Json;
using System.Text.Json.Nodes;
using Nemotron.Operator.Tests.Harness;
using YamlDotNet.Serialization;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>
/// What was stored by an older version is still taken, and comes back as it was: tests/Operator.Tests/Older has manifests of each release as they were then. They are
/// never edited; one that no longer passes is a break of the API, which v1alpha1 does not make without a note in docs/install.md.
/// </summary>
public class EvolutionTests
{
    public static TheoryData<string> Files => [.. Directory.GetFiles(Repository.PathOf("tests", "Operator.Tests", "Older"), "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(file => Path.GetRelativePath(Repository.Root, file))];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task An_older_object_comes_back_as_it_was(string file)
    {
        await using var cluster = await TestCluster.StartAsync("1xCPU");
        var text = await File.ReadAllTextAsync(Repository.PathOf(file), TestContext.Current.CancellationToken);
        await cluster.ApplyAsync(Fleets.Namespace);
        (await cluster.Kubectl.RunAsync("apply --server-side --validate=strict -f -", text)).Succeeded();
        foreach (var written in Documents(text).Where(document => document["apiVersion"]!.GetValue<string>().StartsWith("serving.nemotron.dev/", StringComparison.Ordinal)))
        {
            var name = written["metadata"]!["name"]!.GetValue<string>();
            var ns = written["metadata"]!["namespace"]?.GetValue<string>() ?? "default";
            var read = JsonNode.Parse((await cluster.Kubectl.RunAsync(["get", $"{written["kind"]!.GetValue<string>()}.serving.nemotron.dev", name, "-n", ns, "-o", "json"])).Succeeded())!;
            Kept(written["spec"]!, read["spec"], "spec");
            // Written back as it was read, nothing changes.
            var before = read["metadata"]!["generation"]!.ToJsonString();
            (await cluster.Kubectl.RunAsync("replace -f -", read.ToJsonString())).Succeeded();
            var after = JsonNode.Parse((await cluster.Kubectl.RunAsync(["get", $"{written["kind"]!.GetValue<string>()}.serving.nemotron.dev", name, "-n", ns, "-o", "json"])).Succeeded())!;
            after["metadata"]!["generation"]!.ToJsonString().ShouldBe(before);
        }
    }

    [Fact]
    public async Task One_version_is_stored_and_none_waits_for_a_migration()
    {
        await using var cluster = await TestCluster.StartAsync("1xCPU");
        foreach (var crd in JsonNode.Parse((await cluster.Kubectl.RunAsync("get crd -o json")).Succeeded())!["items"]!.AsArray().Where(crd => crd!["spec"]!["group"]!.GetValue<string>() == "serving.nemotron.dev"))
        {
            crd!["spec"]!["versions"]!.AsArray().Where(version => version!["storage"]!.GetValue<bool>()).ShouldHaveSingleItem()!["name"]!.GetValue<string>().ShouldBe("v1alpha1");
            crd["status"]!["storedVersions"]!.AsArray().Select(version => version!.GetValue<string>()).ShouldBe(["v1alpha1"]);
        }
    }

    private static IEnumerable<JsonNode> Documents(string yaml) => yaml.Split("\n---\n")
        .Select(document => new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize<object?>(document))
        .Where(document => document is not null)
        .Select(document => JsonNode.Parse(new SerializerBuilder().JsonCompatible().Build().Serialize(document!))!);

    // The server may add defaults; it may not lose or change anything.
    private static void Kept(JsonNode written, JsonNode? read, string path)
    {
        read.ShouldNotBeNull($"{path} was dropped");
        switch (written)
        {
            case JsonObject map:
                foreach (var (key, value) in map.Where(pair => pair.Value is not null)) Kept(value!, read[key], $"{path}.{key}");
                break;
            case JsonArray list:
                read.AsArray().Count.ShouldBe(list.Count, path);
                for (var i = 0; i < list.Count; i++) Kept(list[i]!, read[i], $"{path}[{i}]");
                break;
            default:
                JsonElement.DeepEquals(JsonSerializer.SerializeToElement(written), JsonSerializer.SerializeToElement(read)).ShouldBeTrue($"{path}: {written.ToJsonString()} came back as {read.ToJsonString()}");
                break;
        }
    }
}
