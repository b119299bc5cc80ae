using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace Nemotron.Kube.Tests;

public sealed class CertificateKeeperTests
{
    private static readonly string Secret = TinyApi.SecretPath(WebhookHost.Namespace, WebhookHost.Name);

    [Fact]
    public async Task FirstStart_MakesTheSecret_AndHasTheAuthorityTrusted()
    {
        await using var api = await TinyApi.StartAsync();
        WebhookHost.Configure(api);
        await using var host = await WebhookHost.StartAsync(api);

        var secret = api.Get(Secret)!;
        secret["type"]!.ToString().ShouldBe("kubernetes.io/tls");
        secret["data"]!.AsObject().Select(d => d.Key).ShouldBe(["tls.crt", "tls.key", "ca.crt", "ca.key"], ignoreOrder: true);
        secret["metadata"]!["ownerReferences"]![0]!["uid"]!.ToString().ShouldBe(api.Get(TinyApi.WebhooksPath(WebhookHost.Name))!["metadata"]!["uid"]!.ToString());
        (await host.HandshakeFaultAsync()).ShouldBeNull();

        var webhooks = host.Webhooks()!;
        webhooks[1]!["clientConfig"]!["caBundle"]!.ToString().ShouldBe(webhooks[0]!["clientConfig"]!["caBundle"]!.ToString());
        webhooks[2]!["clientConfig"]!["caBundle"].ShouldBeNull("it does not lead here");
        webhooks[0]!["clientConfig"]!["service"]!["path"]!.ToString().ShouldBe("/validate/widget");
        (await host.MetricsAsync()).ShouldContain("webhook_certificate_expiry_timestamp_seconds{certificate=\"serving\"}");
        api.Writes.Count(w => !w.Path.Contains("/events", StringComparison.Ordinal)).ShouldBe(2, "the Secret, and the bundle");
    }

