using System.Text;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Api.Protobuf;

namespace Nemotron.Lab.Tests.Api;

public class SmallPartsTests
{
    [Fact]
    public void Versions_are_ordered_as_Kubernetes_orders_them()
    {
        string[] versions = ["foo1", "v1alpha1", "v2", "v1beta2", "v10", "v1beta1", "v1"];
        versions.OrderDescending(KubeVersionOrder.Instance).ShouldBe(["v10", "v2", "v1", "v1beta2", "v1beta1", "v1alpha1", "foo1"]);
    }

    [Theory]
    [InlineData(".spec.model", "Nano")]
    [InlineData(".status.conditions[?(@.type==\"Ready\")].status", "True")]
    [InlineData(".status.conditions[1].type", "Sick")]
    [InlineData(".metadata.labels.example\\.com/a", "x")]
    [InlineData(".metadata.labels['example.com/a']", "x")]
    [InlineData("{.spec.list[-1]}", "c")]
    public void Printer_columns_find_their_value(string path, string value)
    {
        var obj = JsonNode.Parse("""
            {"metadata":{"labels":{"example.com/a":"x"}},"spec":{"model":"Nano","list":["a","b","c"]},
             "status":{"conditions":[{"type":"Ready","status":"True"},{"type":"Sick","status":"False"}]}}
            """)!;
        JsonPathExpression.Parse(path).Evaluate(obj).ShouldHaveSingleItem().Text().ShouldBe(value);
    }

    [Fact]
    public void What_a_printer_column_does_not_find_is_empty_not_a_fault()
    {
        JsonPathExpression.Parse(".a.b[3].c[?(@.d==\"e\")]").Evaluate(new JsonObject()).ShouldBeEmpty();
        JsonPathExpression.Parse("nonsense").Evaluate(new JsonObject()).ShouldBeEmpty();
    }

    [Fact]
    public void Keys_given_twice_are_found_by_path_and_the_last_counts()
    {
        byte[] json = Encoding.UTF8.GetBytes("""{"a":{"b":1,"b":2},"l":[{"x":1},{"x":1,"x":3}]}""");
        DuplicateKeys.Find(json).ShouldBe(["a.b", "l[1].x"]);
        var parsed = RequestBody.Parse(json);
        ((int)parsed.Node!["a"]!["b"]!).ShouldBe(2);
        ((int)parsed.Node["l"]![1]!["x"]!).ShouldBe(3);
    }

    [Fact]
    public void Yaml_scalars_become_what_Go_makes_of_them()
    {
        var node = YamlBody.Parse("a: yes\nb: \"yes\"\nc: 12\nd: 1.5\ne: ~\nf: v1\ng: 0x\nh: [1, two]\n")!;
        node.ToJsonString().ShouldBe("""{"a":true,"b":"yes","c":12,"d":1.5,"e":null,"f":"v1","g":"0x","h":[1,"two"]}""");
    }

    [Theory]
    [InlineData("/api/v1/namespaces", "", "v1", null, "namespaces", "", "")]
    [InlineData("/api/v1/namespaces/x", "", "v1", null, "namespaces", "x", "")]
    [InlineData("/api/v1/namespaces/x/status", "", "v1", null, "namespaces", "x", "status")]
    [InlineData("/api/v1/namespaces/x/pods/p/binding", "", "v1", "x", "pods", "p", "binding")]
    [InlineData("/apis/apps/v1/deployments", "apps", "v1", null, "deployments", "", "")]
    [InlineData("/apis/g.io/v1/namespaces/status/status", "g.io", "v1", "status", "status", "", "")]
    public void Paths_are_taken_apart(string path, string group, string version, string? ns, string plural, string name, string subresource) =>
        RequestRoute.Parse(path).ShouldBe(new RequestRoute(group, version, ns, plural, name, subresource));

    [Fact]
    public void An_Accept_header_is_gone_through_in_order()
    {
        MediaTypes.Negotiate("application/json;as=Table;v=v1;g=meta.k8s.io,application/json").Shape.ShouldBe(ResponseShape.Table);
        MediaTypes.Negotiate("application/vnd.kubernetes.protobuf,application/json").Shape.ShouldBe(ResponseShape.Object);
        MediaTypes.Negotiate("application/yaml").Yaml.ShouldBeTrue();
        MediaTypes.AggregatedDiscovery("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json").ShouldBe("v2");
        MediaTypes.AggregatedDiscovery("application/json").ShouldBeNull();
        Should.Throw<ApiException>(() => MediaTypes.Negotiate("text/html")).Code.ShouldBe(406);
    }

    [Fact]
    public void A_protobuf_envelope_of_a_known_kind_becomes_json()
    {
        byte[] meta = [0x0A, 1, (byte)'c'];
        byte[] entry = [0x0A, 1, (byte)'k', 0x12, 1, (byte)'v'];
        byte[] raw = [0x0A, (byte)meta.Length, .. meta, 0x12, (byte)entry.Length, .. entry];
        byte[] type = [0x0A, 2, (byte)'v', (byte)'1', 0x12, 9, .. "ConfigMap"u8];
        byte[] envelope = [.. "k8s\0"u8, 0x0A, (byte)type.Length, .. type, 0x12, (byte)raw.Length, .. raw];
        var obj = RuntimeUnknown.Decode(envelope)!;
        obj["metadata"]!["name"].Text().ShouldBe("c");
        obj["data"]!["k"].Text().ShouldBe("v");
        obj["kind"].Text().ShouldBe("ConfigMap");
    }

    [Fact]
    public void A_torn_or_unknown_protobuf_body_is_refused_not_misread()
    {
        Should.Throw<ApiException>(() => RuntimeUnknown.Decode([.. "k8s\0"u8, 0x0A, 0x7F])).Code.ShouldBe(400);
        RuntimeUnknown.Decode("{}"u8).ShouldBeNull();
    }

    [Fact]
    public void A_continue_token_comes_back_as_it_was()
    {
        var token = new ContinueToken(42, "ns", "name");
        ContinueToken.Decode(token.Encode()).ShouldBe(token);
        Should.Throw<ApiException>(() => ContinueToken.Decode("xyz")).Message.ShouldContain("invalid character '\\xc7'");
    }
}
