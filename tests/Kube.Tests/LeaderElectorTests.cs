using System.Text.Json.Nodes;
using k8s.Autorest;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Prometheus;

namespace Nemotron.Kube.Tests;

/// <summary>client-go's rules; and what the client's own elector gets wrong (facts §1.5).</summary>
public sealed class LeaderElectorTests
{
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly FakeLeaseStore store = new();
    private readonly RuntimeMetrics metrics = new(Metrics.NewCustomRegistry());

    [Fact]
    public async Task NoLease_IsCreatedAndLed()
    {
        var a = Elector("a");
        await a.AcquireAsync(default);
        a.IsLeader.ShouldBeTrue();
        store.Record.Holder.ShouldBe("a");
        store.Record.DurationSeconds.ShouldBe(15);
        metrics.Leader.WithLabels("test").Value.ShouldBe(1);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public async Task LeaseWithoutHolder_IsTaken(string? holder)
    {
        // The client's elector loops for ever on a Lease without holderIdentity.
        store.Put(holder, 15, "2026-01-01T00:00:00.000000Z");
        var a = Elector("a");
        await a.AcquireAsync(default);
        store.Record.Holder.ShouldBe("a");
    }

    [Fact]
    public async Task Renewal_IsOneRequest()
    {
        // The client's elector makes two.
        var a = Elector("a");
        await a.AcquireAsync(default);
        store.Calls.Clear();
        using var stop = new CancellationTokenSource();
        var hold = a.HoldAsync(stop.Token);
        await Until.True(() => store.Calls.Count == 3, "three renewals", clock);
        store.Calls.ShouldBe(["update", "update", "update"]);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(hold);
    }

    [Fact]
    public async Task AliveLeader_IsLeftAlone_WhateverItsClockSays()
    {
        store.Put("other", 15, "1999-01-01T00:00:00.000000Z");
        var a = Elector("a");
        using var stop = new CancellationTokenSource();
        var acquire = a.AcquireAsync(stop.Token);
        for (var renewal = 0; renewal < 20; renewal++)
        {
            var from = clock.GetUtcNow();
            await Until.True(() => clock.GetUtcNow() - from > TimeSpan.FromSeconds(10), "10 s", clock, TimeSpan.FromMilliseconds(500));
            store.Put("other", 15, $"1999-01-01T00:00:{renewal + 1:00}.000000Z");
        }

        acquire.IsCompleted.ShouldBeFalse();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(acquire);
    }

    [Fact]
    public async Task SilentLeader_IsReplaced_WithinItsLeaseAndTwoSeconds_NotEarlier()
    {
        store.Put("other", 15, "2026-01-01T00:00:00.000000Z");
        var a = Elector("a");
        var acquire = a.AcquireAsync(default);
        await Until.True(() => a.Leader == "other", "the first look", clock, TimeSpan.Zero);

        // The leader renews and is killed just after a look of ours.
        store.Put("other", 15, "2026-01-01T00:00:01.000000Z");
        var killedAt = clock.GetUtcNow();
        await Until.True(() => acquire.IsCompleted, "fail-over", clock, TimeSpan.FromMilliseconds(20));
        (clock.GetUtcNow() - killedAt).TotalSeconds.ShouldBeInRange(15, 17);
        store.Record.Transitions.ShouldBe(1);
    }

    [Fact]
    public async Task Release_LetsAnotherLeadWithinThreeSeconds()
    {
        // The client's elector never releases.
        var a = Elector("a");
        var b = Elector("b");
        await a.AcquireAsync(default);
        var acquire = b.AcquireAsync(default);
        await Until.True(() => b.Leader == "a", "b has seen a", clock, TimeSpan.Zero);
        await a.ReleaseAsync(default);
        a.IsLeader.ShouldBeFalse();
        store.Record.ShouldSatisfyAllConditions(r => r.Holder.ShouldBe(""), r => r.DurationSeconds.ShouldBe(1));
        var from = clock.GetUtcNow();
        await Until.True(() => acquire.IsCompleted, "b leads", clock, TimeSpan.FromMilliseconds(20));
        (clock.GetUtcNow() - from).TotalSeconds.ShouldBeLessThan(3);
    }

    [Fact]
    public async Task Unreachable_WhileAcquiring_KeepsTrying()
    {
        // The client's "forever" loop dies of the first HttpRequestException.
        store.Failure = new HttpRequestException("refused");
        var a = Elector("a");
        var acquire = a.AcquireAsync(default);
        await Until.True(() => store.Calls.Count >= 5, "five attempts", clock);
        store.Failure = null;
        await Until.True(() => acquire.IsCompleted, "leads", clock);
        await acquire;
    }

    [Fact]
    public async Task DroppedConnection_WhileLeading_IsSurvivedWithinTheDeadline()
    {
        // The client's elector stops leading 3 ms later.
        var a = Elector("a");
        await a.AcquireAsync(default);
        using var stop = new CancellationTokenSource();
        var hold = a.HoldAsync(stop.Token);
        store.Calls.Clear();
        store.Failure = new HttpRequestException("reset");
        await Until.True(() => store.Calls.Count >= 3, "failed renewals", clock);
        store.Failure = null;
        var renewals = store.Writes;
        await Until.True(() => store.Writes > renewals, "renewed", clock);
        hold.IsCompleted.ShouldBeFalse();
        a.IsLeader.ShouldBeTrue();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(hold);
    }

    [Fact]
    public async Task Unreachable_PastTheDeadline_LosesBeforeAnotherMayLead()
    {
        var a = Elector("a");
        await a.AcquireAsync(default);
        var hold = a.HoldAsync(default);
        store.Failure = new HttpRequestException("refused");
        var from = clock.GetUtcNow();
        await Until.True(() => hold.IsCompleted, "lost", clock);
        (await hold).ShouldContain("could not be renewed");
        (clock.GetUtcNow() - from).TotalSeconds.ShouldBeInRange(10, 15);
        a.IsLeader.ShouldBeFalse("the client's elector still says true");
        metrics.Leader.WithLabels("test").Value.ShouldBe(0);
    }

    [Fact]
    public async Task HungRequest_DoesNotHoldUpTheDeadline()
    {
        var a = Elector("a");
        await a.AcquireAsync(default);
        var hold = a.HoldAsync(default);
        store.Hang = true;
        var from = clock.GetUtcNow();
        await Until.True(() => hold.IsCompleted, "lost", clock);
        (clock.GetUtcNow() - from).TotalSeconds.ShouldBeLessThan(15);
    }

    [Fact]
    public async Task LateAnswer_DoesNotStretchTheLease()
    {
        // Others count from when the API server wrote the renewal, not from when its answer came: 4 s are lost here.
        var a = Elector("a");
        await a.AcquireAsync(default);
        var acquired = clock.GetUtcNow();
        store.AnswersAfter = TimeSpan.FromSeconds(4);
        store.Clock = clock;
        store.Calls.Clear();
        var hold = a.HoldAsync(default);
        await Until.True(() => store.Calls.Count == 1, "a renewal under way", clock);
        var written = clock.GetUtcNow();
        await Until.True(() => store.Answered == 1, "its answer", clock);
        store.Failure = new HttpRequestException("gone");
        await Until.True(() => hold.IsCompleted, "lost", clock);
        (clock.GetUtcNow() - written).TotalSeconds.ShouldBeLessThanOrEqualTo(15.1, "another may lead from then on");
        (written - acquired).TotalSeconds.ShouldBeLessThan(3);
    }

    [Fact]
    public async Task ProcessThatStoodStill_PastItsLease_DoesNotGoOn()
    {
        var a = Elector("a");
        await a.AcquireAsync(default);
        var hold = a.HoldAsync(default);
        store.Calls.Clear();
        clock.Advance(TimeSpan.FromSeconds(20));
        await Until.True(() => hold.IsCompleted, "lost", clock);
        (await hold).ShouldContain("stood still");
        store.Calls.ShouldBeEmpty("whoever leads by now must not be written over");
    }

    [Fact]
    public async Task TakenByAnother_IsNoticedAtTheNextRenewal()
    {
        var a = Elector("a");
        await a.AcquireAsync(default);
        var hold = a.HoldAsync(default);
        store.Put("b", 15, "2026-01-01T00:00:09.000000Z");
        var from = clock.GetUtcNow();
        await Until.True(() => hold.IsCompleted, "lost", clock);
        (await hold).ShouldBe("b has taken over");
        (clock.GetUtcNow() - from).TotalSeconds.ShouldBeLessThan(3);
    }

    [Fact]
    public async Task TouchedByAnother_ButStillOurs_IsRenewedTheSlowWay()
    {
        var a = Elector("a");
        await a.AcquireAsync(default);
        using var stop = new CancellationTokenSource();
        var hold = a.HoldAsync(stop.Token);
        store.Touch();
        store.Calls.Clear();
        await Until.True(() => store.Calls.Count >= 3, "renewed", clock);
        store.Calls.Take(3).ShouldBe(["update", "get", "update"]);
        metrics.LeaderSlowPath.WithLabels("test").Value.ShouldBe(1);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(hold);
    }

    [Fact]
    public async Task Check_FailsWhenRenewalsStandStill()
    {
        var a = Elector("a");
        await a.AcquireAsync(default);
        a.Check().ShouldBeNull();
        clock.Advance(TimeSpan.FromSeconds(15) + LeaderElector.HealthTolerance);
        a.Check().ShouldBeNull();
        clock.Advance(TimeSpan.FromSeconds(1));
        a.Check().ShouldBe("the lease was renewed last 36 s ago");
        a.IsLeader.ShouldBeFalse();
    }

    [Fact]
    public async Task WholeSeconds_AreWrittenWithAllDigits()
    {
        // metav1.MicroTime: the API server refuses "…:00Z".
        await Elector("a").AcquireAsync(default);
        store.Record.RenewTime.ShouldBe("2026-01-01T00:00:00.000000Z");
    }

    /// <summary>Three replicas, a store that fails at random, leaders killed at random: never two that believe to lead.</summary>
    [Fact]
    public async Task NeverTwoLeaders()
    {
        for (var seed = 1; seed <= 8; seed++)
        {
            var random = new Random(seed);
            using var stop = new CancellationTokenSource();
            var electors = Enumerable.Range(0, 3).Select(i => Elector($"{seed}-{i}")).ToArray();
            var runs = electors.Select(e => Task.Run(async () =>
            {
                try
                {
                    while (true)
                    {
                        await e.AcquireAsync(stop.Token);
                        await e.HoldAsync(stop.Token);
                    }
                }
                catch (OperationCanceledException)
                {
                    // The test is over.
                }
            })).ToArray();
            for (var step = 0; step < 400; step++)
            {
                store.Failure = random.NextDouble() < 0.3 ? new HttpRequestException("chaos") : null;
                clock.Advance(TimeSpan.FromMilliseconds(random.Next(1000)));
                await Task.Yield();
                electors.Count(e => e.IsLeader).ShouldBeLessThanOrEqualTo(1, $"seed {seed}, step {step}");
            }

            await stop.CancelAsync();
            store.Failure = null;
            await Task.WhenAll(runs);
        }
    }

    private LeaderElector Elector(string identity) =>
        new(store, identity, new OperatorSettings { Name = "test" }, clock, new Jitter(identity.Length), metrics, NullLogger.Instance);

    private sealed class FakeLeaseStore : ILeaseStore
    {
        private readonly Lock gate = new();
        private JsonObject? lease;
        private int version;

        internal List<string> Calls { get; } = [];

        internal int Writes { get; private set; }

        internal Exception? Failure { get; set; }

        internal bool Hang { get; set; }

        internal TimeSpan AnswersAfter { get; set; }

        internal TimeProvider Clock { get; set; } = TimeProvider.System;

        internal int Answered { get; private set; }

        internal LeaseRecord Record => LeaseRecord.Of(lease!);

        internal void Put(string? holder, int seconds, string renewTime)
        {
            lock (gate)
            {
                lease = new JsonObject { ["metadata"] = Metadata(), ["spec"] = new JsonObject { ["leaseDurationSeconds"] = seconds, ["renewTime"] = renewTime } };
                if (holder is not null)
                {
                    lease["spec"]!["holderIdentity"] = holder;
                }
            }
        }

        internal void Touch()
        {
            lock (gate)
            {
                lease!["metadata"] = Metadata();
            }
        }

        public Task<JsonObject?> GetAsync(CancellationToken cancellationToken) => CallAsync("get", () => lease?.DeepClone().AsObject(), cancellationToken);

        public async Task<JsonObject> CreateAsync(LeaseRecord record, CancellationToken cancellationToken) =>
            (await CallAsync("create", () => lease is null ? Write(record) : throw new HttpOperationException("exists"), cancellationToken))!;

        public async Task<JsonObject> UpdateAsync(JsonObject read, LeaseRecord record, CancellationToken cancellationToken) =>
            (await CallAsync(
                "update",
                () => JsonNode.DeepEquals(read["metadata"], lease?["metadata"]) ? Write(record) : throw new HttpOperationException("conflict"),
                cancellationToken))!;

        private JsonObject Write(LeaseRecord record)
        {
            Writes++;
            lease = new JsonObject { ["metadata"] = Metadata() };
            record.WriteTo(lease);
            return lease.DeepClone().AsObject();
        }

        private JsonObject Metadata() => new() { ["resourceVersion"] = (++version).ToString() };

        private async Task<JsonObject?> CallAsync(string call, Func<JsonObject?> answer, CancellationToken cancellationToken)
        {
            if (Hang)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            }

            JsonObject? result;
            lock (gate)
            {
                Calls.Add(call);
                result = Failure is { } failure ? throw failure : answer();
            }

            if (AnswersAfter > TimeSpan.Zero)
            {
                await Task.Delay(AnswersAfter, Clock, cancellationToken);
                Answered++;
            }

            return result;
        }
    }
}
