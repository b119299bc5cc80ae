using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Tests.Schema;

/// <summary>The words of a real kube-apiserver v1.36, where the recordings lie beside the repository.</summary>
public sealed class RecordingsTests
{
    private static readonly Lazy<Dictionary<int, JsonObject>?> Exchanges = new(() =>
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "NemotronOperator.sln"))) folder = folder.Parent;
        var file = folder is null ? "" : Path.Combine(folder.FullName, "..", "shared", "data", "apiserver-recordings.jsonl");
        return File.Exists(file)
            ? File.ReadLines(file).Select(line => JsonNode.Parse(line)!.AsObject()).Where(e => (int)e["n"]! > 0).ToDictionary(e => (int)e["n"]!)
            : null;
    });

    private static JsonObject Exchange(int n)
    {
        if (Exchanges.Value is null) Assert.Skip("../shared/data/apiserver-recordings.jsonl is not there");
        return Exchanges.Value![n];
    }

    private static ResourceValidation Validation(out StructuralSchema schema)
    {
        var version = Exchange(5)["request"]!["body"]!["spec"]!["versions"]![0]!;
        schema = SchemaReader.Read(version["schema"]!["openAPIV3Schema"]!.AsObject());
        return new ResourceValidation(schema, CompiledRules.Compile(schema), version["subresources"]!["scale"]!.AsObject());
    }

    private static void ShouldBeTheRecordedRefusal(ApiException? refusal, JsonObject exchange)
    {
        var recorded = exchange["response"]!["body"]!;
        refusal.ShouldNotBeNull();
        var actual = refusal.ToStatus();
        // Faults of sibling fields come in the order of a hash map there, so only their set is fixed.
        Causes(actual).Order(StringComparer.Ordinal).ShouldBe(Causes(recorded).Order(StringComparer.Ordinal));
        if (Causes(recorded).Count <= 3) ((string)actual["message"]!).ShouldBe((string)recorded["message"]!);
        actual["details"]!["name"]!.ToJsonString().ShouldBe(recorded["details"]!["name"]!.ToJsonString());
        refusal.Code.ShouldBe((int)recorded["code"]!);
    }

    private static IReadOnlyList<string> Causes(JsonNode status) =>
        [.. status["details"]!["causes"]!.AsArray().Select(c => $"{c!["reason"]} {c["field"]}: {c["message"]}")];

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void A_definition_is_refused_as_recorded(int n)
    {
        var exchange = Exchange(n);
        var crd = exchange["request"]!["body"]!.DeepClone().AsObject();
        CrdDefaults.Apply(crd);
        var causes = CrdValidation.Validate(crd);
        ShouldBeTheRecordedRefusal(InvalidStatus.Create("CustomResourceDefinition", "apiextensions.k8s.io", (string)crd["metadata"]!["name"]!, causes), exchange);
    }

    [Fact]
    public void The_recorded_definition_is_taken()
    {
        var crd = Exchange(5)["request"]!["body"]!.DeepClone().AsObject();
        CrdDefaults.Apply(crd);
        CrdValidation.Validate(crd).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(22)]
    [InlineData(23)]
    [InlineData(24)]
    [InlineData(25)]
    [InlineData(26)]
    [InlineData(27)]
    [InlineData(28)]
    [InlineData(29)]
    [InlineData(30)]
    [InlineData(31)]
    [InlineData(34)]
    [InlineData(35)]
    [InlineData(36)]
    [InlineData(37)]
    [InlineData(38)]
    [InlineData(39)]
    public void A_widget_is_refused_as_recorded(int n)
    {
        var exchange = Exchange(n);
        var validation = Validation(out var schema);
        var widget = exchange["request"]!["body"]!.DeepClone().AsObject();
        Defaulting.Apply(widget, schema);
        Pruning.Prune(widget, schema, resourceRoot: true);
        ShouldBeTheRecordedRefusal(InvalidStatus.Create("Widget", "lab.example.com", (string)widget["metadata"]!["name"]!, validation.Validate(widget, null)), exchange);
    }

    [Fact]
    public void A_missing_name_keeps_the_rules_from_running_as_recorded()
    {
        var validation = Validation(out var schema);
        var widget = Exchange(41)["request"]!["body"]!.DeepClone().AsObject();
        Defaulting.Apply(widget, schema);
        var causes = validation.Validate(widget, null, FieldError.Required("metadata.name", "name or generateName is required"));
        InvalidStatus.Message("Widget", "lab.example.com", "", causes).ShouldBe((string)Exchange(41)["response"]!["body"]!["message"]!);
    }

    [Theory]
    [InlineData(16, 0)]
    [InlineData(18, 2)]
    [InlineData(32, 0)]
    [InlineData(33, 0)]
    public void A_widget_is_taken_as_recorded(int n, int unknownFields)
    {
        var exchange = Exchange(n);
        var validation = Validation(out var schema);
        var widget = exchange["request"]!["body"]!.DeepClone().AsObject();
        Defaulting.Apply(widget, schema);
        var unknown = Pruning.Prune(widget, schema, resourceRoot: true);
        validation.Validate(widget, null).ShouldBeEmpty();
        JsonNode.DeepEquals(widget["spec"], exchange["response"]!["body"]!["spec"]).ShouldBeTrue(widget["spec"]!.ToJsonString());
        unknown.Count.ShouldBe(unknownFields);
        if (unknownFields > 0)
            exchange["response"]!["warning"]!.AsArray().Select(w => (string)w!).ShouldBe(unknown.Select(u => $"299 - \"unknown field \\\"{u}\\\"\""));
    }

    [Fact]
    public void An_update_against_a_transition_rule_is_refused_as_recorded()
    {
        var exchange = Exchange(88);
        var validation = Validation(out _);
        var changed = exchange["request"]!["body"]!.DeepClone().AsObject();
        var stored = changed.DeepClone().AsObject();
        stored["spec"]!["model"] = "Nano";
        ShouldBeTheRecordedRefusal(InvalidStatus.Create("Widget", "lab.example.com", "a", validation.Validate(changed, stored)), exchange);
    }

    [Theory]
    [InlineData(134, "s", -1)]
    [InlineData(135, "a", 2)]
    public void A_scale_is_refused_as_recorded(int n, string name, int replicas)
    {
        var exchange = Exchange(n);
        var validation = Validation(out var schema);
        var stored = Widgets.Object("""{"apiVersion":"lab.example.com/v1","kind":"Widget","spec":{"model":"Nano"}}""");
        if (name == "a") stored["spec"]!["autoscaling"] = Widgets.Object("""{"max":3}""");
        Defaulting.Apply(stored, schema);
        var scaled = stored.DeepClone().AsObject();
        scaled["spec"]!["replicas"] = replicas;
        ShouldBeTheRecordedRefusal(InvalidStatus.Create("Widget", "lab.example.com", name, validation.Validate(scaled, stored)), exchange);
    }
}
