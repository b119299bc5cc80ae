using System.Text;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Tests.Storage;

public class EventHistoryTests
{
    [Fact]
    public void Changes_are_read_from_a_position_on_in_order()
    {
        var history = Filled(capacity: 100, count: 40);
        var read = new StoreEvent[16];
        history.TryRead(history.PositionAfter(10), read, out int count).ShouldBeTrue();
        count.ShouldBe(16);
        read.Select(e => e.Revision).ShouldBe(Enumerable.Range(11, 16).Select(i => (long)i));
    }

    [Fact]
    public void A_position_that_fell_out_is_told_and_what_was_lost_is_known()
    {
        var history = Filled(capacity: 16, count: 40);
        history.LostThrough.ShouldBe(24);
        history.TryRead(0, new StoreEvent[4], out _).ShouldBeFalse();
        history.TryRead(history.PositionAfter(24), new StoreEvent[4], out int count).ShouldBeTrue();
        count.ShouldBe(4);
    }

    [Fact]
    public void Compaction_forgets_up_to_a_revision()
    {
        var history = Filled(capacity: 100, count: 40);
        history.Compact(30);
        history.LostThrough.ShouldBe(30);
        history.Backwards().Select(e => e.Revision).Last().ShouldBe(31);
        history.End.ShouldBe(40);
    }

    [Fact]
    public void A_bound_in_bytes_drops_the_oldest_but_never_the_last_few()
    {
        // Each change is two bytes.
        Filled(capacity: 100, count: 40, bytes: 50).LostThrough.ShouldBe(15);
        var tight = Filled(capacity: 100, count: 40, bytes: 1);
        tight.LostThrough.ShouldBe(40 - EventHistory.FewestKept);
        tight.Backwards().Count().ShouldBe(EventHistory.FewestKept);
    }

    private static EventHistory Filled(int capacity, int count, long bytes = long.MaxValue)
    {
        var history = new EventHistory(capacity, bytes);
        for (int i = 1; i <= count; i++)
        {
            var stored = new StoredObject(null, $"o{i}", i, Encoding.UTF8.GetBytes("{}"));
            history.Add(new StoreEvent(i, stored, null, Removed: false));
        }
        return history;
    }
}
