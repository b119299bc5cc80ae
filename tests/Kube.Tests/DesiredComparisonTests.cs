using System.Text.Json.Nodes;
using CsCheck;
using k8s.Models;

namespace Nemotron.Kube.Tests;

public sealed class DesiredComparisonTests
{
    private static List<string> Differ(string desired, string live) =>
        DesiredComparison.Differences(JsonNode.Parse(desired)!.AsObject(), JsonNode.Parse(live)!.AsObject());

    [Theory]
    [InlineData("""{"a":1}""", """{"a":1,"b":2}""")] // defaults and fields of others
    [InlineData("""{"a":null}""", """{}""")]
    [InlineData("""{"spec":{"list":[]}}""", """{"spec":{}}""")] // what omitempty drops
    [InlineData("""{"flag":false,"n":0,"s":""}""", """{}""")]
    [InlineData("""{"resources":{"limits":{"cpu":"1000m","memory":"1Gi"}}}""", """{"resources":{"limits":{"cpu":"1","memory":"1024Mi"}}}""")]
    [InlineData("""{"emptyDir":{"sizeLimit":"1Gi"}}""", """{"emptyDir":{"sizeLimit":"1073741824"}}""")]
    [InlineData("""{"containers":[{"name":"b","image":"y"},{"name":"a"}]}""", """{"containers":[{"name":"a","image":"x"},{"name":"injected"},{"name":"b","image":"y","tty":true}]}""")]
    [InlineData("""{"ports":[{"containerPort":80,"name":"http"}]}""", """{"ports":[{"containerPort":81,"protocol":"TCP"},{"containerPort":80,"name":"http","protocol":"TCP"}]}""")]
    [InlineData("""{"ports":[{"port":53,"protocol":"UDP"}]}""", """{"ports":[{"port":53,"protocol":"TCP"},{"port":53,"protocol":"UDP","nodePort":30000}]}""")]
    [InlineData("""{"finalizers":["b"]}""", """{"finalizers":["a","b"]}""")]
    [InlineData("""{"volumes":[{"name":"v","emptyDir":{}}]}""", """{"volumes":[{"name":"v","emptyDir":{}}]}""")]
    public void Same(string desired, string live) => Differ(desired, live).ShouldBeEmpty();

    [Theory]
    [InlineData("""{"spec":{"replicas":3}}""", """{"spec":{"replicas":2}}""", "spec.replicas")]
    [InlineData("""{"spec":{"replicas":3}}""", """{}""", "spec")]
    [InlineData("""{"containers":[{"name":"a","image":"y"}]}""", """{"containers":[{"name":"a","image":"x"}]}""", "containers[name=a].image")]
    [InlineData("""{"containers":[{"name":"a"}]}""", """{"containers":[{"name":"b"}]}""", "containers[name=a]")]
    [InlineData("""{"args":["a","b"]}""", """{"args":["b","b"]}""", "args[0]")] // an atomic list is compared place by place
    [InlineData("""{"args":["a"]}""", """{"args":["a","b"]}""", "args")]
    [InlineData("""{"ports":[{"port":53,"protocol":"UDP"}]}""", """{"ports":[{"port":53,"protocol":"TCP"}]}""", "ports[port=53]")]
    [InlineData("""{"labels":{"v":"1"}}""", """{"labels":{"v":"1.0"}}""", "labels.v")] // a number only where quantities are
    [InlineData("""{"resources":{"limits":{"cpu":"1"}}}""", """{"resources":{"limits":{"cpu":"2"}}}""", "resources.limits.cpu")]
    [InlineData("""{"volumes":[{"name":"v","emptyDir":{}}]}""", """{"volumes":[{"name":"v","hostPath":{"path":"/"}}]}""", "volumes[name=v].emptyDir")]
    [InlineData("""{"port":8080}""", """{"port":"8080"}""", "port")]
    public void Different(string desired, string live, string path)
    {
        var paths = Differ(desired, live);
        paths.ShouldHaveSingleItem();
        paths[0].ShouldStartWith(path);
    }

    [Fact]
    public void Paths_AreBounded()
    {
        var desired = new JsonObject([.. Enumerable.Range(0, 100).Select(i => KeyValuePair.Create<string, JsonNode?>($"k{i}", "x"))]);
        DesiredComparison.Differences(desired, []).Count.ShouldBe(DesiredComparison.MostPaths);
    }

    [Fact]
    public void Hash_IsOfTheContent_NotOfTheOrder()
    {
        var a = ApplyBody.Hash(JsonNode.Parse("""{"a":1,"b":{"c":[1,2],"d":"x"}}""")!.AsObject());
        ApplyBody.Hash(JsonNode.Parse("""{"b":{"d":"x","c":[1,2]},"a":1}""")!.AsObject()).ShouldBe(a);
        ApplyBody.Hash(JsonNode.Parse("""{"b":{"d":"x","c":[2,1]},"a":1}""")!.AsObject()).ShouldNotBe(a);
    }

