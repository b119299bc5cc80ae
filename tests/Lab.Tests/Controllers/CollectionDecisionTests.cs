using CsCheck;
using Nemotron.Lab.Controllers.GarbageCollection;

namespace Nemotron.Lab.Controllers.Tests;

public class CollectionDecisionTests
{
    [Theory]
    // owners (P present, W waiting, A absent, U unknown kind) → what happens
    [InlineData("", "Keep")]
    [InlineData("P", "Keep")]
    [InlineData("A", "Delete Background")]
    [InlineData("AA", "Delete Background")]
    [InlineData("PA", "DropOwners 1")]
    [InlineData("PW", "DropOwners 1")]
    [InlineData("PAW", "DropOwners 1,2")]
    [InlineData("W", "Delete Background")]
    [InlineData("AU", "Keep")]
    [InlineData("U", "Keep")]
    public void Owners_decide(string owners, string expected) => Told(Decide(owners)).ShouldBe(expected);

    [Fact]
    public void A_waiting_owner_makes_its_dependents_with_dependents_wait_too() =>
        Told(Decide("W", [Object("child", owners: "self")])).ShouldBe("Delete Foreground");

    [Fact]
    public void Finalizers_on_the_object_keep_their_meaning()
    {
        Told(Decide("A", orphan: true)).ShouldBe("Delete Orphan");
        Told(Decide("A", foreground: true)).ShouldBe("Delete Foreground");
    }

    [Fact]
    public void A_deleted_object_that_orphans_lets_its_dependents_go_first() =>
        Told(Decide("", [Object("a", "self"), Object("b", "self")], deleting: true, orphan: true)).ShouldBe("OrphanDependents a,b");

    [Fact]
    public void Foreground_waits_for_blocking_dependents_only()
    {
        Told(Decide("", [Object("a", "self"), Object("b", "self", blocks: false)], deleting: true, foreground: true)).ShouldBe("AwaitDependents a");
        Told(Decide("", [Object("b", "self", blocks: false)], deleting: true, foreground: true)).ShouldBe("FinishForeground");
    }

    [Fact]
    public void An_object_being_deleted_is_left_alone() => Told(Decide("A", deleting: true)).ShouldBe("Keep");

    [Theory]
    [InlineData("Background")]
    [InlineData("Foreground")]
    [InlineData("Orphan")]
    public void Exactly_the_dependents_go(string propagation)
    {
        // Random forests and diamonds: object i may be owned by objects before it.
        Gen.Select(Gen.Int[2, 14], Gen.Int[0, 3].Array[196], Gen.Int[0, 13]).Sample((count, links, root) =>
        {
            var owners = new List<List<int>>();
            for (var i = 0; i < count; i++) owners.Add([.. Enumerable.Range(0, i).Where(j => links[(i * 14) + j] == 0)]);
            root %= count;
            var expected = Enumerable.Range(0, count).ToHashSet();
            expected.Remove(root);
            if (propagation != "Orphan")
            {
                for (var i = 0; i < count; i++)
                {
                    if (i != root && owners[i].Count > 0 && owners[i].All(owner => !expected.Contains(owner))) expected.Remove(i);
                }
            }

            Collect(owners, root, propagation).Order().ShouldBe(expected.Order());
        });
    }

    /// <summary>Plays the collector over a small store until nothing changes; gives back what is left.</summary>
    private static List<int> Collect(List<List<int>> owners, int root, string propagation)
    {
        var graph = new OwnershipGraph();
        var live = new Dictionary<string, OwnedObject>();
        for (var i = 0; i < owners.Count; i++) Put(Object($"{i}", [.. owners[i].Select(owner => $"{owner}")]));
        Delete($"{root}", propagation);
        for (var turn = 0; turn < 1000; turn++)
        {
            var changed = false;
            foreach (var uid in live.Keys.ToList())
            {
                if (!live.TryGetValue(uid, out var obj)) continue;
                var dependents = graph.DependentsOf(uid);
                var action = CollectionDecision.Decide(obj, () => dependents, owner =>
                    !live.TryGetValue(owner.Uid, out var found) ? OwnerState.Absent : found.WaitsForDependents ? OwnerState.Waiting : OwnerState.Present);
                changed |= action.Step is not (CollectionStep.Keep or CollectionStep.AwaitDependents);
                switch (action.Step)
                {
                    case CollectionStep.Delete: Delete(uid, action.Propagation); break;
                    case CollectionStep.DropOwners: Drop(obj, action.Uids); break;
                    case CollectionStep.OrphanDependents:
                        foreach (var dependent in dependents) Drop(dependent, [uid]);
                        Remove(uid);
                        break;
                    case CollectionStep.FinishForeground: Remove(uid); break;
                }
            }

            if (!changed) return [.. live.Keys.Select(int.Parse)];
        }

        throw new InvalidOperationException("the collector does not come to rest");

        void Put(OwnedObject obj)
        {
            live[obj.Uid] = obj;
            graph.Put(obj);
        }

        void Remove(string uid)
        {
            live.Remove(uid);
            graph.Remove(uid);
        }

        void Drop(OwnedObject obj, IReadOnlyList<string> uids) => Put(obj with { Owners = [.. obj.Owners.Where(owner => !uids.Contains(owner.Uid))] });

        void Delete(string uid, string how)
        {
            if (how == "Background") Remove(uid);
            else Put(live[uid] with { Deleting = true, Foreground = how == "Foreground", Orphan = how == "Orphan" });
        }
    }

    private static CollectionAction Decide(
        string owners, IReadOnlyList<OwnedObject>? dependents = null, bool deleting = false, bool foreground = false, bool orphan = false)
    {
        var self = new OwnedObject(MemoryApi.ConfigMaps, new("default", "self"), "self", [.. owners.Select((_, i) => new OwnerLink("v1", "ConfigMap", $"o{i}", $"{i}", true))], deleting, foreground, orphan);
        return CollectionDecision.Decide(self, () => dependents ?? [], owner => owners[owner.Uid[0] - '0'] switch
        {
            'P' => OwnerState.Present,
            'W' => OwnerState.Waiting,
            'A' => OwnerState.Absent,
            _ => OwnerState.Unknown,
        });
    }

    private static OwnedObject Object(string uid, params string[] owners) => Object(uid, owners, true);

    private static OwnedObject Object(string uid, string owners, bool blocks) => Object(uid, [owners], blocks);

    private static OwnedObject Object(string uid, string[] owners, bool blocks) => new(
        MemoryApi.ConfigMaps, new("default", uid), uid, [.. owners.Select(owner => new OwnerLink("v1", "ConfigMap", owner, owner, blocks))], false, false, false);

    private static string Told(CollectionAction action) => action.Step switch
    {
        CollectionStep.Delete => $"Delete {action.Propagation}",
        CollectionStep.Keep or CollectionStep.FinishForeground => $"{action.Step}",
        _ => $"{action.Step} {string.Join(',', action.Uids)}",
    };
}
