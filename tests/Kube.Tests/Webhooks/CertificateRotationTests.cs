using System.Security.Cryptography.X509Certificates;

namespace Nemotron.Kube.Tests;

/// <summary>
/// Ten simulated years of three replicas and two API servers, each some minutes behind the others: at every moment that is looked at, a real handshake between any of them succeeds.
/// </summary>
public sealed class CertificateRotationTests
{
    private const string Host = "hook.ns.svc";
    private static readonly string[] Names = [Host];
    private static readonly TimeSpan LongestOutage = TimeSpan.FromDays(25);
    private static readonly TimeSpan LongestLag = TimeSpan.FromMinutes(20);

    // As the operator has it; and with renewals of authority and certificate falling together.
    [Theory]
    [InlineData(1, 365)]
    [InlineData(2, 180)]
    public async Task EveryHandshake_OfTenYears_Succeeds(int seed, int authorityDays)
    {
        var random = new Random(seed);
        var lifetimes = new CertificateLifetimes { Authority = TimeSpan.FromDays(authorityDays) };
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var end = now.AddYears(10);
        var secret = CertificateFiles.None.With(new(true, true, "", now), "test", Names, now, lifetimes, []);
        var replicas = Enumerable.Range(0, 3).Select(_ => new Lagging<X509Certificate2>(secret.Leaf!)).ToArray();
        var servers = Enumerable.Range(0, 2).Select(_ => new Lagging<string>(secret.Bundle)).ToArray();
        var (handshakes, leaves, authorities) = (0, 1, 1);
        var (changed, alarm) = (now, now);
        while (now < end)
        {
            var decision = CertificateDecision.Decide(now, secret.Facts, Names, lifetimes);
            if (!decision.Keep && now >= alarm)
            {
                secret = CertificateFiles.Read(secret.With(decision, "test", Names, now, lifetimes, []).Write());
                leaves += decision.NewLeaf ? 1 : 0;
                authorities += decision.NewAuthority ? 1 : 0;
                changed = alarm = now;
                foreach (var replica in replicas) replica.Change(secret.Leaf!, now + (LongestLag * random.NextDouble()));
                foreach (var server in servers) server.Change(secret.Bundle, now + (LongestLag * random.NextDouble()));
                continue;
            }

            var (leaf, bundle) = (replicas[random.Next(replicas.Length)].At(now), servers[random.Next(servers.Length)].At(now));
            (await Handshake.FaultAsync(leaf, bundle, Host, now)).ShouldBeNull($"seed {seed}, {now:u}, {changed:u} was the last change");
            handshakes++;

            // Closely after a change, in strides otherwise. A third of the renewals come late, since no replica runs: then several are due at once.
            var stride = now - changed < TimeSpan.FromHours(2) ? TimeSpan.FromMinutes(12 * random.NextDouble()) : TimeSpan.FromDays(4 * random.NextDouble());
            if (decision.Keep && now >= alarm) alarm = decision.NextCheck + (random.Next(3) == 0 ? LongestOutage * random.NextDouble() : TimeSpan.FromMinutes(random.NextDouble()));
            now = now + stride < alarm ? now + stride : alarm;
        }

        Console.WriteLine($"measured: {handshakes} handshakes over ten simulated years, {leaves} certificates of {authorities} authorities (seed {seed})");
        leaves.ShouldBeGreaterThan(50);
        authorities.ShouldBeGreaterThan(10);
    }

    [Fact]
    public async Task AHandshake_CanFail()
    {
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        CertificateFiles Made() => CertificateFiles.None.With(new(true, true, "", now), "test", Names, now, new CertificateLifetimes(), []);
        var (one, other) = (Made(), Made());
        (await Handshake.FaultAsync(one.Leaf!, one.Bundle, Host, now)).ShouldBeNull();
        (await Handshake.FaultAsync(one.Leaf!, other.Bundle, Host, now)).ShouldNotBeNull();
        (await Handshake.FaultAsync(one.Leaf!, one.Bundle, "other.ns.svc", now)).ShouldNotBeNull();
        (await Handshake.FaultAsync(one.Leaf!, one.Bundle, Host, now.AddDays(91))).ShouldNotBeNull();
        (await Handshake.FaultAsync(one.Leaf!, one.Bundle, Host, now.AddDays(-1))).ShouldNotBeNull();
    }

    /// <summary>What somebody knows of a value that changes: the new one only from a later time on.</summary>
    private sealed class Lagging<T>(T value)
    {
        private readonly Queue<(T Value, DateTimeOffset From)> coming = new();
        private T known = value;

        internal void Change(T value, DateTimeOffset from) => coming.Enqueue((value, from));

        internal T At(DateTimeOffset now)
        {
            while (coming.TryPeek(out var next) && next.From <= now) known = coming.Dequeue().Value;
            return known;
        }
    }
}