    [Fact]
    public async Task TheSecondReplica_LoadsWhatTheFirstMade_AndWritesNothing()
    {
        await using var api = await TinyApi.StartAsync();
        WebhookHost.Configure(api);
        await using var first = await WebhookHost.StartAsync(api);
        var writes = api.Writes.Count;
        await using var second = await WebhookHost.StartAsync(api, clock: first.Clock);
        (await second.HandshakeFaultAsync()).ShouldBeNull();
        second.Serving.Context!.TargetCertificate.Thumbprint.ShouldBe(first.Serving.Context!.TargetCertificate.Thumbprint);
        api.Writes.Skip(writes).ShouldAllBe(w => w.Path.Contains("/events", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Racing_AllServeTheWinners()
    {
        await using var api = await TinyApi.StartAsync();
        WebhookHost.Configure(api);
        // Every replica has seen that there is nothing before the first may write.
        var posts = 0;
        var all = new TaskCompletionSource();
        api.Intercept = async (_, request) =>
        {
            if (request.Method == "POST" && request.Path.EndsWith("/secrets", StringComparison.Ordinal))
            {
                if (Interlocked.Increment(ref posts) == 3) all.SetResult();
                await all.Task;
            }

            return false;
        };
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var hosts = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => WebhookHost.StartAsync(api, clock: clock, wait: false)));
        foreach (var host in hosts) await host.Until(() => host.Serving.Check() is null, "a certificate served");
        posts.ShouldBeGreaterThanOrEqualTo(3);
        hosts.Select(h => h.Serving.Context!.TargetCertificate.Thumbprint).Distinct().Count().ShouldBe(1);
        foreach (var host in hosts) (await host.HandshakeFaultAsync()).ShouldBeNull();
        foreach (var host in hosts) await host.DisposeAsync();
    }

    [Theory]
    [InlineData("tls.crt", true)]
    [InlineData("tls.key", true)]
    [InlineData("ca.crt", true)]
    [InlineData("ca.key", false)]
    public async Task Garbage_IsReplaced_WithAnEvent_AndHandshakesGoOn(string file, bool newLeaf)
    {
        await using var api = await TinyApi.StartAsync();
        WebhookHost.Configure(api);
        await using var host = await WebhookHost.StartAsync(api);
        var before = host.Serving.Context!.TargetCertificate.Thumbprint;
        var broken = api.Get(Secret)!;
        broken["data"]![file] = Convert.ToBase64String(Encoding.ASCII.GetBytes("garbage"));
        api.Put(Secret, broken);

        await host.Until(() => Whole(api) && (!newLeaf || host.Serving.Context!.TargetCertificate.Thumbprint != before), "a Secret made whole");
        (await host.HandshakeFaultAsync()).ShouldBeNull();
        await host.Until(() => api.Writes.Any(w => w.Path.EndsWith("/events", StringComparison.Ordinal) && w.Body.Contains("CertificateUnusable", StringComparison.Ordinal)), "an event");
    }

    [Fact]
    public async Task ADeletedSecret_IsMadeAnew_AndTheOldAuthorityStaysTrustedForTheOthers()
    {
        await using var api = await TinyApi.StartAsync();
        WebhookHost.Configure(api);
        await using var first = await WebhookHost.StartAsync(api);
        await using var second = await WebhookHost.StartAsync(api, clock: first.Clock);
        var old = first.Serving.Context!.TargetCertificate;
        api.Delete(Secret);
        await first.Until(() => new[] { first, second }.All(h => h.Serving.Context!.TargetCertificate.Thumbprint != old.Thumbprint), "new certificates");
        (await first.HandshakeFaultAsync()).ShouldBeNull();
        (await second.HandshakeFaultAsync()).ShouldBeNull();
        Handshake.Trusts(first.Bundle(), old, System.Net.Security.SslPolicyErrors.None, first.Clock.GetUtcNow()).ShouldBeTrue("one that still serves it is trusted");
    }

    [Fact]
    public async Task ABundle_ThatSomebodyRemovesOrChanges_IsRestored()
    {
        await using var api = await TinyApi.StartAsync();
        WebhookHost.Configure(api);
        await using var host = await WebhookHost.StartAsync(api);
        var right = host.Bundle();
        WebhookHost.Configure(api);
        host.Bundle().ShouldBeEmpty();
        await host.Until(() => host.Bundle() == right, "the bundle restored");

        var changed = api.Get(TinyApi.WebhooksPath(WebhookHost.Name))!;
        changed["webhooks"]![1]!["clientConfig"]!["caBundle"] = Convert.ToBase64String("other"u8);
        api.Put(TinyApi.WebhooksPath(WebhookHost.Name), changed);
        await host.Until(() => host.Webhooks()![1]!["clientConfig"]!["caBundle"]!.ToString() == host.Webhooks()![0]!["clientConfig"]!["caBundle"]!.ToString(), "the other bundle restored");
    }

    [Fact]
    public async Task AConfiguration_ThatComesLater_IsToldWhomToTrust()
    {
        await using var api = await TinyApi.StartAsync();
        await using var host = await WebhookHost.StartAsync(api);
        WebhookHost.Configure(api);
        await host.Until(() => host.Bundle().Length > 0, "a bundle");
        (await host.HandshakeFaultAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task TenYears_InJumpsOf25Days_EveryHandshakeSucceeds()
    {
        await using var api = await TinyApi.StartAsync();
        WebhookHost.Configure(api);
        await using var host = await WebhookHost.StartAsync(api);
        var end = host.Clock.GetUtcNow().AddYears(10);
        var served = new HashSet<string>();
        while (host.Clock.GetUtcNow() < end)
        {
            // What is served is good until it is renewed, and after.
            (await host.HandshakeFaultAsync()).ShouldBeNull($"before the jump from {host.Clock.GetUtcNow():u}");
            // Up to 25 days late, but for what is due within the hour: a certificate that waits until its new authority is known.
            var due = Decide(api, host).NextCheck - host.Clock.GetUtcNow();
            host.Clock.Advance(due < TimeSpan.FromHours(2) ? due : TimeSpan.FromDays(25));
            (await host.HandshakeFaultAsync()).ShouldBeNull($"after the jump to {host.Clock.GetUtcNow():u}");
            await host.Until(() => Settled(api, host), $"all renewed that is due on {host.Clock.GetUtcNow():u}", () => $"{Decide(api, host)}, serving: {host.Serving.Check() ?? "ok"}");
            served.Add(host.Serving.Context!.TargetCertificate.Thumbprint);
        }

        served.Count.ShouldBeGreaterThan(40);
        Console.WriteLine($"measured: {served.Count} certificates served over ten simulated years by one process, {api.Writes.Count(w => !w.Path.Contains("/events", StringComparison.Ordinal))} writes");
    }

    [Fact]
    public async Task Settled_NothingIsWritten()
    {
        await using var api = await TinyApi.StartAsync();
        WebhookHost.Configure(api);
        await using var host = await WebhookHost.StartAsync(api);
        await host.Until(() => api.Writes.Any(w => w.Path.Contains("/events", StringComparison.Ordinal)), "the event of the making");
        var writes = api.Writes.Count;
        var reads = api.Host.Requests.Count;
        for (var day = 0; day < 30; day++)
        {
            host.Clock.Advance(TimeSpan.FromDays(1));
            await host.Until(() => api.Host.Requests.Count > reads, "the watches to begin anew");
            reads = api.Host.Requests.Count;
        }

        // An event whose answer the clock has outrun is written again.
        api.Writes.Skip(writes).Where(w => !w.Path.Contains("/events", StringComparison.Ordinal)).Select(w => $"{w.Method} {w.Path} {w.Body}").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("secrets", false, "may not watch secrets")]
    [InlineData("validatingwebhookconfigurations", true, null)]
    public async Task WithoutARight_ItSaysWhich_AndServesIfItCan(string resource, bool serves, string? says)
    {
        await using var api = await TinyApi.StartAsync();
        WebhookHost.Configure(api);
        api.Intercept = async (context, request) =>
        {
            if (!request.Path.Contains(resource, StringComparison.Ordinal)) return false;
            await context.StatusAsync(403, "Forbidden", $"{resource} is forbidden: User \"op\" cannot watch resource \"{resource}\" in API group \"\" in the namespace \"system\"");
            return true;
        };
        await using var host = await WebhookHost.StartAsync(api, wait: false);
        if (serves) await host.Until(() => host.Serving.Check() is null, "served nevertheless");
        else await host.Until(() => host.Serving.Check()!.Contains(says!, StringComparison.Ordinal), says!);
    }

    private static bool Whole(TinyApi api)
    {
        var facts = Read(api).Facts;
        return facts is { Fault: null, Leaf.IssuedBy: not null, Issuer: not null };
    }

    private static bool Settled(TinyApi api, WebhookHost host)
    {
        var files = Read(api);
        return Decide(api, host).Keep && host.Serving.Serves(files.Leaf!) && host.Bundle() == files.Bundle;
    }

    private static CertificateDecision Decide(TinyApi api, WebhookHost host) => CertificateDecision.Decide(
        host.Clock.GetUtcNow(), Read(api).Facts, WebhookCertificateSettings.DnsNames(WebhookHost.Name, WebhookHost.Namespace), new CertificateLifetimes());

    private static CertificateFiles Read(TinyApi api) =>
        CertificateFiles.Read(api.Get(Secret)?["data"]?.AsObject().ToDictionary(d => d.Key, d => Convert.FromBase64String(d.Value!.ToString())));
}
