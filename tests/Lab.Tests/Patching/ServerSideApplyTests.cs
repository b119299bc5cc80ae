using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Patching;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Tests.Patching;

public sealed class ServerSideApplyTests
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 23, 22, 0, 0, TimeSpan.Zero);

    [Fact]
    public void SameAgain_WritesNoNewTime()
    {
        var live = Apply(null, """{"size":1}""", "one", T0);
        var again = Apply(live, """{"size":1}""", "one", T0.AddHours(1));
        JsonEquality.Same(again, live).ShouldBeTrue();
    }

    [Fact]
    public void Change_MovesTheTime()
    {
        var live = Apply(null, """{"size":1}""", "one", T0);
        Entry(Apply(live, """{"size":2}""", "one", T0.AddHours(1)), "one")["time"]!.ToString().ShouldBe("2026-11-23T23:00:00Z");
    }

    [Fact]
    public void Removal_KeepsWhatAnUpdaterOwns()
    {
        var live = Apply(null, """{"size":1,"name":"n"}""", "one", T0);
        var edited = (JsonObject)live.DeepClone();
        edited["spec"]!["name"] = "edited";
        live = ManagedFields.RecordUpdate(live, edited, JsonGen.Schema, "editor", "t/v1", null, T0);
        Spec(Apply(live, """{"size":1}""", "one", T0)).ShouldBe("""{"size":1,"name":"edited"}""");
    }

    [Fact]
    public void Removal_OfEverythingBelow_RemovesTheContainers() =>
        Spec(Apply(Apply(null, """{"size":1,"map":{"a":"x"},"items":[{"key":"k","value":1}],"set":["s"]}""", "one", T0), """{"size":1}""", "one", T0))
            .ShouldBe("""{"size":1}""");

    [Fact]
    public void Removal_LeavesDefaultsInsideWhatStays()
    {
        var live = Apply(null, """{"size":1,"name":"n"}""", "one", T0);
        live["spec"]!["list"] = new JsonArray(7);
        Spec(Apply(live, """{"size":1}""", "one", T0)).ShouldBe("""{"size":1,"list":[7]}""");
    }

    [Fact]
    public void ListMap_KeepsTheAppliedOrder_AndWeavesInOthers()
    {
        var live = Apply(null, """{"items":[{"key":"a"},{"key":"b"},{"key":"c"}]}""", "one", T0);
        live = Apply(live, """{"items":[{"key":"x"},{"key":"b"}]}""", "two", T0);
        live["spec"]!["items"]!.AsArray().Select(item => item!["key"]!.ToString()).ShouldBe(["a", "x", "b", "c"]);
    }

    [Fact]
    public void AtomicMap_BelongsToOne()
    {
        var live = Apply(null, """{"whole":{"a":"1"}}""", "one", T0);
        var refusal = Should.Throw<ApiException>(() => Apply(live, """{"whole":{"b":"1"}}""", "two", T0));
        refusal.Message.ShouldBe("Apply failed with 1 conflict: conflict with \"one\": .spec.whole");
        Spec(Apply(live, """{"whole":{"b":"1"}}""", "two", T0, force: true)).ShouldBe("""{"whole":{"b":"1"}}""");
    }

    [Fact]
    public void SameValue_IsSharedWithoutConflict()
    {
        var live = Apply(Apply(null, """{"size":1}""", "one", T0), """{"size":1}""", "two", T0);
        Entry(live, "one")["fieldsV1"]!.ToJsonString().ShouldBe("""{"f:spec":{"f:size":{}}}""");
        Entry(live, "two")["fieldsV1"]!.ToJsonString().ShouldBe("""{"f:spec":{"f:size":{}}}""");
        Spec(Apply(live, "{}", "one", T0)).ShouldBe("""{"size":1}""");
    }

    [Fact]
    public void Conflicts_WithSeveral_AreListedByManager()
    {
        var live = Apply(Apply(null, """{"size":1,"set":["a"]}""", "zoe", T0), """{"name":"n"}""", "ann", T0);
        var refusal = Should.Throw<ApiException>(() => Apply(live, """{"size":2,"name":"m"}""", "bob", T0));
        refusal.Message.ShouldBe("Apply failed with 2 conflicts: conflicts with \"ann\":\n- .spec.name\nconflicts with \"zoe\":\n- .spec.size");
        refusal.Details!["causes"]!.AsArray().Count.ShouldBe(2);
    }

    [Fact]
    public void Conflict_WithAStatusWriter_NamesTheSubresource()
    {
        var live = Apply(null, "{}", "one", T0);
        var updated = (JsonObject)live.DeepClone();
        updated["spec"]!["size"] = 3;
        live = ManagedFields.RecordUpdate(live, updated, JsonGen.Schema, "hpa", "t/v1", "scale", T0);
        Should.Throw<ApiException>(() => Apply(live, """{"size":2}""", "one", T0)).Message
            .ShouldBe("Apply failed with 1 conflict: conflict with \"hpa\" with subresource \"scale\" using t/v1: .spec.size");
    }

    [Fact]
    public void SchemaTurnedAtomic_OwnersBelowOwnTheWhole()
    {
        var open = new StructuralSchema { PreserveUnknownFields = true };
        var live = ServerSideApply.Apply(null, Configuration("""{"whole":{"a":"1"}}"""), open, "one", false, "t/v1", null, T0);
        Entry(live, "one")["fieldsV1"]!.ToJsonString().ShouldBe("""{"f:spec":{".":{},"f:whole":{".":{},"f:a":{}}}}""");
        Should.Throw<ApiException>(() => Apply(live, """{"whole":{"b":"1"}}""", "two", T0)).Message
            .ShouldBe("Apply failed with 1 conflict: conflict with \"one\": .spec.whole");
    }

    [Theory]
    [InlineData("""{"bogus":1}""", ".spec.bogus: field not declared in schema")]
    [InlineData("""{"size":"x"}""", ".spec.size: expected numeric (int or float), got string")]
    [InlineData("""{"set":["a","a"]}""", ".spec.set: duplicate entries for key [=\"a\"]")]
    [InlineData("""{"items":[{"key":"a"},{"key":"a"}]}""", ".spec.items: duplicate entries for key [key=\"a\"]")]
    [InlineData("""{"items":[{"value":1}]}""", ".spec.items: element 0: associative list with keys has an element that omits key field \"key\" (and doesn't have default value)")]
    [InlineData("""{"bogus":1,"other":2}""", "errors:\n  .spec.bogus: field not declared in schema\n  .spec.other: field not declared in schema")]
    public void Misfits_AreRefusedWithTheServersOwnCode(string spec, string fault)
    {
        var refusal = Should.Throw<ApiException>(() => Apply(null, spec, "one", T0));
        refusal.Code.ShouldBe(500);
        refusal.Message.ShouldBe($"failed to create typed patch object (/o; t/v1, Kind=T): {fault}");
    }

    [Fact]
    public void OtherVersion_IsRefused()
    {
        var applied = Configuration("{}");
        applied["apiVersion"] = "t/v2";
        Should.Throw<ApiException>(() => ServerSideApply.Apply(null, applied, JsonGen.Schema, "one", false, "t/v1", null, T0)).Message
            .ShouldBe("Incorrect version specified in apply patch. Specified patch version: t/v2, expected: t/v1");
    }

    [Fact]
    public void Kubectl_TakesOverFromItsClientSideApply_WithoutForce()
    {
        var created = Configuration("""{"size":1,"name":"n"}""");
        created["metadata"]!["annotations"] = new JsonObject
        {
            ["kubectl.kubernetes.io/last-applied-configuration"] = Configuration("""{"size":1,"name":"n"}""").ToJsonString(),
        };
        var live = ManagedFields.RecordUpdate(null, created, JsonGen.Schema, "kubectl-client-side-apply", "t/v1", null, T0);

        var applied = Apply(live, """{"size":2,"name":"n"}""", "kubectl", T0);
        Spec(applied).ShouldBe("""{"size":2,"name":"n"}""");
        applied["metadata"]!["annotations"]!.ToJsonString().ShouldContain("\\u0022size\\u0022:2");

        live["spec"]!["size"] = 5; // Someone else's change since then: no longer kubectl's to take.
        Should.Throw<ApiException>(() => Apply(live, """{"size":2,"name":"n"}""", "kubectl", T0)).Message.ShouldContain(".spec.size");
        Should.Throw<ApiException>(() => Apply(live, """{"size":2,"name":"n"}""", "op", T0)).Code.ShouldBe(409);
    }

    [Fact]
    public void Reset_FieldsAreNeitherOwnedNorInConflict()
    {
        var live = ServerSideApply.Apply(null, Configuration("""{"size":1}"""), JsonGen.Schema, "one", false, "t/v1", null, T0);
        var applied = ServerSideApply.Apply(live, Configuration("""{"size":9}"""), JsonGen.Schema, "ctl", false, "t/v1", "status", T0, ResetFields.AllButStatus);
        applied["metadata"]!["managedFields"]!.AsArray().Select(entry => entry!["manager"]!.ToString()).ShouldBe(["one"]);
    }

    private static JsonObject Apply(JsonObject? live, string spec, string manager, DateTimeOffset now, bool force = false) =>
        ServerSideApply.Apply(live, Configuration(spec), JsonGen.Schema, manager, force, "t/v1", null, now);

    private static JsonObject Configuration(string spec) =>
        new() { ["apiVersion"] = "t/v1", ["kind"] = "T", ["metadata"] = new JsonObject { ["name"] = "o" }, ["spec"] = JsonNode.Parse(spec) };

    private static string Spec(JsonObject obj) => obj["spec"]!.ToJsonString();

    private static JsonObject Entry(JsonObject obj, string manager) =>
        obj["metadata"]!["managedFields"]!.AsArray().Select(entry => entry!.AsObject()).Single(entry => entry["manager"]!.ToString() == manager);
}
