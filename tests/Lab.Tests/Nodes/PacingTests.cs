using Microsoft.Extensions.Time.Testing;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Nodes.Tests;

/// <summary>A fast clock that waits for the machine.</summary>
public class PacingTests
{
    private readonly FakeTimeProvider system = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Work_that_is_due_holds_the_clock_until_it_is_done()
    {
        var clock = new LabClock(600, system);
        var start = clock.GetUtcNow();
        var duty = clock.Begin();
        system.Advance(TimeSpan.FromMilliseconds(500));
        (clock.GetUtcNow() - start).ShouldBe(TimeSpan.FromSeconds(1), "ten minutes' worth, but for the work");
        clock.Complete(duty);
        clock.Complete(duty);
        (clock.GetUtcNow() - start).ShouldBe(TimeSpan.FromSeconds(1), "what passed meanwhile is not caught up");
        system.Advance(TimeSpan.FromMilliseconds(100));
        (clock.GetUtcNow() - start).ShouldBe(TimeSpan.FromSeconds(61));
    }

    [Fact]
    public void The_oldest_work_counts()
    {
        var clock = new LabClock(60, system);
        var start = clock.GetUtcNow();
        var first = clock.Begin();
        system.Advance(TimeSpan.FromMilliseconds(10));
        var second = clock.Begin();
        system.Advance(TimeSpan.FromMilliseconds(500));
        (clock.GetUtcNow() - start).ShouldBe(TimeSpan.FromSeconds(1));
        clock.Complete(first);
        system.Advance(TimeSpan.FromMilliseconds(500));
        (clock.GetUtcNow() - start).ShouldBe(TimeSpan.FromSeconds(1.6));
        clock.Complete(second);
    }

    [Fact]
    public void Work_that_never_ends_does_not_stop_time()
    {
        var clock = new LabClock(60, system);
        var start = clock.GetUtcNow();
        var stuck = clock.Begin();
        var waits = 0;
        while (clock.GetUtcNow() - start <= TimeSpan.FromSeconds(1) && waits++ < 100) system.Advance(TimeSpan.FromMilliseconds(100));
        waits.ShouldBeInRange(10, 15);
        system.Advance(TimeSpan.FromSeconds(1));
        (clock.GetUtcNow() - start).ShouldBeGreaterThan(TimeSpan.FromMinutes(1));
        clock.Complete(stuck);
    }

    [Fact]
    public void A_timer_fires_by_the_clock_that_was_held_not_by_the_system()
    {
        var clock = new LabClock(60, system);
        var fired = new List<TimeSpan>();
        var start = clock.GetUtcNow();
        using var timer = clock.CreateTimer(_ => fired.Add(clock.GetUtcNow() - start), null, TimeSpan.FromSeconds(30), Timeout.InfiniteTimeSpan);
        var duty = clock.Begin();
        system.Advance(TimeSpan.FromMilliseconds(600));
        fired.ShouldBeEmpty();
        clock.Complete(duty);
        system.Advance(TimeSpan.FromMilliseconds(600));
        fired.Count.ShouldBe(1);
        fired[0].ShouldBeInRange(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(31));
    }

    [Fact]
    public void At_the_systems_own_speed_nothing_is_held()
    {
        var clock = new LabClock(1, system);
        var start = clock.GetUtcNow();
        clock.Begin();
        system.Advance(TimeSpan.FromMinutes(1));
        (clock.GetUtcNow() - start).ShouldBe(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_queue_holds_the_clock_while_its_keys_wait_and_are_worked_on()
    {
        var clock = new LabClock(600, system);
        var start = clock.GetUtcNow();
        using var queue = new WorkQueue<string>(clock);
        queue.Add("a");
        system.Advance(TimeSpan.FromMilliseconds(200));
        (clock.GetUtcNow() - start).ShouldBe(TimeSpan.FromSeconds(1), "it waits");
        await queue.TakeAsync(TestContext.Current.CancellationToken);
        system.Advance(TimeSpan.FromMilliseconds(200));
        (clock.GetUtcNow() - start).ShouldBe(TimeSpan.FromSeconds(1), "it is worked on");
        queue.Add("b");
        await queue.TakeAsync(TestContext.Current.CancellationToken);
        system.Advance(TimeSpan.FromMilliseconds(200));
        (clock.GetUtcNow() - start).ShouldBe(TimeSpan.FromSeconds(2), "now for the second, which came a second later");
    }

    /// <summary>Whatever the speed and however busy the machine, nodes that can be reached stay ready and workloads become ready in the Lab's time.</summary>
    [Theory]
    [InlineData(60)]
    [InlineData(600)]
    [InlineData(6000)]
    public async Task A_cluster_keeps_its_nodes_at_any_speed(double speed)
    {
        await using var lab = await Nemotron.Lab.Controllers.Tests.TestPlane.StartAsync("3xH100:8", speed);
        var lost = new System.Collections.Concurrent.ConcurrentBag<string>();
        lab.Plane.Context.Informers.For(BuiltIn.Nodes).OnChange((_, after) =>
        {
            if (after?.Condition("Ready").Text("status") == "Unknown") lost.Add(after.Name());
        });
        lab.Api.Create(BuiltIn.Deployments, "default", Nemotron.Lab.Controllers.Tests.TestPlane.GpuDeployment("nano", 4, 2, more: """{ "minReadySeconds": 60 }"""), "test");
        await lab.UntilAsync(() => lab.Deployment("nano").Whole("status", "availableReplicas") == 4, "available");
        // Ten minutes of the Lab later the Leases are fresh.
        var until = lab.Clock.GetUtcNow().AddMinutes(10);
        using var ended = new CancellationTokenSource(until - lab.Clock.GetUtcNow(), lab.Clock);
        await Task.Delay(Timeout.InfiniteTimeSpan, lab.Clock, ended.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        foreach (var lease in lab.Api.List(BuiltIn.Leases).Items) (lab.Clock.GetUtcNow() - lease.Time("spec", "renewTime")!.Value).ShouldBeLessThan(TimeSpan.FromSeconds(40));
        lost.ShouldBeEmpty();
        lab.Deployment("nano").Condition("Progressing").Text("reason").ShouldBe("NewReplicaSetAvailable");
    }
}
