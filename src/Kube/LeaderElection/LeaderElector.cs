using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace Nemotron.Kube;

/// <summary>
/// One leader at a time, by client-go's rules. Whether the holder is alive is judged by this process's own monotonic clock: a Lease that has not changed for its
/// duration since it was first seen so is free. The leader renews with one request (it writes over what it wrote last); it gives up when it could not renew for
/// the renew deadline, before others may take over.
/// </summary>
internal sealed class LeaderElector(
    ILeaseStore store, string identity, OperatorSettings settings, TimeProvider time, Jitter jitter, RuntimeMetrics metrics, ILogger logger)
{
    /// <summary>How much staler than the lease's duration a leader's renewal may be before its health check fails.</summary>
    internal static readonly TimeSpan HealthTolerance = TimeSpan.FromSeconds(20);

    private readonly Lock gate = new();
    private JsonObject? observed;
    private LeaseRecord? record;
    private long observedAt;
    private string? lastTrouble;
    private volatile bool leading;

    /// <summary>Who leads, as far as is known; empty: nobody.</summary>
    internal string Leader
    {
        get
        {
            lock (gate)
            {
                return record?.Holder ?? "";
            }
        }
    }

    /// <summary>Whether this process leads: it holds the Lease and has renewed it within its duration.</summary>
    internal bool IsLeader => leading && !HasExpired();

    /// <summary>Null when well, else what is wrong: a leader that has not renewed for long and has not noticed.</summary>
    internal string? Check() =>
        leading && SinceObserved() is { } age && age > settings.LeaderElectionLeaseDuration + HealthTolerance
            ? $"the lease was renewed last {age.TotalSeconds:0} s ago"
            : null;

    /// <summary>Waits until this process leads.</summary>
    internal async Task AcquireAsync(CancellationToken cancellationToken)
    {
        metrics.Leader.WithLabels(settings.Name).Set(0);
        while (!await TryAsync(cancellationToken))
        {
            await Task.Delay(NextLook(), time, cancellationToken);
        }

        leading = true;
        metrics.Leader.WithLabels(settings.Name).Set(1);
        ElectionLog.Acquired(logger, identity);
    }

    /// <summary>Renews until cancelled, or until leadership is lost.</summary>
    /// <returns>Why it was lost.</returns>
    /// <exception cref="OperationCanceledException">Cancelled while still leading: <see cref="ReleaseAsync"/> may follow.</exception>
    internal async Task<string> HoldAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(settings.LeaderElectionRetryPeriod, time, cancellationToken);
            var started = time.GetTimestamp();

            // Never past the end of the lease: a process that stood still, or whose last answer came late, has less time than the deadline.
            var left = settings.LeaderElectionLeaseDuration - (SinceObserved() ?? TimeSpan.Zero);
            if (left <= TimeSpan.Zero)
            {
                return Lose("the lease ran out while this process stood still");
            }

            using var deadline = new CancellationTokenSource(left < settings.LeaderElectionRenewDeadline ? left : settings.LeaderElectionRenewDeadline, time);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
            try
            {
                while (!await TryAsync(linked.Token))
                {
                    if (Leader is { Length: > 0 } other && other != identity)
                    {
                        return Lose($"{other} has taken over");
                    }

                    await Task.Delay(settings.LeaderElectionRetryPeriod, time, linked.Token);
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return Lose($"the lease could not be renewed for {time.GetElapsedTime(started).TotalSeconds:0.#} s ({lastTrouble ?? "no answer"})");
            }
        }
    }

    /// <summary>
    /// Gives the Lease up, so that another may take it at once. Only after everything that needs leadership has ended. A failure only means that the others wait.
    /// </summary>
    internal async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        JsonObject? last;
        lock (gate)
        {
            last = observed;
        }

        if (!leading || last is null)
        {
            return;
        }

        leading = false;
        metrics.Leader.WithLabels(settings.Name).Set(0);
        var now = EventBody.MicroTime(time.GetUtcNow());
        try
        {
            await store.UpdateAsync(last, new LeaseRecord("", 1, now, now, LeaseRecord.Of(last).Transitions), cancellationToken);
            ElectionLog.Released(logger, identity);
        }
#pragma warning disable CA1031 // The process is ending; the lease runs out by itself.
        catch (Exception e)
