using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using k8s;
using Nemotron.Crds.Generation;

namespace Nemotron.Crds.Tests;

public partial class SamplesTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "config", "samples");

    public static TheoryData<string> Good => Names(Folder);

    public static TheoryData<string> Bad => Names(Path.Combine(Folder, "bad"));

    [Theory]
    [MemberData(nameof(Good))]
    public void AGoodSample_IsValid(string file)
    {
        foreach (var manifest in Resources(Path.Combine(Folder, file)))
        {
            var kind = GeneratedCrds.KindNamed(manifest["kind"]!.GetValue<string>());
            SchemaCheck.Errors(Spec(manifest), SpecSchema(kind), "spec").ShouldBeEmpty();
        }
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void ABadSample_IsRefusedForTheReasonItGives(string file)
    {
        var path = Path.Combine(Folder, "bad", file);
        var refusal = Refused().Match(File.ReadAllText(path)).Groups[1].Value;
        refusal.ShouldNotBeEmpty($"{file} has no line '# refused: …'");
        var manifest = Resources(path).ShouldHaveSingleItem();
        var kind = GeneratedCrds.KindNamed(manifest["kind"]!.GetValue<string>());
        var errors = SchemaCheck.Errors(Spec(manifest), SpecSchema(kind), "spec").ToList();

        if (UnknownField().Match(refusal) is { Success: true } unknown)
        {
            errors.ShouldBe([$"{unknown.Groups[1].Value}: unknown"]);
            return;
        }

        var field = refusal[..refusal.IndexOf(": ", StringComparison.Ordinal)];
        var message = refusal[(refusal.IndexOf(": ", field.Length + 2, StringComparison.Ordinal) + 2)..];
        var rules = GeneratedCrds.Walk(GeneratedCrds.Schema(kind))
            .SelectMany(n => (n.Node["x-kubernetes-validations"]?.AsArray() ?? []).Select(r => (At: n.Path + r!["fieldPath"], Message: r!["message"]!.GetValue<string>())));
        if (errors.Count == 0)
            rules.ShouldContain((field, message), $"{file}: no rule says '{message}' of {field}");
        else
            errors.ShouldHaveSingleItem().ShouldStartWith(field + ": ");
    }

    /// <summary>What the webhook refuses, and the reconciler does not accept; the tests of the operator hold them to it.</summary>
    [Fact]
    public void ASampleThatIsRefusedAtAdmission_IsNoneThatTheSchemaRefuses()
    {
        foreach (var path in Directory.EnumerateFiles(Path.Combine(Folder, "bad", "admission"), "*.yaml"))
        {
            Refused().IsMatch(File.ReadAllText(path)).ShouldBeTrue($"{path} has no line '# refused: …'");
            var manifest = Resources(path).ShouldHaveSingleItem();
            SchemaCheck.Errors(Spec(manifest), SpecSchema(GeneratedCrds.KindNamed(manifest["kind"]!.GetValue<string>())), "spec").ShouldBeEmpty(path);
        }
    }

    [Fact]
    public void TheFleet_IsTheOneThatTheDemoShows()
    {
        var manifests = Manifests.Read(File.ReadAllText(Path.Combine(Folder, "fleet.yaml")));
        manifests[0]["kind"]!.GetValue<string>().ShouldBe("Namespace");
        var specs = manifests.Where(m => m["kind"]!.GetValue<string>() == "NemotronDeployment")
            .Select(m => KubernetesJson.Deserialize<NemotronDeployment>(m.ToJsonString()))
            .ToDictionary(d => d.Spec.Model!.Value);
        specs.Values.ShouldAllBe(d => d.Metadata.NamespaceProperty == "models");
        (specs[ModelTier.Nano].Spec.TensorParallel, specs[ModelTier.Nano].Spec.Reasoning!.Default).ShouldBe((1, ReasoningMode.Off));
        (specs[ModelTier.Super].Spec.TensorParallel, specs[ModelTier.Super].Spec.Reasoning!.Default).ShouldBe((2, ReasoningMode.On));
        (specs[ModelTier.Ultra].Spec.TensorParallel, specs[ModelTier.Ultra].Spec.Precision).ShouldBe((8, Precision.FP8));
        var pool = KubernetesJson.Deserialize<GpuNodePool>(manifests.Single(m => m["kind"]!.GetValue<string>() == "GpuNodePool").ToJsonString());
        pool.Spec.Provisioner!.Type.ShouldBe(ProvisionerType.Static);
        pool.Spec.NodeSelector!["nvidia.com/gpu.product"].ShouldBe("NVIDIA-H100-80GB-HBM3");
    }

    [Fact]
    public void EveryKind_HasASample()
    {
        var kinds = Directory.EnumerateFiles(Folder, "*.yaml")
            .SelectMany(f => Manifests.Read(File.ReadAllText(f)))
            .Select(m => m["kind"]!.GetValue<string>());
        ApiKinds.All.Select(k => k.Name).Except(kinds).ShouldBeEmpty();
    }

    [Fact]
    public void Defaults_AreFilledInAsTheApiServerDoes()
    {
        var manifest = JsonNode.Parse("""{"kind":"NemotronDeployment","spec":{"model":"Nano","autoscaling":{"maxReplicas":3,"behavior":null},"gateway":{"enabled":null}}}""")!.AsObject();
        ManifestDefaults.Apply(typeof(NemotronDeployment), manifest);
        var spec = KubernetesJson.Deserialize<NemotronDeployment>(manifest.ToJsonString()).Spec;
        spec.Reasoning!.Default.ShouldBe(ReasoningMode.Off);
        spec.Engine!.Type.ShouldBe(EngineKind.TrtLlmServe);
        spec.Gateway!.Enabled.ShouldBe(true);
        spec.Replicas.ShouldBeNull();
        spec.Autoscaling!.MinReplicas.ShouldBe(1);
        spec.Autoscaling.Targets!.KvUtilizationPercent.ShouldBe(80);
        spec.Autoscaling.Behavior!.ScaleDown!.Stabilization!.Value.Value.ShouldBe(TimeSpan.FromMinutes(5));
        spec.Rollout!.MaxSurge!.ToString().ShouldBe("1");
        spec.Drain!.Timeout!.Value.Value.ShouldBe(TimeSpan.FromMinutes(5));
        spec.Checkpoint.ShouldBeNull();
    }

    private static TheoryData<string> Names(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*.yaml").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private static IEnumerable<JsonObject> Resources(string path) =>
        Manifests.Read(File.ReadAllText(path)).Where(m => m["apiVersion"]!.GetValue<string>() == NemotronApi.GroupVersion);

    private static JsonNode? Spec(JsonObject manifest) => manifest["spec"];

    private static JsonObject SpecSchema(Type kind) => GeneratedCrds.Schema(kind)["properties"]!["spec"]!.AsObject();

    [GeneratedRegex("^# refused: (.*)$", RegexOptions.Multiline)]
    private static partial Regex Refused();

    [GeneratedRegex("unknown field \"([^\"]+)\"")]
    private static partial Regex UnknownField();
}
