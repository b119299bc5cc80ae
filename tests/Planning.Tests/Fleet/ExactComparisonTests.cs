using CsCheck;
using Nemotron.Planning.Fleet;

namespace Nemotron.Planning.Tests.Fleet;

/// <summary>The arbiter against the best possible. The long form (10,000 fleets of each kind) runs with NEMOTRON_EXACT_FLEETS=10000.</summary>
public class ExactComparisonTests(ITestOutputHelper output)
{
    private static int Count => int.TryParse(Environment.GetEnvironmentVariable("NEMOTRON_EXACT_FLEETS"), out var count) ? count : 300;

    [Fact]
    public void By_value_alone_what_is_served_is_close_to_the_best() => Compare("level", Fleets.Level, step: 1);

    [Fact]
    public void With_floors_and_priorities_what_is_served_is_close_to_the_best() => Compare("ranked", Fleets.Small, step: 8);

    private void Compare(string name, Gen<FleetSnapshot> fleets, double step)
    {
        var ratios = new List<double>();
        fleets.Sample(
            snapshot =>
            {
                var best = ExactArbiter.Value(snapshot, ExactArbiter.Grants(snapshot), step);
                if (best == 0) return;
                var ours = ExactArbiter.Value(snapshot, FleetArbiter.Arbitrate(snapshot).Grants.Select(grant => grant.Granted), step);
                ratios.Add(ours / best);
                if (ratios[^1] < 0.9) output.WriteLine($"{ratios[^1]:0.000}: {Text(snapshot)}");
            },
            iter: Count, threads: 1, seed: "0000KOIPe036");
        output.WriteLine($"measured: {name}: {ratios.Count} fleets, served value {ratios.Average():0.0000} of the best on average, {ratios.Min():0.0000} at the least, the best itself in {ratios.Count(ratio => ratio > 1 - 1e-6) * 100.0 / ratios.Count:0.0} %");
        ratios.Min().ShouldBeGreaterThanOrEqualTo(0.9);
        ratios.Average().ShouldBeGreaterThanOrEqualTo(0.98);
    }

    private static string Text(FleetSnapshot snapshot) =>
        $"nodes {string.Join(' ', snapshot.Pools[0].Nodes.Select(node => node.Gpus))}; " +
        string.Join(", ", snapshot.Claims.Select(claim =>
            $"{claim.Wanted} x {claim.GpusPerNode} (weight {claim.Weight}, floor {claim.Floor}, priority {claim.Priority}, on {string.Join('+', claim.Held.Select(held => held.Nodes[0]))})"));
}