#pragma warning restore CA1031
        {
            ElectionLog.Trouble(logger, ApiErrors.Describe(e));
        }
    }

    /// <summary>One attempt to get or keep the Lease; false when it failed for whatever reason.</summary>
    private async Task<bool> TryAsync(CancellationToken cancellationToken)
    {
        // A hung request must leave time for another within the deadline.
        using var limit = new CancellationTokenSource(settings.LeaderElectionRenewDeadline / 2, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await TryOnceAsync(linked.Token);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever keeps the lease from being written, the next attempt comes; the deadline decides.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var trouble = limit.IsCancellationRequested ? "The API server does not answer." : ApiErrors.Describe(e);
            if (trouble != lastTrouble)
            {
                ElectionLog.Trouble(logger, trouble);
            }

            lastTrouble = trouble;
            return false;
        }
    }

    private async Task<bool> TryOnceAsync(CancellationToken cancellationToken)
    {
        var wanted = new LeaseRecord(
            identity, (int)Math.Ceiling(settings.LeaderElectionLeaseDuration.TotalSeconds), EventBody.MicroTime(time.GetUtcNow()), EventBody.MicroTime(time.GetUtcNow()), 0);
        if (IsLeader && record is { } mine && observed is { } last)
        {
            try
            {
                var renewedAt = time.GetTimestamp();
                Observe(await store.UpdateAsync(last, wanted with { AcquireTime = mine.AcquireTime, Transitions = mine.Transitions }, cancellationToken), renewedAt);
                return true;
            }
            catch (k8s.Autorest.HttpOperationException)
            {
                // Somebody has touched the Lease: look at it.
                metrics.LeaderSlowPath.WithLabels(settings.Name).Inc();
            }
        }

        var lease = await store.GetAsync(cancellationToken);
        var sentAt = time.GetTimestamp();
        if (lease is null)
        {
            Observe(await store.CreateAsync(wanted, cancellationToken), sentAt);
            return true;
        }

        Observe(lease, writtenAt: null);
        var current = LeaseRecord.Of(lease);
        var ours = current.Holder == identity;
        if (!ours && current.Holder.Length > 0 && !HasExpired())
        {
            lastTrouble = null;
            return false;
        }

        var next = ours
            ? wanted with { AcquireTime = current.AcquireTime, Transitions = current.Transitions }
            : wanted with { Transitions = current.Transitions + 1 };
        Observe(await store.UpdateAsync(lease, next, cancellationToken), sentAt);
        return true;
    }

    /// <summary>
    /// Takes in the Lease. A write of our own counts from when it was sent: that is the earliest moment from which others may count, however late the answer comes.
    /// </summary>
    private void Observe(JsonObject lease, long? writtenAt)
    {
        lock (gate)
        {
            var seen = LeaseRecord.Of(lease);
            if (writtenAt is not null || seen != record)
            {
                if (record?.Holder != seen.Holder && seen.Holder.Length > 0)
                {
                    ElectionLog.NewLeader(logger, seen.Holder);
                }

                record = seen;
                observedAt = writtenAt ?? time.GetTimestamp();
            }

            observed = lease;
        }
    }

    /// <summary>
    /// When to look again while another leads: about every retry period, a little early rather than late (client-go waits up to 2.2 periods, too long for a
    /// fail-over within 3 s), and right when the Lease runs out.
    /// </summary>
    private TimeSpan NextLook()
    {
        var look = settings.LeaderElectionRetryPeriod * (0.75 + (0.2 * jitter.NextDouble()));
        lock (gate)
        {
            if (record is not { Holder.Length: > 0 } held)
            {
                return look;
            }

            var left = TimeSpan.FromSeconds(held.DurationSeconds) - time.GetElapsedTime(observedAt) + TimeSpan.FromMilliseconds(10 + (90 * jitter.NextDouble()));
            return left > TimeSpan.Zero && left < look ? left : look;
        }
    }

    private bool HasExpired() => SinceObserved() is not { } age || age >= TimeSpan.FromSeconds(record?.DurationSeconds ?? 0);

    private TimeSpan? SinceObserved()
    {
        lock (gate)
        {
            return record is null ? null : time.GetElapsedTime(observedAt);
        }
    }

    private string Lose(string why)
    {
        leading = false;
        metrics.Leader.WithLabels(settings.Name).Set(0);
        ElectionLog.Lost(logger, why);
        return why;
    }
}

internal static partial class ElectionLog
{
    [LoggerMessage(601, LogLevel.Information, "{Identity} leads")]
    internal static partial void Acquired(ILogger logger, string identity);

    [LoggerMessage(602, LogLevel.Information, "The leader is {Holder}")]
    internal static partial void NewLeader(ILogger logger, string holder);

    [LoggerMessage(603, LogLevel.Warning, "The lease could not be read or written: {Why}")]
    internal static partial void Trouble(ILogger logger, string why);

    [LoggerMessage(604, LogLevel.Critical, "Leadership is lost: {Why}")]
    internal static partial void Lost(ILogger logger, string why);

    [LoggerMessage(605, LogLevel.Information, "{Identity} has released the lease")]
    internal static partial void Released(ILogger logger, string identity);
}
