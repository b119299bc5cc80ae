namespace Nemotron.Lab.Nodes;

/// <summary>
/// A clock that starts at the system's time and runs faster than it; timers run as much faster. With a speed of 60 a minute
/// of the Lab takes a second.
/// </summary>
internal sealed class LabClock : TimeProvider
{
    private readonly TimeProvider system;
    private readonly DateTimeOffset startedAt;
    private readonly long startedStamp;

    /// <summary>Starts a clock.</summary>
    /// <param name="speed">How many seconds pass in one second of <paramref name="system"/>; above 0, at most 10,000.</param>
    /// <param name="system">The clock it is driven by; the system's when null.</param>
    /// <exception cref="ArgumentOutOfRangeException">The speed is out of range.</exception>
    public LabClock(double speed, TimeProvider? system = null)
    {
        if (!(speed > 0) || speed > 10_000) throw new ArgumentOutOfRangeException(nameof(speed), speed, "a clock's speed is above 0 and at most 10000");
        Speed = speed;
        this.system = system ?? System;
        startedAt = this.system.GetUtcNow();
        startedStamp = this.system.GetTimestamp();
    }

    /// <summary>Seconds of this clock per second of the system's.</summary>
    public double Speed { get; }

    /// <inheritdoc/>
    public override long TimestampFrequency => system.TimestampFrequency;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => startedAt + (system.GetElapsedTime(startedStamp) * Speed);

    /// <inheritdoc/>
    public override long GetTimestamp() => startedStamp + (long)((system.GetTimestamp() - startedStamp) * Speed);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new ScaledTimer(system.CreateTimer(callback, state, Scaled(dueTime), Scaled(period)), this);

    private TimeSpan Scaled(TimeSpan span)
    {
        if (span <= TimeSpan.Zero) return span;
        // Rounded up to the timer's own step: one that fires early would find nothing due and be armed again.
        return TimeSpan.FromMilliseconds(Math.Ceiling(span.TotalMilliseconds / Speed));
    }

    private sealed class ScaledTimer(ITimer inner, LabClock clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => inner.Change(clock.Scaled(dueTime), clock.Scaled(period));

        public void Dispose() => inner.Dispose();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
