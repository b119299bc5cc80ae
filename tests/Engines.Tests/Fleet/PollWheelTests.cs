using CsCheck;
using Nemotron.Engines.Fleet;

namespace Nemotron.Engines.Tests.Fleet;

public class PollWheelTests
{
    [Fact]
    public void Things_that_come_are_spread_evenly() => Gen.Select(Gen.Int[0, 300], Gen.Int[1, 100], Gen.Int).Sample((things, slots, seed) =>
    {
        var wheel = new PollWheel<object>(slots, seed);
        for (var i = 0; i < things; i++) wheel.Add(new object());
        wheel.Filled.Sum().ShouldBe(things);
        (wheel.Filled.Max() - wheel.Filled.Min()).ShouldBeLessThanOrEqualTo(1);
    });

    [Fact]
    public void A_turn_visits_each_thing_once_however_it_is_stepped_and_whatever_comes_and_goes() =>
        Gen.Select(Gen.Int[1, 20], Gen.Int, Gen.Bool.List[1, 60], Gen.Int[1, 7].List[1, 30]).Sample((slots, seed, comings, steps) =>
        {
            var wheel = new PollWheel<object>(slots, seed);
            var present = new List<(int Slot, object Thing)>();
            foreach (var comes in comings)
            {
                if (comes || present.Count == 0)
                {
                    var thing = new object();
                    present.Add((wheel.Add(thing), thing));
                }
                else
                {
                    wheel.Remove(present[0].Slot, present[0].Thing);
                    present.RemoveAt(0);
                }
            }

            var due = new List<object>();
            var position = -1L;
            foreach (var step in steps)
            {
                if (position + step >= slots) break;
                wheel.TurnTo(position += step, due);
            }

            if (position < slots - 1) wheel.TurnTo(slots - 1, due);
            due.OrderBy(d => d.GetHashCode()).ShouldBe(present.Select(p => p.Thing).OrderBy(d => d.GetHashCode()));
        });

    [Fact]
    public void After_a_long_pause_each_thing_is_due_once_not_many_times()
    {
        var wheel = new PollWheel<object>(10, seed: 1);
        for (var i = 0; i < 25; i++) wheel.Add(new object());
        var due = new List<object>();
        wheel.TurnTo(1000, due);
        due.Count.ShouldBe(25);
        due.Distinct().Count().ShouldBe(25);
    }

    [Fact]
    public void The_seed_says_where_things_go()
    {
        Places(7).ShouldBe(Places(7));
        Places(7).ShouldNotBe(Places(8));

        static int[] Places(int seed)
        {
            var wheel = new PollWheel<object>(100, seed);
            return [.. Enumerable.Range(0, 20).Select(_ => wheel.Add(new object()))];
        }
    }
}
