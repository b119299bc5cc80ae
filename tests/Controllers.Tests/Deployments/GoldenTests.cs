using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Tests.Builders;

namespace Nemotron.Controllers.Tests.Deployments;

/// <summary>
/// A NemotronDeployment in (<c>golden/NAME/in.yaml</c>), its children out (<c>golden/NAME/out.yaml</c>), on a pool of two nodes with 8 H100 each.
/// <c>UPDATE_GOLDEN=1</c> writes what comes out; read the difference before you commit it.
/// </summary>
public class GoldenTests
{
    private static readonly string Folder = FindFolder();

    public static IEnumerable<TheoryDataRow<string>> Cases() =>
        Directory.EnumerateDirectories(Folder).Select(folder => new TheoryDataRow<string>(Path.GetFileName(folder))).OrderBy(row => row.Data, StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Children_are_as_written_down(string name)
    {
        var entity = Manifests.Read(File.ReadAllText(Path.Combine(Folder, name, "in.yaml")));
        entity.Metadata.NamespaceProperty = "models";
        entity.Metadata.Uid = "uid";
        entity.Metadata.Generation = 1;
        var decision = DeploymentDecision.Decide(Cluster.Seen(entity, Cluster.Pool("h100", Cluster.ANode("a"), Cluster.ANode("b"))));
        var actual = Render(entity, decision);

        var file = Path.Combine(Folder, name, "out.yaml");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") File.WriteAllText(file, actual);
        actual.ShouldBe(File.ReadAllText(file));
    }

    private static string Render(Crds.NemotronDeployment entity, DeploymentDecision decision)
    {
        if (decision.Decided is not { } decided)
        {
            var refusal = decision.Refused ?? decision.NoPlace!;
            return $"# {(decision.Refused is null ? "CapacityAvailable" : "Accepted")}=False {refusal.Reason}\n# {refusal.Message}\n";
        }

        var objects = new List<object?>
        {
            entity.Spec.PodTemplate?.ServiceAccountName is null ? EngineServiceAccount.Build(entity) : null,
            EngineConfigMap.Build(entity, decided.Launch),
            EngineDisruptionBudget.Build(entity),
            EngineServices.BuildClient(entity, decided.Launch),
            EngineServices.BuildGrpc(entity, decided.Launch),
            EngineDeployment.Build(entity, decided, null),
        };
        return string.Join("---\n", objects.Where(obj => obj is not null).Select(obj => Manifests.Write(obj!)));
    }

    private static string FindFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "NemotronOperator.sln"))) return Path.Combine(folder.FullName, "tests", "Controllers.Tests", "golden");
        throw new InvalidOperationException("NemotronOperator.sln is in no folder above the test binaries.");
    }
}
