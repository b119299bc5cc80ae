using Google.OrTools.Sat;
using Nemotron.Planning.Fleet;

namespace Nemotron.Planning.Tests.Fleet;

/// <summary>The best that can be had for a small fleet of single-node groups, by integer programming: rank after rank, never trading an earlier one.</summary>
internal static class ExactArbiter
{
    private const double Scale = 1e6;

    /// <summary>How many groups of each claim the best plan grants.</summary>
    public static int[] Grants(FleetSnapshot snapshot)
    {
        var model = new CpModel();
        var pool = snapshot.Pools.Single();
        var claims = snapshot.Claims.Select((claim, index) => new ClaimState(claim, index, snapshot.MinimumHold)).ToArray();
        var given = claims.Select(claim => Enumerable.Range(1, claim.Claim.Need).Select(nth => model.NewBoolVar($"g{claim.Index}.{nth}")).ToArray()).ToArray();
        var on = claims.Select(claim => pool.Nodes.Select(node => model.NewIntVar(0, node.Gpus / claim.Claim.GpusPerNode, $"x{claim.Index}.{node.Name}")).ToArray()).ToArray();
        for (var claim = 0; claim < claims.Length; claim++)
        {
            for (var nth = 1; nth < given[claim].Length; nth++) model.AddImplication(given[claim][nth], given[claim][nth - 1]);
            model.Add(LinearExpr.Sum(given[claim]) == LinearExpr.Sum(on[claim]));
        }

        for (var node = 0; node < pool.Nodes.Count; node++)
            model.Add(LinearExpr.Sum(claims.Select((claim, index) => on[index][node] * claim.Claim.GpusPerNode)) <= pool.Nodes[node].Gpus);

        var solver = new CpSolver { StringParameters = "num_workers:1" };
        foreach (var rank in claims.SelectMany(claim => Enumerable.Range(1, claim.Claim.Need).Select(claim.RankOf)).Distinct().Order())
        {
            var value = LinearExpr.Sum(claims.SelectMany(claim => Enumerable.Range(1, claim.Claim.Need)
                .Where(nth => claim.RankOf(nth).Equals(rank))
                .Select(nth => given[claim.Index][nth - 1] * (long)Math.Round(claim.ValueOf(nth) * Scale))));
            model.Maximize(value);
            solver.Solve(model).ShouldBe(CpSolverStatus.Optimal);
            model.Add(value >= (long)Math.Round(solver.ObjectiveValue));
        }

        return [.. given.Select(groups => groups.Count(solver.BooleanValue))];
    }

    /// <summary>
    /// The served value of a result: the values of its groups, a rank weighing <paramref name="step"/> times the one after it.
    /// </summary>
    public static double Value(FleetSnapshot snapshot, IEnumerable<int> grants, double step)
    {
        var claims = snapshot.Claims.Select((claim, index) => new ClaimState(claim, index, snapshot.MinimumHold)).ToArray();
        var ranks = claims.SelectMany(claim => Enumerable.Range(1, claim.Claim.Need).Select(claim.RankOf)).Distinct().Order().ToList();
        return grants.Zip(claims).Sum(pair => Enumerable.Range(1, pair.First)
            .Sum(nth => pair.Second.ValueOf(nth) * Math.Pow(step, ranks.Count - 1 - ranks.IndexOf(pair.Second.RankOf(nth)))));
    }
}