    [Fact]
    public void Body_SaysWhatIsDesiredAndNothingElse()
    {
        var owner = new Widget { Metadata = new V1ObjectMeta { Name = "w", NamespaceProperty = "default", Uid = "u1" } };
        var body = ApplyBody.From(
            new V1Deployment
            {
                Metadata = new V1ObjectMeta { Name = "d", NamespaceProperty = "default", ResourceVersion = "5", Uid = "x", Labels = new Dictionary<string, string>() },
                Spec = new V1DeploymentSpec { Replicas = 2 },
                Status = new V1DeploymentStatus { ReadyReplicas = 1 },
            },
            owner);
        JsonNode.DeepEquals(body["metadata"], JsonNode.Parse("""
            {"name":"d","namespace":"default","ownerReferences":[{"apiVersion":"test.example.com/v1","kind":"Widget","name":"w","uid":"u1","controller":true,"blockOwnerDeletion":true}]}
            """)).ShouldBeTrue(body.ToJsonString());
        body["apiVersion"]!.ToString().ShouldBe("apps/v1");
        body["kind"]!.ToString().ShouldBe("Deployment");
        body.ContainsKey("status").ShouldBeFalse();
        body["spec"]!["replicas"]!.GetValue<int>().ShouldBe(2);
    }

    [Theory]
    [InlineData("1", "1000m", true)]
    [InlineData("1Gi", "1024Mi", true)]
    [InlineData("1G", "1Gi", false)]
    [InlineData("1e3", "1k", true)]
    [InlineData("0.5", "500m", true)]
    [InlineData("abc", "abc", false)]
    [InlineData("", "", false)]
    public void Quantities_CompareByValue(string left, string right, bool equal) => Quantities.AreEqual(left, right).ShouldBe(equal);

    private static readonly Gen<JsonNode> AnyValue = Gen.Recursive<JsonNode>((depth, self) => depth > 3
        ? Gen.Int[0, 3].Select(i => (JsonNode)JsonValue.Create(i))
        : Gen.OneOf(
            Gen.Int[0, 3].Select(i => (JsonNode)JsonValue.Create(i)),
            Gen.Int[0, 2].Select(i => (JsonNode)JsonValue.Create($"s{i}")),
            self.Array[0, 3].Select(items => (JsonNode)new JsonArray([.. items.Select(i => i.DeepClone())])),
            AnyObject(self).Select(o => (JsonNode)o)));

    private static Gen<JsonObject> AnyObject(Gen<JsonNode> value) => Gen.Select(Gen.Int[0, 4], value).Array[0, 4].Select(pairs =>
        new JsonObject([.. pairs.DistinctBy(p => p.Item1).Select(p => KeyValuePair.Create<string, JsonNode?>($"k{p.Item1}", p.Item2.DeepClone()))]));

    /// <summary>RFC 7386: applying the patch from one to the other gives the other; no patch means no difference.</summary>
    [Fact]
    public void MergePatch_LeadsFromOneToTheOther() => Gen.Select(AnyObject(AnyValue), AnyObject(AnyValue)).Sample(
        (from, to) =>
        {
            var patch = MergePatch.Between(from, to);
            (patch is null).ShouldBe(JsonNode.DeepEquals(from, to));
            var result = Apply(from, patch ?? []);
            JsonNode.DeepEquals(result, to).ShouldBeTrue($"{from.ToJsonString()} + {patch?.ToJsonString()} = {result.ToJsonString()}, not {to.ToJsonString()}");
        },
        iter: 3000);

    /// <summary>Whatever is desired, an object that says it and more does not differ.</summary>
    [Fact]
    public void Superset_NeverDiffers() => Gen.Select(AnyObject(AnyValue), AnyObject(AnyValue)).Sample(
        (desired, more) =>
        {
            var live = desired.DeepClone().AsObject();
            foreach (var (key, value) in more)
            {
                live[$"x{key}"] = value?.DeepClone();
            }

            DesiredComparison.Differences(desired, live).ShouldBeEmpty();
        },
        iter: 1000);

    private static JsonObject Apply(JsonObject target, JsonObject patch)
    {
        var result = target.DeepClone().AsObject();
        foreach (var (key, value) in patch)
        {
            if (value is null)
            {
                result.Remove(key);
            }
            else
            {
                result[key] = value is JsonObject inner ? Apply(result[key] as JsonObject ?? [], inner) : value.DeepClone();
            }
        }

        return result;
    }
}
