using System.Collections.Concurrent;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Nemotron.Kube.Tests;

public sealed class WorkQueueProperties
{
    private abstract record Step;

    private sealed record Add(int Key, int Priority, int DelayMs) : Step;

    private sealed record Take : Step;

    private sealed record Done(int Pick) : Step;

    private sealed record Wait(int Ms) : Step;

    private static readonly int[] Priorities = [-100, 0, 5];
    private static readonly int[] Delays = [0, 0, 10, 50];

    private static readonly Gen<Step> AnyStep = Gen.OneOf<Step>(
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 2], Gen.Int[0, 3]).Select((k, p, d) => (Step)new Add(k, Priorities[p], Delays[d])),
        Gen.Const<Step>(new Take()),
        Gen.Int[0, 9].Select(i => (Step)new Done(i)),
        Gen.Int[0, 60].Select(ms => (Step)new Wait(ms)));

    /// <summary>Against a model that knows only what was promised: every add is followed by a take that begins later; no key is in work twice; none comes early.</summary>
    [Fact]
    public void AnySchedule_LosesNoKey_NeverTwoWorkersOnOne_NeverEarly() => AnyStep.Array[1, 60].Sample(
        steps =>
        {
            var clock = new FakeTimeProvider();
            using var queue = new WorkQueue<int>(clock);
            var owed = new Dictionary<int, DateTimeOffset>();
            var inWork = new List<int>();
            foreach (var step in steps)
            {
                switch (step)
                {
                    case Add add:
                        queue.Add(add.Key, add.Priority, TimeSpan.FromMilliseconds(add.DelayMs));
                        var at = clock.GetUtcNow().AddMilliseconds(add.DelayMs);
                        owed[add.Key] = owed.TryGetValue(add.Key, out var before) && before < at ? before : at;
                        break;
                    case Take when queue.ReadyCount > 0:
                        Taken(queue, clock, owed, inWork);
                        break;
                    case Done done when inWork.Count > 0:
                        var key = inWork[done.Pick % inWork.Count];
                        inWork.Remove(key);
                        queue.Done(key);
                        break;
                    case Wait wait:
                        clock.Advance(TimeSpan.FromMilliseconds(wait.Ms));
                        break;
                    default:
                        break;
                }

                // What is due and not in work can be taken now.
                queue.ReadyCount.ShouldBe(owed.Count(o => o.Value <= clock.GetUtcNow() && !inWork.Contains(o.Key)));
            }

            foreach (var key in inWork.ToArray())
            {
                inWork.Remove(key);
                queue.Done(key);
            }

            clock.Advance(TimeSpan.FromSeconds(1));
            while (queue.ReadyCount > 0)
            {
                Taken(queue, clock, owed, inWork);
            }

            owed.ShouldBeEmpty();
        },
        iter: 2000);

    [Fact]
    public async Task ManyProducersAndWorkers_EveryChangeIsSeenByALaterReconcile()
    {
        using var queue = new WorkQueue<int>(TimeProvider.System);
        const int keys = 20;
        var written = new int[keys];
        var seen = new int[keys];
        var busy = new ConcurrentDictionary<int, bool>();
        var overlaps = 0;
        using var stop = new CancellationTokenSource();
        var workers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    var key = await queue.TakeAsync(stop.Token);
                    if (!busy.TryAdd(key, true))
                    {
                        Interlocked.Increment(ref overlaps);
                    }

                    var state = Volatile.Read(ref written[key]);
                    await Task.Yield();
                    Volatile.Write(ref seen[key], state);
                    busy.TryRemove(key, out bool _);
                    queue.Done(key);
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        })).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(p => Task.Run(() =>
        {
            var random = new Random(p);
            for (var i = 0; i < 5000; i++)
            {
                var key = random.Next(keys);
                Interlocked.Increment(ref written[key]);
                queue.Add(key, random.Next(2) * -100, TimeSpan.FromMilliseconds(random.Next(2)));
            }
        })));
        await Until.True(() => Enumerable.Range(0, keys).All(k => Volatile.Read(ref seen[k]) == Volatile.Read(ref written[k])), "the last change of every key is seen");
        await stop.CancelAsync();
        await Task.WhenAll(workers);
        overlaps.ShouldBe(0);
    }

    private static void Taken(WorkQueue<int> queue, FakeTimeProvider clock, Dictionary<int, DateTimeOffset> owed, List<int> inWork)
    {
        var take = queue.TakeAsync(CancellationToken.None).AsTask();
        take.IsCompletedSuccessfully.ShouldBeTrue();
        var key = take.Result;
        inWork.ShouldNotContain(key, "two workers on one key");
        owed.ShouldContainKey(key, "taken without having been added");
        owed[key].ShouldBeLessThanOrEqualTo(clock.GetUtcNow(), "taken before its time");
        owed.Remove(key);
        inWork.Add(key);
    }
}
