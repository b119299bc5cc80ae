using System.Globalization;

namespace Nemotron.Chaos.Tests;

/// <summary>
/// Random schedules of faults and of what users do, each from its seed. Whatever goes wrong, in the end the world is as declared: no child too many, no writes
/// beyond what the faults explain, no writes once settled, and nothing left behind after deletion. A seed that fails is printed with its schedule;
/// <c>CHAOS_SEED=n</c> runs it alone. <c>scripts/chaos.sh</c> runs a thousand.
/// </summary>
public sealed class ChaosTests
{
    // The short form is what has been seen to converge on a machine under load; looking for more is scripts/chaos.sh's business.
    private const int FirstSeed = 20_261_129;
    private const int ShortGadgets = 4;
    private const int ShortModels = 1;

    private static readonly int AtOnce = Math.Max(2, Environment.ProcessorCount * 2);

    [Fact]
    public Task Gadgets_converge_under_any_schedule_and_leave_nothing_behind() => RunAsync("gadgets", Number("CHAOS_GADGETS", ShortGadgets), seed => new GadgetSubject(seed));

    [Fact]
    public Task NemotronDeployments_converge_under_any_schedule_and_leave_nothing_behind() => RunAsync("models", Number("CHAOS_MODELS", ShortModels), _ => new ModelSubject());

    [Fact]
    public void A_seed_makes_the_same_schedule_each_time()
    {
        FaultSchedule.Make(7, 30, true).ToString().ShouldBe(FaultSchedule.Make(7, 30, true).ToString());
        FaultSchedule.Make(7, 30, true).ToString().ShouldNotBe(FaultSchedule.Make(8, 30, true).ToString());
    }

    private static async Task RunAsync(string name, int count, Func<int, Subject> subjectOf)
    {
        Assert.SkipWhen(count == 0, $"no schedules of {name} were asked for");
        var seeds = Number("CHAOS_SEED", -1) is >= 0 and var one ? [one] : Enumerable.Range(Number("CHAOS_FIRST_SEED", FirstSeed), count).ToArray();
        var results = new System.Collections.Concurrent.ConcurrentBag<ChaosResult>();
        var surplus = 0;
        var started = TimeProvider.System.GetTimestamp();
        await Parallel.ForEachAsync(
            seeds,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken },
            async (seed, cancel) =>
            {
                var subject = subjectOf(seed);
                var result = await ChaosRun.RunAsync(FaultSchedule.Make(seed, subject.Objects, subject.MayLoseData), subject, cancel);
                results.Add(result);
                if (subject is GadgetSubject gadgets) Interlocked.Add(ref surplus, gadgets.Surplus);
                if (result.Problem is not null) Console.WriteLine($"CHAOS_SEED={seed} ({name}): {result.Problem}");
            });

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"measured: {seeds.Length} schedules of {name} from seed {seeds[0]}: {results.Count(r => r.Problem is null)} converged, {results.Sum(r => r.Faults)} faults, "
            + $"{results.Sum(r => r.Writes)} writes of {results.Sum(r => r.Allowed)} allowed (worst share {results.Max(r => (double)r.Writes / r.Allowed):0.00}), "
            + $"{surplus} children made twice after lost answers and removed, {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0} s"));
        results.Where(result => result.Problem is not null).Select(result => $"CHAOS_SEED={result.Seed}: {result.Problem!.Split('\n')[0]}").ShouldBeEmpty();
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
