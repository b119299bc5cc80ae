using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using Nemotron.Gateway.Access;
using Nemotron.Gateway.Hosting;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Serving;

/// <summary>Keys and certificates from mounted files, which change while the gateway runs.</summary>
public class AccessTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_is_asked_for_and_may_change()
    {
        await using var engine = await StubEngine.StartAsync();
        var keys = "";
        await using var gateway = await RunningGateway.StartAsync(
            Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address) with { Access = new GatewayAccess { ApiKeysFile = "$FOLDER/keys" } },
            files: folder => File.WriteAllText(keys = Path.Combine(folder, "keys"), "# the first\nalpha\n"));
        using (var answer = await gateway.ChatAsync("")) await RefusalTests.ShouldTellAsync(answer, 401, "invalid_api_key");
        using (var answer = await gateway.ChatAsync("", ("Authorization", "Bearer beta"))) answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using (var answer = await gateway.Client.GetAsync("/v1/models", Cancelled)) answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        engine.Seen.ShouldBeEmpty();
        using (var answer = await gateway.ChatAsync("", ("Authorization", "Bearer alpha"))) answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        // The key is the gateway's: the engine does not see it.
        engine.Last.Headers.Keys.ShouldNotContain("Authorization");
        await File.WriteAllTextAsync(keys, "beta\n", Cancelled);
        await Until.TrueAsync(async () => (await gateway.ChatAsync("", ("Authorization", "Bearer beta"))).IsSuccessStatusCode, "the new key opens");
        using (var answer = await gateway.ChatAsync("", ("Authorization", "Bearer alpha"))) answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Without_keys_the_authorization_is_the_engines()
    {
        await using var engine = await StubEngine.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address));
        using (await gateway.ChatAsync("", ("Authorization", "Bearer x"))) engine.Last.Headers["Authorization"].ShouldBe("Bearer x");
        using (await gateway.PostAsync("/tokenize", "{}", ("Authorization", "Bearer x"))) engine.Last.Headers["Authorization"].ShouldBe("Bearer x");
    }

    [Fact]
    public async Task The_certificate_may_change_while_streams_run()
    {
        await using var engine = await StubEngine.StartAsync();
        engine.Gate = new SemaphoreSlim(0);
        var folder = "";
        await using var gateway = await RunningGateway.StartAsync(
            Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address) with { Access = new GatewayAccess { TlsCertificateFile = "$FOLDER/tls.crt", TlsKeyFile = "$FOLDER/tls.key" } },
            files: path => Write(folder = path, "first"));
        gateway.Client.BaseAddress!.Scheme.ShouldBe("https");
        var presented = "";
        using var client = Trusting(gateway, name => presented = name);
        using var content = new StringContent("{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = content };
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancelled);
        presented.ShouldBe("CN=first");

        Write(folder, "second");
        await Until.TrueAsync(async () =>
        {
            using var other = Trusting(gateway, name => presented = name);
            (await other.GetAsync("/v1/models", Cancelled)).IsSuccessStatusCode.ShouldBeTrue();
            return presented == "CN=second";
        }, "the new certificate is presented");
        engine.Gate.Release(3);
        (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldEndWith("[DONE]\n\n");
    }

    [Fact]
    public async Task Settings_that_cannot_be_used_leave_those_in_force()
    {
        await using var engine = await StubEngine.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, ReasoningMode.On, engine.Address));
        await File.WriteAllTextAsync(gateway.ConfigFile, "upstream: nowhere\nreasonning: {}\n", Cancelled);
        await Until.TrueAsync(async () => await gateway.MetricAsync("nemotron_gateway_config_reloads_total{outcome=\"refused\"}") >= 1, "the settings are refused");
        using var answer = await gateway.ChatAsync("");
        answer.Headers.GetValues("X-Nemotron-Reasoning").ShouldBe(["on"]);
    }

    [Fact]
    public async Task Settings_whose_key_file_comes_later_are_in_force_then()
    {
        await using var engine = await StubEngine.StartAsync();
        var settings = Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address);
        // Of a clock that stands still the gateway's own looks do not come between.
        var folder = "";
        await using var gateway = await RunningGateway.StartAsync(settings, new FakeTimeProvider(), files: path => folder = path);
        var state = gateway.Service<GatewayState>();
        await gateway.WriteSettingsAsync(settings with { Access = new GatewayAccess { ApiKeysFile = "$FOLDER/keys" } });
        state.Refresh();
        state.Refresh();
        state.Current.ApiKeys.ShouldBeNull();
        (await gateway.MetricAsync("nemotron_gateway_config_reloads_total{outcome=\"refused\"}")).ShouldBe(1, "said once, however often it is tried");
        await File.WriteAllTextAsync(Path.Combine(folder, "keys"), "alpha\n", Cancelled);
        state.Refresh();
        state.Current.ApiKeys.ShouldNotBeNull().Opens("Bearer alpha").ShouldBeTrue();
        (await gateway.MetricAsync("nemotron_gateway_config_reloads_total{outcome=\"taken\"}")).ShouldBe(1);
    }

    [Fact]
    public async Task A_key_is_taken_away_whatever_is_wrong_with_the_other_files()
    {
        await using var engine = await StubEngine.StartAsync();
        var folder = "";
        await using var gateway = await RunningGateway.StartAsync(
            Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address) with { Access = new GatewayAccess { ApiKeysFile = "$FOLDER/keys", AdminKeysFile = "$FOLDER/admin" } },
            new FakeTimeProvider(),
            files: path =>
            {
                folder = path;
                File.WriteAllText(Path.Combine(path, "keys"), "alpha\nbeta\n");
                File.WriteAllText(Path.Combine(path, "admin"), "root\n");
            });
        var state = gateway.Service<GatewayState>();
        await File.WriteAllTextAsync(Path.Combine(folder, "keys"), "beta\n", Cancelled);
        await File.WriteAllTextAsync(Path.Combine(folder, "admin"), "", Cancelled);
        await File.WriteAllTextAsync(gateway.ConfigFile, "upstream: nowhere\nreasonning: {}\n", Cancelled);
        state.Refresh();
        state.Current.ApiKeys!.Opens("Bearer alpha").ShouldBeFalse();
        state.Current.ApiKeys!.Opens("Bearer beta").ShouldBeTrue();
        state.Current.AdminKeys!.Opens("Bearer root").ShouldBeTrue("an empty file is rather a mistake than a door for nobody");
    }

    [Fact]
    public async Task A_certificate_whose_key_could_not_be_read_is_taken_when_it_can_be()
    {
        await using var engine = await StubEngine.StartAsync();
        var folder = "";
        await using var gateway = await RunningGateway.StartAsync(
            Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address) with { Access = new GatewayAccess { TlsCertificateFile = "$FOLDER/tls.crt", TlsKeyFile = "$FOLDER/tls.key" } },
            new FakeTimeProvider(),
            files: path => Write(folder = path, "first"));
        var certificate = gateway.Service<ServerCertificate>();
        string key = Path.Combine(folder, "tls.key"), elsewhere = Path.Combine(folder, "elsewhere");
        File.Move(key, elsewhere);
        Write(folder, "second", await File.ReadAllTextAsync(elsewhere, Cancelled));
        File.Delete(key);
        certificate.Refresh();
        certificate.Current.TargetCertificate.Subject.ShouldBe("CN=first");
        File.Move(elsewhere, key);
        certificate.Refresh();
        certificate.Current.TargetCertificate.Subject.ShouldBe("CN=second");
    }

    private static HttpClient Trusting(RunningGateway gateway, Action<string> seen)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
        {
            seen(certificate!.Subject);
            return certificate.Subject is "CN=first" or "CN=second";
        };
        return new HttpClient(handler) { BaseAddress = gateway.Client.BaseAddress };
    }

    private static void Write(string folder, string name, string? existingKey = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (existingKey is not null) key.ImportFromPem(existingKey);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(Path.Combine(folder, "tls.key"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(Path.Combine(folder, "tls.crt"), certificate.ExportCertificatePem());
    }
}
