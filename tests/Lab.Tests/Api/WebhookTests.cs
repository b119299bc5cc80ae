using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Nemotron.Lab.Tests.Api;

public class WebhookTests
{
    private const string Validating = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
    private const string Mutating = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";

    [Fact]
    public async Task A_webhook_is_asked_over_https_and_its_refusal_is_the_servers()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        await using var hook = await Hook.StartAsync(request => request["object"]!["spec"]!["color"]?.GetValue<string>() == "red"
            ? new JsonObject { ["allowed"] = false, ["status"] = new JsonObject { ["message"] = "no red ones" } }
            : new JsonObject { ["allowed"] = true, ["warnings"] = new JsonArray("mind the gap") });
        (await lab.SendAsync("POST", Validating, hook.Configuration("ValidatingWebhookConfiguration"))).Code.ShouldBe(201);

        var refused = await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a", """{"color":"red"}"""));
        refused.Code.ShouldBe(403);
        ((string?)refused.Body["message"]).ShouldBe("admission webhook \"check.lab.example.com\" denied the request: no red ones");
        var allowed = await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a", """{"color":"blue"}"""));
        allowed.Code.ShouldBe(201);
        allowed.Headers.GetValues("Warning").ShouldBe(["299 - \"mind the gap\""]);
        hook.Asked.Select(r => $"{r["operation"]} {r["dryRun"]}").ShouldBe(["CREATE false", "CREATE false"]);
    }

    [Fact]
    public async Task A_mutating_webhook_changes_the_object_before_it_is_checked()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        string patch = Convert.ToBase64String(Encoding.UTF8.GetBytes("""[{"op":"add","path":"/spec/color","value":"green"}]"""));
        await using var hook = await Hook.StartAsync(_ => new JsonObject { ["allowed"] = true, ["patchType"] = "JSONPatch", ["patch"] = patch });
        await lab.SendAsync("POST", Mutating, hook.Configuration("MutatingWebhookConfiguration"));
        var created = await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"));
        ((string?)created.Body["spec"]!["color"]).ShouldBe("green");
    }

    [Theory]
    [InlineData("Fail", 500)]
    [InlineData("Ignore", 201)]
    public async Task A_webhook_that_cannot_be_reached_fails_as_its_policy_says(string policy, int code)
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        await using var hook = await Hook.StartAsync(_ => new JsonObject { ["allowed"] = true });
        string configuration = hook.Configuration("ValidatingWebhookConfiguration", policy);
        await hook.DisposeAsync();
        await lab.SendAsync("POST", Validating, configuration);
        (await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"))).Code.ShouldBe(code);
    }

    [Fact]
    public async Task A_webhook_behind_a_Service_is_asked_by_the_Services_name_where_an_EndpointSlice_says()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        await using var hook = await Hook.StartAsync(_ => new JsonObject { ["allowed"] = false, ["status"] = new JsonObject { ["message"] = "no" } });
        string behindService = $$$"""{"service":{"name":"hook","namespace":"default","path":"/review"},"caBundle":"{{{hook.CaBundle}}}"}""";
        await lab.SendAsync("POST", Validating, hook.Configuration("ValidatingWebhookConfiguration", client: behindService));

        var nowhere = await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"));
        nowhere.Code.ShouldBe(500);
        ((string?)nowhere.Body["message"]).ShouldBe("Internal error occurred: failed calling webhook \"check.lab.example.com\": failed to call webhook: "
            + "Post \"https://hook.default.svc:443/review?timeout=10s\": service \"hook\" not found");

        (await lab.SendAsync("POST", "/api/v1/namespaces/default/services", """{"metadata":{"name":"hook"},"spec":{"ports":[{"name":"web","port":443,"targetPort":9443}]}}""")).Code.ShouldBe(201);
        (await lab.SendAsync("POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", $$$"""
            {"metadata":{"name":"hook-1","labels":{"kubernetes.io/service-name":"hook"}},"addressType":"IPv4",
             "ports":[{"name":"web","port":{{{hook.Port}}},"protocol":"TCP"}],"endpoints":[{"addresses":["127.0.0.1"]}]}
            """)).Code.ShouldBe(201);
        var asked = await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"));
        ((string?)asked.Body["message"]).ShouldBe("admission webhook \"check.lab.example.com\" denied the request: no");
        hook.Urls.ShouldBe(["hook.default.svc/review?timeout=10s"]);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_not_trusted()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        await using var hook = await Hook.StartAsync(_ => new JsonObject { ["allowed"] = true });
        await using var other = await Hook.StartAsync(_ => new JsonObject { ["allowed"] = true });
        await lab.SendAsync("POST", Validating, hook.Configuration("ValidatingWebhookConfiguration").Replace(hook.CaBundle, other.CaBundle, StringComparison.Ordinal));
        (await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"))).Code.ShouldBe(500);
        hook.Asked.ShouldBeEmpty();
    }

    /// <summary>An HTTPS server with a certificate of its own that answers reviews.</summary>
    private sealed class Hook : IAsyncDisposable
    {
        private readonly WebApplication app;
        private readonly X509Certificate2 certificate;

        private Hook(WebApplication app, X509Certificate2 certificate)
        {
            this.app = app;
            this.certificate = certificate;
        }

        public List<JsonObject> Asked { get; } = [];

        public List<string> Urls { get; } = [];

        public string CaBundle => Convert.ToBase64String(Encoding.UTF8.GetBytes(certificate.ExportCertificatePem()));

        public static async Task<Hook> StartAsync(Func<JsonObject, JsonObject> answer)
        {
            var certificate = Certificate();
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
            var app = builder.Build();
            var hook = new Hook(app, certificate);
            app.Run(async (HttpContext http) =>
            {
                var review = (await JsonNode.ParseAsync(http.Request.Body))!.AsObject();
                var request = review["request"]!.AsObject();
                lock (hook.Asked)
                {
                    hook.Asked.Add(request);
                    hook.Urls.Add($"{http.Request.Host.Host}{http.Request.Path}{http.Request.QueryString}");
                }

                var response = answer(request);
                response["uid"] = request["uid"]!.DeepClone();
                await http.Response.WriteAsync(new JsonObject { ["apiVersion"] = "admission.k8s.io/v1", ["kind"] = "AdmissionReview", ["response"] = response }.ToJsonString());
            });
            await app.StartAsync(TestContext.Current.CancellationToken);
            return hook;
        }

        public int Port => new Uri(Address).Port;

        private string Address => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First().Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

        public string Configuration(string kind, string policy = "Fail", string? client = null)
        {
            client ??= $$"""{"url":"{{Address}}/review","caBundle":"{{CaBundle}}"}""";
            return $$"""
                {"apiVersion":"admissionregistration.k8s.io/v1","kind":"{{kind}}","metadata":{"name":"check"},"webhooks":[{"name":"check.lab.example.com",
                 "clientConfig":{{client}},"failurePolicy":"{{policy}}","sideEffects":"None","admissionReviewVersions":["v1"],
                 "rules":[{"operations":["CREATE","UPDATE"],"apiGroups":["lab.example.com"],"apiVersions":["v1"],"resources":["widgets"]}]}]}
                """;
        }

        public async ValueTask DisposeAsync()
        {
            await app.DisposeAsync();
        }

        private static X509Certificate2 Certificate()
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN=hook-{Guid.NewGuid():N}", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            names.AddDnsName("hook.default.svc");
            request.CertificateExtensions.Add(names.Build());
            var now = TimeProvider.System.GetUtcNow();
            using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
            return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        }
    }
}
