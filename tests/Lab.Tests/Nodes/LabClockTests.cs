using Microsoft.Extensions.Time.Testing;

namespace Nemotron.Lab.Nodes.Tests;

public class LabClockTests
{
    private readonly FakeTimeProvider system = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Time_and_timers_run_faster()
    {
        var clock = new LabClock(60, system);
        var start = clock.GetUtcNow();
        var stamp = clock.GetTimestamp();
        var fired = 0;
        using var timer = clock.CreateTimer(_ => fired++, null, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(1));

        system.Advance(TimeSpan.FromSeconds(1));
        (clock.GetUtcNow() - start).ShouldBe(TimeSpan.FromMinutes(1));
        clock.GetElapsedTime(stamp).ShouldBe(TimeSpan.FromMinutes(1));
        fired.ShouldBe(0);
        system.Advance(TimeSpan.FromSeconds(1));
        fired.ShouldBe(1);
        system.Advance(TimeSpan.FromSeconds(1));
        fired.ShouldBe(2);
        timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        system.Advance(TimeSpan.FromSeconds(10));
        fired.ShouldBe(2);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(10_001)]
    public void Impossible_speeds_are_refused(double speed) => Should.Throw<ArgumentOutOfRangeException>(() => new LabClock(speed, system));
}
