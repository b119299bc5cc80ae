using System.Text.Json.Nodes;
using CsCheck;
using Nemotron.Lab.Patching;

namespace Nemotron.Lab.Tests.Patching;

/// <summary>What holds for every sequence of configurations.</summary>
public sealed class OwnershipProperties
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 22, 0, 0, TimeSpan.Zero);

    [Fact]
    public void ApplyTwice_IsApplyOnce() => Gen.Select(JsonGen.Configuration, JsonGen.Configuration).Sample((first, second) =>
    {
        var live = Force(Force(null, first, "one"), second, "two");
        var again = Force(live, second, "two");
        JsonEquality.Same(again, live).ShouldBeTrue();
    });

    [Fact]
    public void AppliedFields_HoldTheAppliedValues_AfterForce() => Gen.Select(JsonGen.Configuration, JsonGen.Configuration).Sample((first, second) =>
    {
        var live = Force(Force(null, first, "one"), second, "two");
        var changes = TypedCompare.Of(second, live, JsonGen.Schema);
        changes.Modified.IsEmpty.ShouldBeTrue();
        changes.Removed.IsEmpty.ShouldBeTrue();
    });

    [Fact]
    public void GivingUpEverything_LeavesOnlyTheOthersFields() => Gen.Select(JsonGen.Configuration, JsonGen.Configuration).Sample((first, second) =>
    {
        var alone = Force(null, second, "two");
        var live = Force(Force(null, first, "one"), second, "two");
        var empty = JsonNode.Parse("""{"apiVersion":"t/v1","kind":"T","metadata":{"name":"o"}}""")!.AsObject();
        live = Force(live, empty, "one");
        // Order within lists may differ: items of the other manager kept the places they had been given.
        // Nor do times count: a manager that only confirmed what was there carries none.
        var changes = TypedCompare.Of(alone, live, JsonGen.Schema, FieldSet.OfFields("metadata"));
        changes.Modified.Union(changes.Removed).IsEmpty.ShouldBeTrue();
        TypedFields.Of(live["spec"], JsonGen.Schema.Properties["spec"]).Except(TypedFields.Of(alone["spec"], JsonGen.Schema.Properties["spec"])).IsEmpty.ShouldBeTrue();
    });

    [Fact]
    public void AChangedField_HasOneOwner_AfterForce() => Gen.Select(JsonGen.Configuration, JsonGen.Configuration).Sample((first, second) =>
    {
        var before = Force(null, first, "one");
        var live = Force(before, second, "two");
        var changed = TypedCompare.Of(before, live, JsonGen.Schema);
        var taken = changed.Modified.Union(changed.Added);
        var owners = ManagedEntry.Read(live["metadata"]!["managedFields"]).ToDictionary(pair => pair.Key.Manager, pair => pair.Value.Fields);
        (owners.TryGetValue("one", out var kept) ? kept.Intersect(taken) : new FieldSet()).IsEmpty.ShouldBeTrue();
    });

    [Fact]
    public void AnUpdate_OwnsWhatItChanged_AndNobodyElseDoes() => Gen.Select(JsonGen.Configuration, JsonGen.Configuration).Sample((first, second) =>
    {
        var before = Force(null, first, "one");
        var after = (JsonObject)second.DeepClone();
        after["metadata"] = before["metadata"]!.DeepClone();
        var recorded = ManagedFields.RecordUpdate(before, after, JsonGen.Schema, "editor", "t/v1", null, Now);
        var changes = TypedCompare.Of(before, recorded, JsonGen.Schema, FieldSet.OfFields("metadata"));
        var owners = ManagedEntry.Read(recorded["metadata"]!["managedFields"]).ToDictionary(pair => pair.Key.Manager, pair => pair.Value.Fields);
        var taken = changes.Modified.Union(changes.Added);
        taken.Except(owners.GetValueOrDefault("editor", new FieldSet())).IsEmpty.ShouldBeTrue();
        owners.GetValueOrDefault("one", new FieldSet()).Intersect(taken.Union(changes.Removed)).IsEmpty.ShouldBeTrue();
    });

    [Fact]
    public void FieldSets_SurviveTheirJson() => JsonGen.Configuration.Sample(configuration =>
    {
        var set = TypedFields.Of(configuration, JsonGen.Schema);
        FieldSetJson.Read(FieldSetJson.Write(set)).SetEquals(set).ShouldBeTrue();
    });

    [Fact]
    public void FieldSets_ObeySetAlgebra() => Gen.Select(JsonGen.Configuration, JsonGen.Configuration).Sample((first, second) =>
    {
        var (a, b) = (TypedFields.Of(first, JsonGen.Schema), TypedFields.Of(second, JsonGen.Schema));
        a.Union(b).SetEquals(b.Union(a)).ShouldBeTrue();
        a.Except(b).Union(a.Intersect(b)).SetEquals(a).ShouldBeTrue();
        a.Except(b).Intersect(b).IsEmpty.ShouldBeTrue();
        a.Union(b).Paths().Count().ShouldBe(a.Paths().Count() + b.Except(a).Paths().Count());
    });

    private static JsonObject Force(JsonObject? live, JsonObject configuration, string manager) =>
        ServerSideApply.Apply(live, configuration, JsonGen.Schema, manager, force: true, "t/v1", null, Now);
}
