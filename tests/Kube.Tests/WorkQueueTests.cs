using Microsoft.Extensions.Time.Testing;

namespace Nemotron.Kube.Tests;

public sealed class WorkQueueTests : IDisposable
{
    private readonly FakeTimeProvider clock = new();
    private readonly WorkQueue<string> queue;

    public WorkQueueTests() => queue = new WorkQueue<string>(clock);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Add_Twice_IsTakenOnce()
    {
        queue.Add("a");
        queue.Add("a");
        (await queue.TakeAsync(Ct)).ShouldBe("a");
        queue.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Add_WhileInWork_ComesAgainAfterDone_AndNotBefore()
    {
        queue.Add("a");
        await queue.TakeAsync(Ct);
        queue.Add("a");
        var second = queue.TakeAsync(Ct).AsTask();
        second.IsCompleted.ShouldBeFalse("a key in work is nobody else's");
        queue.Done("a");
        (await second).ShouldBe("a");
    }

    [Fact]
    public async Task Done_WithoutNewAdd_IsTheEnd()
    {
        queue.Add("a");
        await queue.TakeAsync(Ct);
        queue.Done("a");
        queue.TakeAsync(Ct).AsTask().IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Priority_HigherFirst_ThenFirstCome()
    {
        queue.Add("low1", -100);
        queue.Add("low2", -100);
        queue.Add("news", 0);
        queue.Add("urgent", 10);
        (await TakeAll()).ShouldBe(["urgent", "news", "low1", "low2"]);
    }

    [Fact]
    public async Task Add_AgainWithHigherPriority_IsRaised_ToTheEndOfItsLevel()
    {
        queue.Add("a", -100);
        queue.Add("b", -100);
        queue.Add("c", 0);
        queue.Add("b", 0);
        queue.Add("c", -100);
        (await TakeAll()).ShouldBe(["c", "b", "a"]);
    }

    [Fact]
    public async Task Delayed_IsReadyAtItsTime_InOrderOfTime()
    {
        queue.Add("late", after: TimeSpan.FromSeconds(2));
        queue.Add("soon", after: TimeSpan.FromSeconds(1));
        var first = queue.TakeAsync(Ct).AsTask();
        clock.Advance(TimeSpan.FromMilliseconds(999));
        first.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromMilliseconds(1));
        (await first).ShouldBe("soon");
        queue.ReadyCount.ShouldBe(0);
        clock.Advance(TimeSpan.FromSeconds(1));
        (await queue.TakeAsync(Ct)).ShouldBe("late");
    }

    [Fact]
    public async Task Delayed_AddedNow_IsReadyNow_AndOnlyOnce()
    {
        queue.Add("a", after: TimeSpan.FromSeconds(5));
        queue.Add("a");
        (await queue.TakeAsync(Ct)).ShouldBe("a");
        queue.Done("a");
        clock.Advance(TimeSpan.FromSeconds(10));
        queue.Count.ShouldBe(0, "the earlier time replaces the later one");
    }

    [Fact]
    public void Delayed_LaterTime_DoesNotPutOff()
    {
        queue.Add("a", after: TimeSpan.FromSeconds(1));
        queue.Add("a", after: TimeSpan.FromSeconds(60));
        clock.Advance(TimeSpan.FromSeconds(1));
        queue.ReadyCount.ShouldBe(1);
    }

    [Fact]
    public async Task Delayed_WhileInWork_KeepsItsTime()
    {
        // KubeOps#554: a timed requeue was lost.
        queue.Add("a");
        await queue.TakeAsync(Ct);
        queue.Add("a", after: TimeSpan.FromSeconds(3));
        queue.Done("a");
        clock.Advance(TimeSpan.FromSeconds(2));
        queue.ReadyCount.ShouldBe(0);
        clock.Advance(TimeSpan.FromSeconds(1));
        queue.ReadyCount.ShouldBe(1);
    }

    [Fact]
    public async Task Take_Cancelled_LosesNoKey()
    {
        using var cancel = new CancellationTokenSource();
        var taker = queue.TakeAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(taker);
        queue.Add("a");
        (await queue.TakeAsync(Ct)).ShouldBe("a");
    }

    [Fact]
    public async Task Dispose_CancelsTakers()
    {
        var taker = queue.TakeAsync(Ct).AsTask();
        queue.Dispose();
        await Should.ThrowAsync<OperationCanceledException>(taker);
    }

    [Fact]
    public async Task Unfinished_TellsTheLongestAndTheSum()
    {
        queue.Add("a");
        await queue.TakeAsync(Ct);
        clock.Advance(TimeSpan.FromSeconds(3));
        queue.Add("b");
        await queue.TakeAsync(Ct);
        clock.Advance(TimeSpan.FromSeconds(1));
        queue.Unfinished().ShouldBe((TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(4)));
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 10)]
    [InlineData(10, 2560)]
    [InlineData(18, 655360)]
    [InlineData(19, 1000_000)]
    [InlineData(100_000, 1000_000)]
    public void KeyBackoff_DoublesFrom5Ms_To1000S_WithoutEnd(int failures, double milliseconds) =>
        KeyBackoff<string>.DelayAfter(failures).TotalMilliseconds.ShouldBe(milliseconds);

    [Fact]
    public void KeyBackoff_Forget_StartsAnew()
    {
        var backoff = new KeyBackoff<string>();
        backoff.Next("a");
        backoff.Next("a").TotalMilliseconds.ShouldBe(10);
        backoff.Next("b").TotalMilliseconds.ShouldBe(5);
        backoff.Forget("a");
        backoff.Next("a").TotalMilliseconds.ShouldBe(5);
    }

    [Fact]
    public void ReflectorBackoff_0_8To30S_JitterUpToDouble_ResetsAfterTwoQuietMinutes()
    {
        var backoff = new Backoff(clock, new Jitter(3));
        foreach (var expected in new[] { 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30 })
        {
            backoff.Next().TotalSeconds.ShouldBeInRange(expected, expected * 2);
        }

        clock.Advance(TimeSpan.FromMinutes(2) + TimeSpan.FromSeconds(1));
        backoff.Next().TotalSeconds.ShouldBeInRange(0.8, 1.6);
    }

    public void Dispose() => queue.Dispose();

    private async Task<List<string>> TakeAll()
    {
        var taken = new List<string>();
        while (queue.ReadyCount > 0)
        {
            taken.Add(await queue.TakeAsync(Ct));
        }

        return taken;
    }
}
