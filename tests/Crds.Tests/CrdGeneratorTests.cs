using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Nemotron.Crds.Generation;

namespace Nemotron.Crds.Tests;

public partial class CrdGeneratorTests
{
    public static TheoryData<Type> Kinds => GeneratedCrds.Kinds;

    [Theory]
    [InlineData(typeof(NemotronDeployment), "nemotrondeployments", "nemo", "Namespaced")]
    [InlineData(typeof(GpuNodePool), "gpunodepools", "gnp", "Cluster")]
    [InlineData(typeof(NemotronModel), "nemotronmodels", "nmodel", "Cluster")]
    [InlineData(typeof(NemotronFleet), "nemotronfleets", "nfleet", "Cluster")]
    public void Names_AreThoseOfTheDesign(Type kind, string plural, string shortName, string scope)
    {
        var crd = GeneratedCrds.Of(kind);
        crd["metadata"]!["name"]!.GetValue<string>().ShouldBe($"{plural}.serving.nemotron.dev");
        crd["spec"]!["group"]!.GetValue<string>().ShouldBe("serving.nemotron.dev");
        crd["spec"]!["scope"]!.GetValue<string>().ShouldBe(scope);
        var names = crd["spec"]!["names"]!;
        names["kind"]!.GetValue<string>().ShouldBe(kind.Name);
        names["listKind"]!.GetValue<string>().ShouldBe(kind.Name + "List");
        names["plural"]!.GetValue<string>().ShouldBe(plural);
        names["singular"]!.GetValue<string>().ShouldBe(kind.Name.ToLowerInvariant());
        names["shortNames"]!.ToJsonString().ShouldBe($"[\"{shortName}\"]");
        names["categories"]!.ToJsonString().ShouldBe("[\"nemotron\"]");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void OneVersion_IsServedAndStored(Type kind)
    {
        GeneratedCrds.Of(kind)["spec"]!["versions"]!.AsArray().Count.ShouldBe(1);
        var version = GeneratedCrds.Version(kind);
        version.Text("name").ShouldBe("v1alpha1");
        version["served"]!.GetValue<bool>().ShouldBeTrue();
        version["storage"]!.GetValue<bool>().ShouldBeTrue();
        version["subresources"]!["status"]!.ToJsonString().ShouldBe("{}");
    }

    [Fact]
    public void OnlyDeployments_HaveScale()
    {
        GeneratedCrds.Version(typeof(NemotronDeployment))["subresources"]!["scale"]!.ToJsonString().ShouldBe(
            """{"specReplicasPath":".spec.replicas","statusReplicasPath":".status.replicas","labelSelectorPath":".status.selector"}""");
        foreach (var kind in ApiKinds.All.Except([typeof(NemotronDeployment)]))
            GeneratedCrds.Version(kind)["subresources"]!["scale"].ShouldBeNull();
    }

    [Fact]
    public void Columns_OfADeployment_AreThoseOfTheDesign()
    {
        var columns = GeneratedCrds.Version(typeof(NemotronDeployment))["additionalPrinterColumns"]!.AsArray();
        columns.Where(c => c!["priority"] is null).Select(c => c!["name"]!.GetValue<string>().ToUpperInvariant())
            .ShouldBe(["MODEL", "TP", "REASONING", "READY", "DESIRED", "KV%", "TOK/S", "STATUS", "AGE"]);
        columns.Where(c => c!["priority"]?.GetValue<int>() == 1).Select(c => c!["name"]!.GetValue<string>().ToUpperInvariant())
            .ShouldBe(["ENGINE", "POOL", "PRECISION", "KV-TOKENS"]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ColumnsAndScale_PointAtFieldsOfTheRightType(Type kind)
    {
        var version = GeneratedCrds.Version(kind);
        var paths = version["additionalPrinterColumns"]!.AsArray()
            .Select(c => (Path: c!["jsonPath"]!.GetValue<string>(), Type: c["type"]!.GetValue<string>()));
        if (version["subresources"]!["scale"] is JsonObject scale)
        {
            paths = paths.Concat(scale.Select(p =>
                (p.Value!.GetValue<string>(), p.Key == "labelSelectorPath" ? "string" : "integer")));
        }

        foreach (var (path, type) in paths)
        {
            if (path == ".metadata.creationTimestamp")
            {
                type.ShouldBe("date");
                continue;
            }

            JsonNode? node = GeneratedCrds.Schema(kind);
            foreach (var step in Filter().Replace(path, "[]").Split('.', StringSplitOptions.RemoveEmptyEntries))
            {
                node = node?["properties"]?[step.TrimEnd('[', ']')];
                if (step.EndsWith("[]", StringComparison.Ordinal))
                    node = node?["items"];
            }

            node.ShouldNotBeNull(path)["type"]!.GetValue<string>().ShouldBe(type, path);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TheSpec_IsRequired_AndNothingElseAtTheRoot(Type kind) =>
        GeneratedCrds.Schema(kind)["required"]!.ToJsonString().ShouldBe("[\"spec\"]");

    [Fact]
    public void Generate_AgainAndAgain_GivesTheSame() =>
        JsonNode.DeepEquals(CrdGenerator.Create().Generate(typeof(NemotronFleet)), GeneratedCrds.Of(typeof(NemotronFleet))).ShouldBeTrue();

    [Fact]
    public void Generate_OfAnythingElse_SaysWhatIsMissing() =>
        Should.Throw<ArgumentException>(() => CrdGenerator.Create().Generate(typeof(string))).Message.ShouldContain("[KubernetesEntity]");

    [Theory]
    [InlineData("model", """["Nano","Super","Ultra"]""")]
    [InlineData("precision", """["BF16","FP8","NVFP4"]""")]
    [InlineData("tensorParallel", "[1,2,4,8,16]")]
    [InlineData("reasoning.properties.default", """["On","Off",true,false]""")]
    [InlineData("reasoning.properties.enforcement", """["Default","Enforced"]""")]
    [InlineData("engine.properties.type", """["TrtLlmServe","Triton"]""")]
    public void Enums_AreThoseOfTheDesign(string field, string values)
    {
        JsonNode node = GeneratedCrds.Schema(typeof(NemotronDeployment))["properties"]!["spec"]!["properties"]!;
        foreach (var step in field.Split('.'))
            node = node[step]!;
        node["enum"]!.ToJsonString().ShouldBe(values);
    }

    [GeneratedRegex(@"\[\?\(@\.[a-z]+==""[A-Za-z]+""\)\]")]
    private static partial Regex Filter();
}
