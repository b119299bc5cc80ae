using System.Text.Json.Nodes;
using Nemotron.Lab.Patching;

namespace Nemotron.Lab.Tests.Patching;

public sealed class ManagedFieldsTests
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 23, 22, 0, 0, TimeSpan.Zero);

    [Fact]
    public void NoChange_KeepsTheTime()
    {
        var live = Update(null, """{"size":1}""", "a", T0);
        JsonEquality.Same(Update(live, """{"size":1}""", "a", T0.AddHours(1)), live).ShouldBeTrue();
    }

    [Fact]
    public void RemovalAlone_TakesTheField_ButNotTheTime()
    {
        var live = Update(null, """{"size":1,"name":"n"}""", "a", T0);
        var entry = Entries(Update(live, """{"size":1}""", "b", T0.AddHours(1))).ShouldHaveSingleItem();
        entry["fieldsV1"]!.ToJsonString().ShouldBe("""{"f:spec":{".":{},"f:size":{}}}""");
        entry["time"]!.ToString().ShouldBe("2026-11-23T22:00:00Z");
    }

    [Fact]
    public void ElevenUpdaters_TheOldestBecomeAncient()
    {
        JsonObject? live = null;
        for (var i = 0; i < 11; i++) live = Update(live, $$$"""{"map":{{{MapOf(i)}}}}""", $"m{i:00}", T0.AddMinutes(i));
        Entries(live!).Select(entry => entry["manager"]!.ToString())
            .ShouldBe(["ancient-changes", .. Enumerable.Range(2, 9).Select(i => $"m{i:00}")]);
    }

    [Fact]
    public void SentManagedFields_StandInForTheStored_AndOneEmptyEntryResets()
    {
        var live = Update(null, """{"size":1}""", "a", T0);
        var pruned = (JsonObject)live.DeepClone();
        pruned["metadata"]!["managedFields"] = JsonNode.Parse("""[{"manager":"x","operation":"Update","apiVersion":"t/v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:size":{}}}}]""");
        Managers(ManagedFields.RecordUpdate(live, pruned, JsonGen.Schema, "b", "t/v1", null, T0)).ShouldBe(["x"]);
        Managers(ManagedFields.RecordUpdate(live, pruned, JsonGen.Schema, "b", "t/v1", "status", T0)).ShouldBe(["a"]);
        pruned["metadata"]!["managedFields"] = JsonNode.Parse("[{}]");
        ManagedFields.RecordUpdate(live, pruned, JsonGen.Schema, "b", "t/v1", null, T0)["metadata"]!.AsObject().ContainsKey("managedFields").ShouldBeFalse();
        pruned["metadata"]!["managedFields"] = JsonNode.Parse("[]");
        Managers(ManagedFields.RecordUpdate(live, pruned, JsonGen.Schema, "b", "t/v1", null, T0)).ShouldBe(["a"]);
    }

    [Fact]
    public void KindOfValueChanges_OwnershipFollows()
    {
        var open = new Nemotron.Lab.Schema.StructuralSchema { PreserveUnknownFields = true };
        JsonObject Of(string spec) => JsonNode.Parse($$$"""{"apiVersion":"t/v1","kind":"T","metadata":{"name":"o"},"spec":{{{spec}}}}""")!.AsObject();
        var live = ManagedFields.RecordUpdate(null, Of("""{"x":{"y":1}}"""), open, "a", "t/v1", null, T0);
        live = ManagedFields.RecordUpdate(live, Of("""{"x":"text"}"""), open, "b", "t/v1", null, T0);
        var entries = Entries(live);
        entries.Single(entry => entry["manager"]!.ToString() == "a")["fieldsV1"]!.ToJsonString().ShouldBe("""{"f:spec":{}}""");
        entries.Single(entry => entry["manager"]!.ToString() == "b")["fieldsV1"]!.ToJsonString().ShouldBe("""{"f:spec":{"f:x":{}}}""");
    }

    [Fact]
    public void OnlyTimesDiffer_LiveIsKept()
    {
        var live = Update(null, """{"size":1}""", "a", T0);
        var later = (JsonObject)live.DeepClone();
        later["metadata"]!["managedFields"]![0]!["time"] = "2026-11-23T23:00:00Z";
        ManagedFields.KeepIfOnlyTimesDiffer(live, later).ShouldBeSameAs(live);
        later["spec"]!["size"] = 2;
        ManagedFields.KeepIfOnlyTimesDiffer(live, later).ShouldBeSameAs(later);
    }

    [Theory]
    [InlineData("kubectl/v1.32.4 (linux/amd64) kubernetes/59526cd", "kubectl")]
    [InlineData("", "unknown")]
    [InlineData(null, "unknown")]
    public void DefaultManager_IsTheAgentsName(string? agent, string expected) => ManagedFields.DefaultManager(agent).ShouldBe(expected);

    private static string MapOf(int last) => "{" + string.Join(',', Enumerable.Range(0, last + 1).Select(i => $"\"k{i:00}\":\"v\"")) + "}";

    private static JsonObject Update(JsonObject? live, string spec, string manager, DateTimeOffset now)
    {
        var after = JsonNode.Parse($$$"""{"apiVersion":"t/v1","kind":"T","metadata":{"name":"o"},"spec":{{{spec}}}}""")!.AsObject();
        return ManagedFields.RecordUpdate(live, after, JsonGen.Schema, manager, "t/v1", null, now);
    }

    private static JsonObject[] Entries(JsonObject obj) => [.. obj["metadata"]!["managedFields"]!.AsArray().Select(entry => entry!.AsObject())];

    private static string[] Managers(JsonObject obj) => [.. Entries(obj).Select(entry => entry["manager"]!.ToString())];
}
