using BenchmarkDotNet.Attributes;
using Nemotron.Planning.Fleet;

namespace Nemotron.Planning.Bench;

/// <summary>
/// Arbitration of a large fleet: half of it running, everybody wanting more, and the same at a tenth of the size to see how it grows.
/// Run with <c>dotnet run -c Release --project bench/Planning.Bench -- --filter '*Fleet*' --job short</c>. The budget is 100 ms and 100 MiB at the full size.
/// </summary>
[MemoryDiagnoser]
public class FleetBenchmarks
{
    private FleetSnapshot _fleet = null!;

    /// <summary>Deployments; there are twice as many nodes, of eight GPUs each.</summary>
    [Params(100, 1000)]
    public int Deployments { get; set; }

    /// <summary>Whether all that is wanted fits.</summary>
    [Params(false, true)]
    public bool Scarce { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(7);
        var nodes = Enumerable.Range(0, Deployments * 2).Select(i => new FleetNode { Name = $"node-{i:00000}", Gpus = 8, Zone = $"zone-{i % 3}" }).ToList();
        var free = nodes.ToDictionary(node => node.Name, node => node.Gpus);
        var claims = new List<FleetClaim>();
        var next = 0;
        for (var i = 0; i < Deployments; i++)
        {
            var size = 1 << random.Next(4);
            var held = new List<HeldGroup>();
            for (var replica = 0; replica < 8 / size; replica++)
            {
                while (next < nodes.Count && free[nodes[next].Name] < size) next++;
                if (next == nodes.Count) break;
                free[nodes[next].Name] -= size;
                held.Add(new HeldGroup($"d{i}-{replica}", [nodes[next].Name], TimeSpan.FromMinutes(random.Next(60))));
            }

            claims.Add(new FleetClaim
            {
                Key = $"ns-{i % 20}/d{i:0000}", Namespace = $"ns-{i % 20}", Pool = "p", GpusPerNode = size,
                Wanted = held.Count + random.Next(Scarce ? 24 / size : 2), Floor = 1, Priority = random.Next(3) * 10, Weight = 1 + random.Next(3), Held = held,
            });
        }

        _fleet = new FleetSnapshot { Pools = [new FleetPool { Name = "p", Nodes = nodes }], Claims = claims };
    }

    [Benchmark]
    public FleetPlan Arbitrate() => FleetArbiter.Arbitrate(_fleet);
}
