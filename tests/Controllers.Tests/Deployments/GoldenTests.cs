using System.Text.Json.Nodes;
using k8s;
using Nemotron.Controllers.Models;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Planning;

namespace Nemotron.Controllers.Tests.Deployments;

/// <summary>
/// What a person writes and what becomes of it. Each folder of <c>golden</c> is a case: <c>deployment.yaml</c> is the NemotronDeployment (with a NemotronModel
/// before it where the case needs one), <c>cluster.yaml</c> the pools and nodes, that of <c>golden</c> itself where the case has none; <c>expected</c> holds
/// the bodies as they are applied, one a file, and in <c>status.yaml</c> what the conditions say.
/// </summary>
/// <remarks>
/// To write anew what comes out: <c>UPDATE_GOLDEN=1 dotnet run --project tests/Controllers.Tests -- -class '*GoldenTests'</c>. Read the difference before you commit it.
/// </remarks>
public class GoldenTests
{
    private static readonly string Folder = FindFolder();
    private static readonly bool Update = Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1";

    public static IEnumerable<TheoryDataRow<string>> Cases() =>
        Directory.EnumerateDirectories(Folder).Select(folder => new TheoryDataRow<string>(Path.GetFileName(folder))).OrderBy(row => row.Data, StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task What_is_applied_is_as_written_down(string name)
    {
        var actual = await RenderAsync(Path.Combine(Folder, name));
        var expected = Path.Combine(Folder, name, "expected");
        if (Update)
        {
            if (Directory.Exists(expected)) Directory.Delete(expected, recursive: true);
            Directory.CreateDirectory(expected);
            foreach (var (file, text) in actual) await File.WriteAllTextAsync(Path.Combine(expected, file), text, TestContext.Current.CancellationToken);
        }

        var written = Directory.EnumerateFiles(expected).ToDictionary(file => Path.GetFileName(file)!, File.ReadAllText);
        var differences = written.Keys.Union(actual.Keys).Order(StringComparer.Ordinal)
            .Select(file => LineDifference.Of($"golden/{name}/expected/{file}", written.GetValueOrDefault(file), actual.GetValueOrDefault(file)))
            .Where(difference => difference.Length > 0)
            .ToList();
        if (differences.Count > 0) Assert.Fail(string.Join("\n", differences));
    }

    [Fact]
    public void There_are_cases_of_every_kind()
    {
        var status = Directory.EnumerateDirectories(Folder).Select(folder => File.ReadAllText(Path.Combine(folder, "expected", "status.yaml"))).ToList();
        status.Count.ShouldBeGreaterThanOrEqualTo(24);
        status.Count(text => text.Contains("reason: EngineNotSupported", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(3);
        Directory.EnumerateFiles(Folder, "leaderworkerset.*", SearchOption.AllDirectories).Count().ShouldBeGreaterThanOrEqualTo(2);
    }

    private static async Task<Dictionary<string, string>> RenderAsync(string folder)
    {
        var documents = Manifests.Documents(await File.ReadAllTextAsync(Path.Combine(folder, "deployment.yaml"))).ToList();
        var models = documents.Where(document => Kind(document) == NemotronModel.KindName).Select(document => Manifests.Ours<NemotronModel>(document))
            .Select(model => DeclaredModel.Entry(model.Metadata.Name, model.Spec, null));
        var harness = new ReconcilerHarness(ModelCatalogue.Default.With(models));
        FillCluster(harness, folder);

        var entity = Manifests.Ours<NemotronDeployment>(documents.Single(document => Kind(document) == NemotronDeployment.KindName));
        entity.Metadata.NamespaceProperty ??= "models";
        entity.Metadata.Uid = "00000000-0000-0000-0000-000000000001";
        entity.Metadata.Generation = 1;
        await harness.ReconcileAsync(entity);

        var files = harness.Applied.ToDictionary(body => $"{Kind(body).ToLowerInvariant()}.{(string?)body["metadata"]!["name"]}.yaml", Manifests.Write);
        files["status.yaml"] = Manifests.Write(Summary(harness.Status));
        return files;
    }

    private static void FillCluster(ReconcilerHarness harness, string folder)
    {
        var own = Path.Combine(folder, "cluster.yaml");
        foreach (var document in Manifests.Documents(File.ReadAllText(File.Exists(own) ? own : Path.Combine(Folder, "cluster.yaml"))))
        {
            switch (Kind(document))
            {
                case GpuNodePool.KindName:
                    harness.Pools.Objects.Add(Manifests.Ours<GpuNodePool>(document));
                    break;
                case "Node":
                    harness.Nodes.Objects.Add(Manifests.As<NodeView>(document));
                    break;
                case "NoLeaderWorkerSet":
                    harness.Groups.Served = false;
                    break;
                case "NoPodMonitor":
                    harness.Monitors.Served = false;
                    break;
                case var other:
                    throw new InvalidOperationException($"{own}: a cluster is made of GpuNodePools and Nodes, not of {other}.");
            }
        }
    }

    private static JsonObject Summary(NemotronDeploymentStatus status)
    {
        var summary = new JsonObject();
        foreach (var condition in status.Conditions!.Where(condition => condition.Type is ConditionTypes.Accepted or ConditionTypes.CapacityAvailable or ConditionTypes.AllFieldsInEffect))
            summary[condition.Type] = new JsonObject { ["status"] = condition.Status, ["reason"] = condition.Reason, ["message"] = condition.Message };
        if (status.Engine is { } engine) summary["engine"] = JsonNode.Parse(KubernetesJson.Serialize(engine));
        if (status.Plan is { } plan)
            summary["plan"] = new JsonObject
            {
                ["tensorParallel"] = plan.TensorParallel,
                ["pipelineParallel"] = plan.PipelineParallel,
                ["gpusPerReplica"] = plan.GpusPerReplica,
                ["nodesPerReplica"] = plan.NodesPerReplica,
            };
        summary["selector"] = status.Selector;
        return summary;
    }

    private static string Kind(JsonObject document) => (string?)document["kind"] ?? "";

    private static string FindFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "NemotronOperator.sln"))) return Path.Combine(folder.FullName, "tests", "Controllers.Tests", "golden");
        throw new InvalidOperationException("NemotronOperator.sln is in no folder above the test binaries.");
    }
}
