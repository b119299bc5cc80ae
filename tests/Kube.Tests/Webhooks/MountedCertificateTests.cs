using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Prometheus;

namespace Nemotron.Kube.Tests.Webhooks;

/// <summary>A certificate that others keep, such as cert-manager.</summary>
public sealed class MountedCertificateTests : IDisposable
{
    private static readonly CertificateLifetimes Lifetimes = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nemotron-certificate-");
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task It_is_served_and_so_is_the_one_that_replaces_it()
    {
        var serving = new ServingCertificate(_time);
        using var mounted = Mounted(serving);
        await mounted.StartAsync(TestContext.Current.CancellationToken);
        await UntilAsync(() => serving.Check()?.Contains("tls.crt", StringComparison.Ordinal) == true, "the missing file to be named");

        var first = Write();
        await UntilAsync(() => serving.Serves(first), "the first to be served");
        serving.Check().ShouldBeNull();

        var second = Write();
        second.Thumbprint.ShouldNotBe(first.Thumbprint);
        await UntilAsync(() => serving.Serves(second), "the second to be served");

        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "tls.key"), "garbage", TestContext.Current.CancellationToken);
        _time.Advance(MountedCertificate.Interval);
        serving.Serves(second).ShouldBeTrue("what is served is better than nothing");
        await mounted.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task What_follows_the_certificate_is_served_with_it()
    {
        var now = _time.GetUtcNow();
        using var root = Authority("root", null);
        using var between = Authority("between", root);
        var (certificate, key) = CertificateIssuer.Leaf(between, ["webhook.test.svc"], now, Lifetimes);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "tls.key"), key, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "tls.crt"), certificate + "\n" + between.ExportCertificatePem() + "\n", TestContext.Current.CancellationToken);
        var serving = new ServingCertificate(_time);
        using var mounted = Mounted(serving);
        await mounted.StartAsync(TestContext.Current.CancellationToken);
        await UntilAsync(() => serving.Check() is null, "a certificate served");
        await mounted.StopAsync(TestContext.Current.CancellationToken);

        (await Handshake.FaultAsync(serving.Context!, root.ExportCertificatePem(), "webhook.test.svc", now)).ShouldBeNull();
        using var alone = X509Certificate2.CreateFromPem(certificate, key);
        (await Handshake.FaultAsync(alone, root.ExportCertificatePem(), "webhook.test.svc", now)).ShouldNotBeNull("the root alone leads nowhere");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private MountedCertificate Mounted(ServingCertificate serving) => new(
        new WebhookCertificateSettings { Directory = _folder.FullName }, serving, new WebhookMetrics(Metrics.NewCustomRegistry()), _time, NullLogger<MountedCertificate>.Instance);

    private X509Certificate2 Authority(string name, X509Certificate2? issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var (from, to) = (_time.GetUtcNow().AddDays(-1), _time.GetUtcNow().AddDays(300));
        if (issuer is null) return request.CreateSelfSigned(from, to);
        using var signed = request.Create(issuer, from, to, [1, 2, 3]);
        return signed.CopyWithPrivateKey(key);
    }

    private X509Certificate2 Write()
    {
        var (authority, authorityKey) = CertificateIssuer.Authority("test", _time.GetUtcNow(), Lifetimes);
        using var issuer = X509Certificate2.CreateFromPem(authority, authorityKey);
        var (certificate, key) = CertificateIssuer.Leaf(issuer, ["webhook.test.svc"], _time.GetUtcNow(), Lifetimes);
        File.WriteAllText(Path.Combine(_folder.FullName, "tls.key"), key);
        File.WriteAllText(Path.Combine(_folder.FullName, "tls.crt"), certificate);
        return X509Certificate2.CreateFromPem(certificate, key);
    }

    // The look is on another thread: time goes on until it has come.
    private async Task UntilAsync(Func<bool> condition, string what)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            limit.IsCancellationRequested.ShouldBeFalse(what);
            _time.Advance(MountedCertificate.Interval);
            await Task.Yield();
        }
    }
}
