using System.Text.Json.Nodes;
using CsCheck;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Tests.Storage;

public class RevisionedStoreTests
{
    [Fact]
    public void Every_write_takes_the_next_revision_and_carries_it()
    {
        var store = new RevisionedStore(100);
        var (pods, nodes) = (store.Table("pods"), store.Table("nodes"));
        long before = store.Revision;
        var pod = store.Put(pods, "a", "p", null, Object("p"));
        var node = store.Put(nodes, null, "n", null, Object("n"));
        pod.Revision.ShouldBe(before + 1);
        node.Revision.ShouldBe(before + 2);
        ((string?)node.Tree["metadata"]!["resourceVersion"]).ShouldBe($"{before + 2}");
        store.Revision.ShouldBe(before + 2);
    }

    [Fact]
    public void A_write_on_another_version_than_the_stored_one_is_a_conflict()
    {
        var store = new RevisionedStore(100);
        var table = store.Table("pods");
        var first = store.Put(table, "a", "p", null, Object("p"));
        store.Put(table, "a", "p", first, Object("p"));
        Should.Throw<StoreConflictException>(() => store.Put(table, "a", "p", first, Object("p")));
        Should.Throw<StoreConflictException>(() => store.Put(table, "a", "p", null, Object("p")));
        Should.Throw<StoreConflictException>(() => store.Remove(table, first));
    }

    [Fact]
    public void The_past_can_be_seen_until_it_is_compacted()
    {
        var store = new RevisionedStore(100);
        var table = store.Table("pods");
        var first = store.Put(table, "a", "p", null, Object("p"));
        store.Remove(table, first);
        table.AsOf(first.Revision)!.Find("a", "p").ShouldBe(first);
        table.AsOf(first.Revision - 1)!.Find("a", "p").ShouldBeNull();
        store.Compact();
        table.AsOf(first.Revision).ShouldBeNull();
        table.AsOf(store.Revision).ShouldNotBeNull();
    }

    /// <summary>Whatever happens, the snapshot of any past revision is what was there then, and replaying changes from it leads to now.</summary>
    [Fact]
    public void Snapshots_and_changes_agree_at_every_revision()
    {
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 2]).Array[1, 60].Sample(steps =>
        {
            var store = new RevisionedStore(1000);
            var table = store.Table("pods");
            var states = new Dictionary<long, string> { [store.Revision] = Keys(table.Current) };
            foreach (var (name, action) in steps)
            {
                var found = table.Current.Find("ns", $"p{name}");
                if (action == 0 && found is not null) store.Remove(table, found);
                else store.Put(table, "ns", $"p{name}", found, Object($"p{name}"));
                states[store.Revision] = Keys(table.Current);
            }
            foreach (var (revision, state) in states)
            {
                var past = table.AsOf(revision)!;
                if (Keys(past) != state) return false;
                if (Keys(Replay(table, past, revision)) != Keys(table.Current)) return false;
            }
            return true;
        });
    }

    [Fact]
    public async Task A_reader_at_the_end_is_woken_by_the_next_change()
    {
        var store = new RevisionedStore(100);
        var table = store.Table("pods");
        var (_, position) = table.Open();
        table.TryRead(position, new StoreEvent[1], out int none, out var wait).ShouldBeTrue();
        none.ShouldBe(0);
        wait.IsCompleted.ShouldBeFalse();
        store.Put(table, "a", "p", null, Object("p"));
        await wait.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_replaced_version_lets_its_tree_go_and_parses_it_again_when_asked()
    {
        var store = new RevisionedStore(100);
        var table = store.Table("pods");
        var first = store.Put(table, "a", "p", null, Object("p"));
        var tree = first.Tree;
        first.Tree.ShouldBeSameAs(tree);
        store.Put(table, "a", "p", first, Object("p"));
        first.Tree.ShouldNotBeSameAs(tree);
        JsonNode.DeepEquals(first.Tree, tree).ShouldBeTrue();
    }

    private static TableSnapshot Replay(ResourceTable table, TableSnapshot from, long revision)
    {
        table.TrySeek(revision, out long position, out _).ShouldBeTrue();
        var batch = new StoreEvent[7];
        while (table.TryRead(position, batch, out int read, out _) && read > 0)
        {
            for (int i = 0; i < read; i++) from = batch[i].Removed ? from.Without(batch[i].Current, batch[i].Revision) : from.With(batch[i].Current, batch[i].Revision);
            position += read;
        }
        return from;
    }

    private static string Keys(TableSnapshot snapshot) => string.Join(",", snapshot.Objects(null).Select(o => $"{o.Name}@{o.Revision}"));

    private static JsonObject Object(string name) => new() { ["metadata"] = new JsonObject { ["name"] = name } };
}
