using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Runtime.Bench;

/// <summary>Two operators; the one that leads is stopped, or killed: how long nobody acts.</summary>
internal static class FailOver
{
    private const double LeaseSeconds = 15;
    private static readonly Gvr Leases = new("coordination.k8s.io", "v1", "leases");
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(BenchOptions options)
    {
        var clean = await WorstAsync(options, times: 5, leader => leader.Terminate());
        var killed = await WorstAsync(options, times: 4, leader => leader.Kill());
        return
        [
            Figure.AtMost("Leader stopped (SIGTERM) to the other's first write, worst of 5 (s)", clean, 3, "", "0.00"),
            Figure.AtMost("Leader killed (SIGKILL) to the other's first write, worst of 4; lease 15 s (s)", killed, LeaseSeconds + 2, "", "0.00"),
        ];
    }

    private static async Task<double> WorstAsync(BenchOptions options, int times, Action<OperatorProcess> end)
    {
        await using var bed = await TestBed.StartAsync(options.Repository, "3xH100:8");
        bed.CreateModels(0, 10);
        var leader = OperatorProcess.Start(options.Operator, bed.Kubeconfig, bed.Lab.Time);
        OperatorProcess? other = null;
        try
        {
            await bed.UntilSettledAsync(10, Patience, () => leader.Output);
            var worst = 0.0;
            for (var i = 0; i < times; i++)
            {
                bed.Lab.Server.Log.Clear();
                other = OperatorProcess.Start(options.Operator, bed.Kubeconfig, bed.Lab.Time);
                // The other's caches are full when it has begun to ask for the lease.
                await TestBed.UntilAsync(
                    () => bed.Lab.Server.Log.Requests.Any(r => r is { Method: "GET" } && r.Path.Contains("/leases", StringComparison.Ordinal)), Patience, () => "the other to wait");
                var holder = Holder(bed);
                var at = bed.Lab.Time.GetUtcNow();
                end(leader);
                DateTimeOffset? taken = null;
                var context = 1024;
                await TestBed.UntilAsync(
                    () =>
                    {
                        // There is always something to do.
                        bed.ChangeModel(0, context += 16);
                        taken ??= Holder(bed) is { Length: > 0 } now && now != holder ? bed.Lab.Time.GetUtcNow() : null;
                        return taken is { } from && bed.OperatorWrites.Any(write => write.Started >= from);
                    },
                    Patience, () => $"the other to lead. {other.Output}", TimeSpan.FromMilliseconds(20));
                var first = bed.OperatorWrites.First(write => write.Started >= taken);
                worst = Math.Max(worst, (first.Started - at).TotalSeconds);
                Console.Error.WriteLine($"fail-over after {(first.Started - at).TotalSeconds:0.00} s");
                await leader.DisposeAsync();
                (leader, other) = (other, null);
                await bed.UntilSettledAsync(10, Patience, () => leader.Output);
            }

            return worst;
        }
        finally
        {
            await leader.DisposeAsync();
            if (other is not null) await other.DisposeAsync();
        }
    }

    private static string Holder(TestBed bed) =>
        bed.Lab.Api.List(Leases).Items.FirstOrDefault(lease => lease["metadata"]!["name"]!.ToString() == "nemotron-operator") is JsonObject lease
            ? lease["spec"]?["holderIdentity"]?.ToString() ?? "" : "";
}
