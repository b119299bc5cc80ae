using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace Nemotron.Crds.Tests;

/// <summary>The C# types against the schema, through the serialiser that talks to the API server.</summary>
public class JsonRoundTripTests
{
    public static TheoryData<Type> Kinds => GeneratedCrds.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryFieldOfTheSchema_IsKept(Type kind)
    {
        var everything = SampleValues.Of(GeneratedCrds.Schema(kind)).AsObject();
        everything["apiVersion"] = NemotronApi.GroupVersion;
        everything["kind"] = kind.Name;

        var written = JsonNode.Parse(KubernetesJson.Serialize(Read(everything.ToJsonString(), kind)))!;

        foreach (var (path, expected) in Leaves(everything))
            (Leaves(written).TryGetValue(path, out var actual) ? actual : "absent").ShouldBe(expected, path);
        Leaves(written).Keys.Except(Leaves(everything).Keys).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ANewObject_WritesNoFieldThatWasNotSet(Type kind) =>
        KubernetesJson.Serialize(Activator.CreateInstance(kind)!).ShouldBe(
            $$$"""{"apiVersion":"serving.nemotron.dev/v1alpha1","kind":"{{{kind.Name}}}","metadata":{},"spec":{}}""");

    [Fact]
    public void EmptyRecords_WriteNothing()
    {
        foreach (var record in (object[])[
            new NemotronDeploymentSpec(), new KvCacheSpec(), new ReasoningSpec(), new EngineSpec(), new PodTemplateSpec(), new RolloutSpec(),
            new NemotronDeploymentStatus(), new MemoryPlanStatus(), new ScalingDecisionStatus(), new GpuNodePoolSpec(), new GpuNodePoolStatus(),
            new PoolGpuCounts(), new PoolNodeCounts(), new NemotronModelSpec(), new NemotronModelStatus(), new NemotronFleetSpec(), new NemotronFleetStatus()])
        {
            KubernetesJson.Serialize(record).ShouldBe("{}", record.GetType().Name);
        }
    }

    [Fact]
    public void Zero_IsWrittenWhereItWasSet()
    {
        KubernetesJson.Serialize(new NemotronDeploymentSpec { Replicas = 0 }).ShouldBe("""{"replicas":0}""");
        KubernetesJson.Serialize(new DrainSpec { Timeout = TimeSpan.Zero }).ShouldBe("""{"timeout":"0s"}""");
        KubernetesJson.Serialize(new GatewaySpec { Enabled = false }).ShouldBe("""{"enabled":false}""");
    }

    [Theory]
    [InlineData("\"On\"", ReasoningMode.On)]
    [InlineData("\"Off\"", ReasoningMode.Off)]
    [InlineData("true", ReasoningMode.On)]
    [InlineData("false", ReasoningMode.Off)]
    public void ReasoningMode_IsUnderstoodAsYamlReadersGiveIt(string json, ReasoningMode mode)
    {
        var spec = KubernetesJson.Deserialize<ReasoningSpec>($$"""{"default":{{json}}}""");
        spec.Default.ShouldBe(mode);
        KubernetesJson.Serialize(spec).ShouldBe($$"""{"default":"{{mode}}"}""");
    }

    [Theory]
    [InlineData("1")]
    [InlineData("\"on\"")]
    [InlineData("\"Maybe\"")]
    public void ReasoningMode_IsNothingElse(string json) =>
        Should.Throw<JsonException>(() => KubernetesJson.Deserialize<ReasoningSpec>($$"""{"default":{{json}}}"""));

    [Fact]
    public void ARequiredMember_ThatIsMissing_IsNamed() =>
        Should.Throw<JsonException>(() => KubernetesJson.Deserialize<ModelReference>("{}")).Message.ShouldContain("name");

    [Fact]
    public void ALateField_OfANewerVersion_IsIgnored() =>
        KubernetesJson.Deserialize<NemotronDeployment>("""{"spec":{"model":"Nano","later":1}}""").Spec.Model.ShouldBe(ModelTier.Nano);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Kinds_CarryWhatKubernetesClientLooksFor(Type kind)
    {
        var created = (IKubernetesObject<V1ObjectMeta>)Activator.CreateInstance(kind)!;
        var attribute = ApiKinds.Entity(kind);
        created.ApiVersion.ShouldBe($"{attribute.Group}/{attribute.ApiVersion}");
        created.Kind.ShouldBe(attribute.Kind);
        kind.GetInterfaces().ShouldContain(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(ISpec<>));
        kind.GetInterfaces().ShouldContain(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IStatus<>));
    }

    [Fact]
    public void Lists_AreReadWithTheirItems()
    {
        var list = KubernetesJson.Deserialize<NemotronDeploymentList>(
            """{"apiVersion":"serving.nemotron.dev/v1alpha1","kind":"NemotronDeploymentList","metadata":{"resourceVersion":"7","continue":"c"},"items":[{"metadata":{"name":"a"},"spec":{"model":"Ultra"}}]}""");
        list.Metadata.ContinueProperty.ShouldBe("c");
        var item = list.Items.ShouldHaveSingleItem();
        item.Metadata.Name.ShouldBe("a");
        item.Spec.Model.ShouldBe(ModelTier.Ultra);
        item.Status.ShouldBeNull();
    }

    [Theory]
    [InlineData(typeof(NemotronDeploymentList))]
    [InlineData(typeof(GpuNodePoolList))]
    [InlineData(typeof(NemotronModelList))]
    [InlineData(typeof(NemotronFleetList))]
    public void Lists_NameTheirKind(Type list) =>
        ((IKubernetesObject)Activator.CreateInstance(list)!).Kind.ShouldBe(list.Name);

    private static object Read(string json, Type kind) =>
        typeof(KubernetesJson).GetMethods()
            .Single(m => m.Name == nameof(KubernetesJson.Deserialize) && m.GetParameters()[0].ParameterType == typeof(string))
            .MakeGenericMethod(kind)
            .Invoke(null, [json, null])!;

    private static Dictionary<string, string> Leaves(JsonNode? node, string path = "")
    {
        var leaves = new Dictionary<string, string>();
        void Walk(JsonNode? value, string at)
        {
            if (value is JsonObject map)
            {
                foreach (var (name, below) in map)
                    Walk(below, $"{at}.{name}");
            }
            else if (value is JsonArray list)
            {
                for (var i = 0; i < list.Count; i++)
                    Walk(list[i], $"{at}[{i}]");
            }
            else
            {
                leaves[at] = value?.ToJsonString() ?? "null";
            }
        }

        Walk(node, path);
        return leaves;
    }
}
