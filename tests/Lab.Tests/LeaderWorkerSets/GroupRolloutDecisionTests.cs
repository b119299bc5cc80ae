using System.Globalization;
using CsCheck;
using Nemotron.Lab.Controllers.LeaderWorkerSets;

namespace Nemotron.Lab.Controllers.Tests;

public class GroupRolloutDecisionTests
{
    /// <summary>Groups from number 0 up: U updated and ready, O old and ready, u updated and not ready, - neither.</summary>
    [Theory]
    // wanted (surge, unavailable, partition) | leaders (partition, sized for) | groups | changed → partition, replicas
    [InlineData("4 0 1 0", null, "", false, 0, 4)]
    [InlineData("4 0 1 0", "4 0 4", "OOOO", false, 0, 4)]
    // A new template: nothing is let go yet, the surplus is asked for at once.
    [InlineData("4 0 1 0", "4 0 4", "OOOO", true, 4, 4)]
    [InlineData("4 2 1 0", "4 0 4", "OOOO", true, 4, 6)]
    [InlineData("4 9 1 0", "4 0 4", "OOOO", true, 4, 7)]
    [InlineData("4 9 0 0", "4 0 4", "OOOO", true, 4, 8)]
    // Then from the top, as many as may be missing.
    [InlineData("4 0 1 0", "4 4 4", "OOOO", false, 3, 4)]
    [InlineData("4 0 2 0", "4 4 4", "OOOO", false, 2, 4)]
    [InlineData("4 0 1 0", "4 3 4", "OOO-", false, 3, 4)]
    [InlineData("4 0 1 0", "4 3 4", "OOOu", false, 3, 4)]
    [InlineData("4 0 1 0", "4 3 4", "OOOU", false, 2, 4)]
    [InlineData("4 0 1 0", "4 1 4", "OUUU", false, 0, 4)]
    [InlineData("4 0 1 0", "4 0 4", "UUUU", false, 0, 4)]
    // A group missing below is one fewer that may be missing above; from the partition on, missing ones cost nothing.
    [InlineData("4 0 2 0", "4 4 4", "-OOO", false, 3, 4)]
    [InlineData("4 0 1 0", "4 4 4", "-OOO", false, 4, 4)]
    [InlineData("4 0 1 0", "4 4 4", "----", false, 3, 4)]
    // Surplus groups come first, then stand in for those that are updated.
    [InlineData("4 2 0 0", "6 4 4", "OOOO--", false, 4, 6)]
    [InlineData("4 2 0 0", "6 4 4", "OOOOUU", false, 2, 6)]
    [InlineData("4 2 0 0", "6 2 4", "OOUUUU", false, 0, 6)]
    [InlineData("4 2 0 0", "6 0 4", "OUUUUU", false, 0, 5)]
    [InlineData("4 2 0 0", "6 0 4", "UUUUUU", false, 0, 4)]
    [InlineData("4 2 0 0", "5 0 4", "UUUUU", false, 0, 4)]
    // The size goes before the update.
    [InlineData("6 0 1 0", "4 0 4", "OOOO", true, 4, 6)]
    [InlineData("6 0 1 0", "4 3 4", "OOO-", false, 3, 6)]
    [InlineData("2 0 1 0", "4 0 4", "OOOO", true, 2, 2)]
    [InlineData("2 0 1 0", "4 3 4", "OOOU", false, 2, 2)]
    // A partition of the user's stays.
    [InlineData("4 0 1 2", "4 2 4", "OOUU", false, 2, 4)]
    [InlineData("4 0 1 2", "4 0 4", "OOOO", false, 2, 4)]
    [InlineData("4 0 1 2", null, "", false, 2, 4)]
    public void The_next_step_is_computed_from_what_is_seen(string spec, string? leaders, string groups, bool changed, int partition, int replicas)
    {
        var wanted = Numbers(spec);
        var rollout = GroupRolloutDecision.Decide(
            new(wanted[0], Math.Min(wanted[1], wanted[0]), wanted[2], wanted[3]),
            leaders is null ? null : new LeaderSetFacts(Numbers(leaders)[0], Numbers(leaders)[1], Numbers(leaders)[2]),
            changed,
            [.. groups.Select(State)]);
        rollout.ShouldBe(new GroupRollout(partition, replicas));
    }

    [Fact]
    public void An_update_ends_and_without_a_surplus_never_takes_more_than_it_may()
    {
        Gen.Select(Gen.Int[1, 6], Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, int.MaxValue]).Where((_, surge, unavailable, _) => surge + unavailable > 0).Sample((replicas, surge, unavailable, seed) =>
        {
            var spec = new GroupRolloutSpec(replicas, Math.Min(surge, replicas), unavailable, 0);
            var random = new Random(seed);
            // Number → whether updated, and ready; the StatefulSet is simulated: groups from the partition up are made anew.
            var groups = Enumerable.Range(0, replicas).Select(_ => new GroupState(true, false)).ToList();
            var leaders = new LeaderSetFacts(replicas, 0, replicas);
            var changed = true;
            for (var round = 0; ; round++)
            {
                round.ShouldBeLessThan(200, "the update ends");
                var rollout = GroupRolloutDecision.Decide(spec, leaders, changed, groups);
                rollout.Replicas.ShouldBeInRange(replicas, spec.Most);
                leaders = new(rollout.Replicas, rollout.Partition, replicas);
                changed = false;
                while (groups.Count > rollout.Replicas) groups.RemoveAt(groups.Count - 1);
                while (groups.Count < rollout.Replicas) groups.Add(new(false, true));
                for (var i = rollout.Partition; i < groups.Count; i++)
                {
                    if (!groups[i].Updated) groups[i] = new(false, true);
                }

                // With a surplus the real rules, which these are, count a surplus group that is not ready yet as if it were: then no such bound holds.
                if (spec.MaxSurge == 0) groups.Count(group => group.Ready).ShouldBeGreaterThanOrEqualTo(replicas - unavailable, "ready groups");
                if (groups.All(group => group is { Ready: true, Updated: true }) && groups.Count == replicas) break;
                // One of the groups that are starting becomes ready.
                var starting = groups.Index().Where(group => !group.Item.Ready).ToList();
                if (starting.Count > 0) groups[starting[random.Next(starting.Count)].Index] = new(true, true);
            }
        });
    }

    private static GroupState State(char c) => c switch { 'U' => new(true, true), 'O' => new(true, false), 'u' => new(false, true), _ => new(false, false) };

    private static int[] Numbers(string text) => [.. text.Split(' ').Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
}
