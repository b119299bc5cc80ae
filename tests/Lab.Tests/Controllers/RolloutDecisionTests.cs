using CsCheck;
using Nemotron.Lab.Controllers.Workloads;

namespace Nemotron.Lab.Controllers.Tests;

public class RolloutDecisionTests
{
    [Fact]
    public void A_rolling_update_grows_and_shrinks_in_this_order()
    {
        var rollout = new Rollout(RolloutSpec.Rolling(4, null, null), new("old", 4) { StatusReplicas = 4, Available = 4 });

        rollout.Play().ShouldBe(
        [
            "new 0 -> 1", // up to the surge
            "old 4 -> 3", // one may be missing
            "new 1 -> 2", // the freed place is used at once
            "available new=2",
            "old 3 -> 1",
            "new 2 -> 4",
            "available new=4",
            "old 1 -> 0",
        ]);
    }

    [Fact]
    public void Without_surge_old_pods_go_first()
    {
        var rollout = new Rollout(new(3, 0, 1), new("old", 3) { StatusReplicas = 3, Available = 3 });
        rollout.Play().ShouldBe(["new 0 -> 0", "old 3 -> 2", "new 0 -> 1", "available new=1", "old 2 -> 1", "new 1 -> 2", "available new=2", "old 1 -> 0", "new 2 -> 3", "available new=3"]);
    }

    [Fact]
    public void A_whole_gpu_group_without_room_for_surge_is_replaced_one_at_a_time()
    {
        // maxSurge 0, maxUnavailable 1 on one replica: how an Ultra that fills its node is replaced.
        var rollout = new Rollout(new(1, 0, 1), new("old", 1) { StatusReplicas = 1, Available = 1 });
        rollout.Play().ShouldBe(["new 0 -> 0", "old 1 -> 0", "new 0 -> 1", "available new=1"]);
    }

    [Fact]
    public void Recreate_waits_until_the_last_old_pod_is_gone()
    {
        var spec = new RolloutSpec(2, 0, 0) { Recreate = true };
        var old = new ReplicaSetFacts("old", 2) { StatusReplicas = 2, Available = 2, SizedFor = 2 };
        RolloutDecision.Decide(spec, null, [old], true).Scale.ShouldBe([new ScaleStep("old", 2, 0)]);
        old = old with { SpecReplicas = 0, StatusReplicas = 0, Available = 0 };
        RolloutDecision.Decide(spec, null, [old], oldPodsExist: true).ShouldBe(RolloutStep.None);
        RolloutDecision.Decide(spec, null, [old], oldPodsExist: false).CreateNew.ShouldBe(2);
    }

    [Fact]
    public void Unavailable_old_pods_are_given_up_before_available_ones()
    {
        var spec = new RolloutSpec(10, 0, 5);
        var fresh = new ReplicaSetFacts("new", 5) { StatusReplicas = 5, Available = 3, SizedFor = 10 };
        ReplicaSetFacts[] old =
        [
            new("a", 3) { StatusReplicas = 3, Available = 3, SizedFor = 10, Created = At(0) },
            new("b", 2) { StatusReplicas = 2, Available = 0, SizedFor = 10, Created = At(1) },
        ];
        // floor 5, all 10, 2 new ones missing: 3 may go; b's two sick ones and, since 6 are available, one of a's.
        RolloutDecision.Decide(spec, fresh, old, true).Scale.ShouldBe([new ScaleStep("a", 3, 2), new ScaleStep("b", 2, 0)]);
    }

    [Fact]
    public void A_paused_deployment_changes_size_but_not_version()
    {
        var spec = new RolloutSpec(5, 1, 1) { Paused = true };
        var old = new ReplicaSetFacts("old", 3) { StatusReplicas = 3, Available = 3, SizedFor = 3, SizedForMax = 4 };
        var step = RolloutDecision.Decide(spec, null, [old], true);
        step.CreateNew.ShouldBeNull();
        step.Scale.ShouldBe([new ScaleStep("old", 3, 5)]);
    }

    [Fact]
    public void Scaling_in_the_middle_of_a_rollout_keeps_its_proportions()
    {
        // The example of the Kubernetes documentation: 10 replicas, surge 3, 8 old and 5 new, scaled to 15.
        var spec = new RolloutSpec(15, 3, 2);
        var fresh = new ReplicaSetFacts("new", 5) { SizedFor = 10, SizedForMax = 13, Created = At(1) };
        var old = new ReplicaSetFacts("old", 8) { Available = 8, SizedFor = 10, SizedForMax = 13 };
        RolloutDecision.Decide(spec, fresh, [old], true).Scale.ShouldBe([new ScaleStep("old", 8, 11), new ScaleStep("new", 5, 7)]);
    }

    [Fact]
    public void Scaling_to_zero_in_the_middle_of_a_rollout_empties_both()
    {
        var fresh = new ReplicaSetFacts("new", 5) { SizedFor = 10, SizedForMax = 13, Created = At(1) };
        var old = new ReplicaSetFacts("old", 8) { Available = 8, SizedFor = 10, SizedForMax = 13 };
        RolloutDecision.Decide(new(0, 0, 0), fresh, [old], true).Scale.ShouldBe([new ScaleStep("old", 8, 0), new ScaleStep("new", 5, 0)]);
    }

