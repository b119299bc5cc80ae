using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Nodes;

/// <summary>
/// A clock that starts at the system's time and runs faster than it; timers run as much faster. With a speed of 60 a minute
/// of the Lab takes a second – or longer on a machine that cannot keep up: the clock waits for timers that are late and for work that is
/// due (<see cref="IPacedClock"/>), so that no Lease runs out and no deadline passes only because the machine is busy.
/// </summary>
internal sealed class LabClock : TimeProvider, IPacedClock
{
    /// <summary>How late work may be by this clock before it waits: the resolution of Kubernetes' timestamps.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    /// <summary>How long, by the system's time, it waits while nothing at all gets done: work that itself waits for time to pass must not stop it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly TimeProvider system;
    private readonly DateTimeOffset startedAt;
    private readonly long startedStamp;
    private readonly Lock gate = new();
    private readonly SortedSet<Duty> duties = [];
    private DateTimeOffset anchor;
    private long anchorStamp;
    private long progressStamp;
    private Duty? waitingFor;
    private long order;

    /// <summary>Starts a clock.</summary>
    /// <param name="speed">How many seconds pass in one second of <paramref name="system"/>; above 0, at most 10,000.</param>
    /// <param name="system">The clock it is driven by; the system's when null.</param>
    /// <exception cref="ArgumentOutOfRangeException">The speed is out of range.</exception>
    public LabClock(double speed, TimeProvider? system = null)
    {
        if (!(speed > 0) || speed > 10_000) throw new ArgumentOutOfRangeException(nameof(speed), speed, "a clock's speed is above 0 and at most 10000");
        Speed = speed;
        this.system = system ?? System;
        startedAt = anchor = this.system.GetUtcNow();
        startedStamp = anchorStamp = progressStamp = this.system.GetTimestamp();
    }

    /// <summary>Seconds of this clock per second of the system's, when nothing is late.</summary>
    public double Speed { get; }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (gate) return Read();
    }

    /// <inheritdoc/>
    public override long GetTimestamp() => startedStamp + (GetUtcNow() - startedAt).Ticks;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new PacedTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <inheritdoc/>
    public Duty Begin()
    {
        lock (gate) return Add(TimeSpan.Zero);
    }

    /// <inheritdoc/>
    public void Complete(Duty duty)
    {
        lock (gate) Remove(duty);
    }

    private DateTimeOffset Read()
    {
        var stamp = system.GetTimestamp();
        var free = anchor + (system.GetElapsedTime(anchorStamp, stamp) * Speed);
        // A clock that is not faster than the system's is never ahead of the machine.
        if (Speed <= 1 || duties.Min is not { } first || free <= first.Due + Slack)
        {
            waitingFor = null;
            return free;
        }

        if (waitingFor != first)
        {
            waitingFor = first;
            progressStamp = stamp;
        }

        if (system.GetElapsedTime(progressStamp, stamp) > Patience) duties.Remove(first);
        // It may have been read later than that before the work was known.
        var held = first.Due + Slack;
        anchor = held > anchor ? held : anchor;
        anchorStamp = stamp;
        return anchor;
    }

    private Duty Add(TimeSpan wait)
    {
        var duty = new Duty(Read() + wait, order++);
        duties.Add(duty);
        return duty;
    }

    private void Remove(Duty duty)
    {
        // Read first: what passed while the clock was held must not be caught up.
        Read();
        if (duties.Remove(duty)) progressStamp = system.GetTimestamp();
    }

    /// <summary>A wait by this clock as one of the system's.</summary>
    private TimeSpan Scaled(TimeSpan span)
    {
        if (span <= TimeSpan.Zero) return span;
        // Rounded up to the timer's own step: one that fires early would find nothing due and be armed again.
        return TimeSpan.FromMilliseconds(Math.Ceiling(span.TotalMilliseconds / Speed));
    }

    /// <summary>A timer of the system's that looks, when it fires, whether this clock has come so far.</summary>
    private sealed class PacedTimer : ITimer
    {
        private readonly LabClock clock;
        private readonly TimerCallback callback;
        private readonly object? state;
        private readonly ITimer inner;
        private Duty? duty;
        private TimeSpan every = Timeout.InfiniteTimeSpan;

        public PacedTimer(LabClock clock, TimerCallback callback, object? state)
        {
            (this.clock, this.callback, this.state) = (clock, callback, state);
            inner = clock.system.CreateTimer(_ => Fire(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.gate)
            {
                Forget();
                every = period > TimeSpan.Zero ? period : Timeout.InfiniteTimeSpan;
                if (dueTime == Timeout.InfiniteTimeSpan) return inner.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                duty = clock.Add(dueTime);
                return inner.Change(clock.Scaled(dueTime), Timeout.InfiniteTimeSpan);
            }
        }

        public void Dispose()
        {
            lock (clock.gate) Forget();
            inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire()
        {
            Duty fired;
            lock (clock.gate)
            {
                if (duty is null) return;
                var early = duty.Due - clock.Read();
                if (early > TimeSpan.Zero)
                {
                    inner.Change(clock.Scaled(early), Timeout.InfiniteTimeSpan);
                    return;
                }

                // Kept as a duty until the callback has returned: what it sets going is due by then.
                (fired, duty) = (duty, null);
                if (every != Timeout.InfiniteTimeSpan)
                {
                    duty = clock.Add(every);
                    inner.Change(clock.Scaled(every), Timeout.InfiniteTimeSpan);
                }
            }

            try
            {
                callback(state);
            }
            finally
            {
                clock.Complete(fired);
            }
        }

        private void Forget()
        {
            if (duty is not null) clock.Remove(duty);
            duty = null;
        }
    }
}
