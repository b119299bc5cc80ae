using k8s;
using k8s.Models;
using Nemotron.Controllers.Views;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>The manifests that tests/Controllers.Tests writes down are such as an API server takes, by the schemas of the built-in kinds.</summary>
public class GoldenManifestTests
{
    [Fact]
    public async Task An_API_server_takes_every_manifest_that_is_written_down()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8");
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, OutsideKinds.All));
        (await cluster.Kubectl.RunAsync("wait --for=condition=Established crd --all --timeout=30s")).Succeeded();
        var cases = Directory.GetDirectories(Repository.PathOf("tests", "Controllers.Tests", "golden"));
        cases.Length.ShouldBeGreaterThan(24);
        var manifests = cases.SelectMany(Manifests).ToList();

        var taken = await ApplyAsync(cluster, string.Join("\n---\n", manifests));
        taken.Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(manifests.Count);

        // And it would say so if one were not.
        var misspelt = manifests.First(manifest => manifest.Contains("readinessProbe:", StringComparison.Ordinal)).Replace("readinessProbe:", "redinessProbe:", StringComparison.Ordinal);
        var refused = await ApplyAsync(cluster, misspelt);
        refused.ExitCode.ShouldNotBe(0);
        refused.Error.ShouldContain("redinessProbe");
    }

    private static Task<ToolResult> ApplyAsync(TestCluster cluster, string yaml) =>
        cluster.Kubectl.RunAsync("apply --server-side --dry-run=server --validate=strict --field-manager=golden -f -", yaml);

    private static IEnumerable<string> Manifests(string folder) => Directory.GetFiles(Path.Combine(folder, "expected"), "*.yaml").Order(StringComparer.Ordinal).SelectMany(path =>
        Path.GetFileName(path) switch
        {
            "status.yaml" => [],
            var name when name.StartsWith("leaderworkerset.", StringComparison.Ordinal) => PodsOf(File.ReadAllText(path)),
            _ => [File.ReadAllText(path)],
        });

    // Its kind is not built in, its pods are.
    private static IEnumerable<string> PodsOf(string leaderWorkerSet)
    {
        var set = KubernetesYaml.Deserialize<LeaderWorkerSet>(leaderWorkerSet);
        var template = set.Spec.LeaderWorkerTemplate;
        return new[] { (Name: "leader", Template: template.LeaderTemplate!), (Name: "worker", Template: template.WorkerTemplate) }.Select(pod => KubernetesYaml.Serialize(new V1Pod
        {
            ApiVersion = "v1",
            Kind = "Pod",
            Metadata = new V1ObjectMeta { Name = $"{set.Metadata.Name}-{pod.Name}", NamespaceProperty = set.Metadata.NamespaceProperty, Labels = pod.Template.Metadata.Labels, Annotations = pod.Template.Metadata.Annotations },
            Spec = pod.Template.Spec,
        }));
    }
}