    [Fact]
    public void Old_sets_past_the_history_limit_go_oldest_revision_first_and_only_when_empty()
    {
        var spec = new RolloutSpec(1, 1, 0) { RevisionHistoryLimit = 1 };
        var fresh = new ReplicaSetFacts("new", 1) { StatusReplicas = 1, Available = 1, Revision = 5, SizedFor = 1 };
        ReplicaSetFacts[] old =
        [
            new("r3", 0) { Revision = 3 },
            new("r1", 0) { Revision = 1 },
            new("r2", 0) { Revision = 2, Observed = false },
        ];
        RolloutDecision.Decide(spec, fresh, old, false).Remove.ShouldBe(["r1"]);
    }

    [Theory]
    [InlineData("25%", "25%", 4, 1, 1)]
    [InlineData("25%", "25%", 5, 2, 1)]
    [InlineData("25%", "25%", 1, 1, 0)]
    [InlineData("0%", "0%", 5, 0, 1)]
    [InlineData("1", "0", 3, 1, 0)]
    [InlineData("0", "7", 3, 0, 3)]
    [InlineData("100%", "0", 3, 3, 0)]
    public void Percentages_round_surge_up_and_unavailability_down(string surge, string unavailable, int replicas, int expectedSurge, int expectedUnavailable)
    {
        var spec = RolloutSpec.Rolling(replicas, surge, unavailable);
        (spec.MaxSurge, spec.MaxUnavailable).ShouldBe((expectedSurge, expectedUnavailable));
    }

    [Fact]
    public void A_rollout_never_exceeds_its_bounds_and_always_ends()
    {
        Gen.Select(Gen.Int[1, 20], Gen.Int[0, 8], Gen.Int[0, 8], Gen.Int[1, 5].Array[200]).Sample((replicas, surge, unavailable, pace) =>
        {
            var spec = RolloutSpec.Rolling(replicas, surge, unavailable);
            var rollout = new Rollout(spec, new("old", replicas) { StatusReplicas = replicas, Available = replicas });
            foreach (var speed in pace)
            {
                if (!rollout.Step() && !rollout.BecomeAvailable(speed)) break;
                rollout.Total.ShouldBeLessThanOrEqualTo(replicas + spec.MaxSurge);
                rollout.Available.ShouldBeGreaterThanOrEqualTo(replicas - spec.MaxUnavailable);
            }

            rollout.Play();
            rollout.Fresh!.Available.ShouldBe(replicas);
            rollout.Old.SpecReplicas.ShouldBe(0);
        });
    }

    [Fact]
    public void Proportional_scaling_adds_up_to_what_is_allowed()
    {
        // Sizes that a rollout reaches by itself: together as many as was allowed before.
        Gen.Select(Gen.Int[0, 80], Gen.Int[0, 10], Gen.Int[1, 30], Gen.Int[1, 30]).Where((_, surge, a, b) => a + b > surge).Sample((replicas, surge, a, b) =>
        {
            var before = a + b - surge;
            var spec = new RolloutSpec(replicas, surge, 1);
            ReplicaSetFacts Set(string name, int size, int age) => new(name, size) { SizedFor = before, SizedForMax = before + surge, Created = At(age) };
            var sizes = new Dictionary<string, int> { ["old"] = a, ["new"] = b };
            foreach (var step in ProportionalScaling.Decide(spec, Set("new", b, 1), [Set("old", a, 0)])) sizes[step.ReplicaSet] = step.To;
            sizes.Values.Min().ShouldBeGreaterThanOrEqualTo(0);
            sizes.Values.Sum().ShouldBe(replicas == 0 ? 0 : replicas + surge);
        });
    }

    private static DateTimeOffset At(int minutes) => DateTimeOffset.UnixEpoch.AddMinutes(minutes);

    /// <summary>Plays a rollout: ReplicaSets follow their sizes at once, new pods become available when told.</summary>
    private sealed class Rollout(RolloutSpec spec, ReplicaSetFacts old)
    {
        public ReplicaSetFacts Old { get; private set; } = old with { SizedFor = spec.Replicas, SizedForMax = spec.Replicas + spec.MaxSurge };

        public ReplicaSetFacts? Fresh { get; private set; }

        public int Total => Old.SpecReplicas + (Fresh?.SpecReplicas ?? 0);

        public int Available => Old.Available + (Fresh?.Available ?? 0);

        private List<string> Log { get; } = [];

        public bool Step()
        {
            var step = RolloutDecision.Decide(spec, Fresh, [Old], Old.SpecReplicas > 0);
            if (step.CreateNew is { } size)
            {
                Log.Add($"new 0 -> {size}");
                Fresh = new("new", size) { StatusReplicas = size, SizedFor = spec.Replicas, SizedForMax = spec.Replicas + spec.MaxSurge, Created = At(1) };
                return true;
            }

            foreach (var scale in step.Scale)
            {
                Log.Add($"{scale.ReplicaSet} {scale.From} -> {scale.To}");
                if (scale.ReplicaSet == "new") Fresh = Fresh! with { SpecReplicas = scale.To, StatusReplicas = scale.To };
                else Old = Old with { SpecReplicas = scale.To, StatusReplicas = scale.To, Available = Math.Min(Old.Available, scale.To) };
            }

            return step.Scale.Count > 0;
        }

        public bool BecomeAvailable(int most)
        {
            if (Fresh is null || Fresh.Available == Fresh.SpecReplicas) return false;
            Fresh = Fresh with { Available = Math.Min(Fresh.SpecReplicas, Fresh.Available + most) };
            Log.Add($"available new={Fresh.Available}");
            return true;
        }

        public List<string> Play()
        {
            for (var turn = 0; turn < 1000; turn++)
            {
                if (!Step() && !BecomeAvailable(int.MaxValue / 2)) return Log;
            }

            throw new InvalidOperationException("the rollout does not end: " + string.Join("; ", Log.TakeLast(10)));
        }
    }
}
