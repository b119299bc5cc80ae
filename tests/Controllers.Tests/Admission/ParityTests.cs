using CsCheck;
using Nemotron.Controllers.Admission;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Crds;

namespace Nemotron.Controllers.Tests.Admission;

/// <summary>The webhook and the reconciler are of one mind.</summary>
public class ParityTests
{
    [Fact]
    public void The_webhook_refuses_exactly_what_the_reconciler_does_not_accept_and_in_the_same_words()
    {
        var (refused, accepted) = (0, 0);
        Gen.Select(RandomSpecs.Name, RandomSpecs.Spec, RandomSpecs.Pools).Sample(
            (name, spec, pools) =>
            {
                var snapshot = Cluster.Seen(Cluster.ADeployment(name, spec), pools);
                var condition = Condition(snapshot, ConditionTypes.Accepted);
                var verdict = DeploymentAdmission.Judge(snapshot);
                verdict.Refusal.ShouldBe(condition.Status == "False" ? condition.Message : null);
                if (verdict.Refusal is null)
                {
                    // What stands in the way now is a warning in the words of the condition.
                    var capacity = Condition(snapshot, ConditionTypes.CapacityAvailable);
                    verdict.Warnings.Contains(capacity.Message).ShouldBe(capacity.Status == "False");
                    Interlocked.Increment(ref accepted);
                }
                else
                {
                    verdict.Warnings.ShouldBeEmpty();
                    Interlocked.Increment(ref refused);
                }
            },
            iter: 3000);
        Console.WriteLine($"measured: {refused} specs refused and {accepted} accepted by webhook and reconciler alike");
        Math.Min(refused, accepted).ShouldBeGreaterThan(300, "both must be seen");
    }

    [Fact]
    public void Every_change_that_a_refusal_offers_makes_it_fit()
    {
        var offered = 0;
        Gen.Select(RandomSpecs.Spec, RandomSpecs.Pools).Sample(
            (spec, pools) =>
            {
                var snapshot = Cluster.Seen(Cluster.ADeployment("n", spec), pools);
                if (!ModelChoice.TryChoose(spec, snapshot.Models, out var choice, out _)) return;
                foreach (var pool in PoolChoice.Candidates(snapshot).Where(pool => spec.NodePool is null || pool.Pool.Metadata.Name == spec.NodePool))
                {
                    if (PoolGpu.Of(pool, snapshot.Gpus) is not { } gpu) continue;
                    var plan = PoolChoice.Plan(spec, choice, gpu);
                    if (plan.Findings.FirstOrDefault(finding => finding.Refuses) is not { } finding) continue;
                    foreach (var change in SmallestChanges.Of(snapshot, choice, pool, gpu, plan, finding))
                    {
                        // Where another pool would do as well, only this one counts.
                        var changed = Cluster.ADeployment("n", change.Spec with { NodePool = change.Path == "spec.nodePool" ? change.Value : pool.Pool.Metadata.Name });
                        var result = ModelChoice.TryChoose(changed.Spec, snapshot.Models, out var then, out _) ? PoolChoice.Choose(snapshot with { Entity = changed }, then) : null;
                        result!.Place.ShouldNotBeNull($"{change.Path} to {change.Value}: {result.Refused?.Message ?? result.NoPlace?.Message}");
                        Interlocked.Increment(ref offered);
                    }
                }
            },
            iter: 6000);
        Console.WriteLine($"measured: {offered} changes offered, each of which fits");
        offered.ShouldBeGreaterThan(200);
    }

    private static k8s.Models.V1Condition Condition(DeploymentSnapshot snapshot, string type) =>
        DeploymentStatus.Of(snapshot, DeploymentDecision.Decide(snapshot), null, out _).Conditions!.Single(condition => condition.Type == type);
}
