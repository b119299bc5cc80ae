using System.Net;
using System.Text.Json.Nodes;

namespace Nemotron.Kube.Tests;

public sealed class AdmissionEndpointTests
{
    [Fact]
    public async Task Create_IsJudged_WithWarnings()
    {
        await using var api = await TinyApi.StartAsync();
        WebhookHost.Configure(api);
        await using var host = await WebhookHost.StartAsync(api, new WidgetVerdicts
        {
            OnCreate = (widget, dryRun, _) => Task.FromResult(ValidationResult.Success($"size {widget.Spec!.Size}, dry run {dryRun}", "two\nlines")),
        });
        var response = await host.VerdictAsync(Review("CREATE", Widgets.Json("a", 1, size: 3), dryRun: true));
        response["uid"]!.ToString().ShouldBe("question-1");
        response["allowed"]!.GetValue<bool>().ShouldBeTrue();
        response["status"].ShouldBeNull();
        response["warnings"]!.AsArray().Select(w => w!.ToString()).ShouldBe(["size 3, dry run True", "two lines"]);
    }

    [Fact]
    public async Task ARefusal_IsAStatus_AsTheAPIServerWritesThem()
    {
        await using var api = await TinyApi.StartAsync();
        WebhookHost.Configure(api);
        await using var host = await WebhookHost.StartAsync(api, new WidgetVerdicts { OnUpdate = (old, now) => ValidationResult.Fail($"spec.size: {now.Spec!.Size} is less than {old.Spec!.Size}.") });
        var response = await host.VerdictAsync(Review("UPDATE", Widgets.Json("a", 2, size: 1), Widgets.Json("a", 1, size: 2)));
        response["allowed"]!.GetValue<bool>().ShouldBeFalse();
        response["status"]!.ToJsonString().ShouldBe("""{"status":"Failure","message":"spec.size: 1 is less than 2.","reason":"Invalid","code":422}""");
        (await host.MetricsAsync()).ShouldContain("controller_runtime_webhook_requests_total{webhook=\"/validate/widget\",code=\"200\"} 1");
    }

    [Fact]
    public async Task Delete_IsJudgedByTheOldObject_AndOtherOperationsAreAllowed()
    {
        await using var api = await TinyApi.StartAsync();
        WebhookHost.Configure(api);
        await using var host = await WebhookHost.StartAsync(api, new WidgetVerdicts { OnDelete = widget => ValidationResult.Fail($"{widget.Metadata.Name} stays.", 403) });
        var refused = await host.VerdictAsync(Review("DELETE", null, Widgets.Json("a", 1)));
        refused["status"]!["reason"]!.ToString().ShouldBe("Forbidden");
        (await host.VerdictAsync(Review("CONNECT", null)))["allowed"]!.GetValue<bool>().ShouldBeTrue();
    }

    [Theory]
    [InlineData("not json", "the body is not JSON")]
    [InlineData("[]", "expected admission.k8s.io/v1 AdmissionReview")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{}}""", "expected admission.k8s.io/v1 AdmissionReview")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}""", "request is missing")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"kind":7}}""", "request.uid is missing")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1","kind":{"group":"","version":"v1","kind":"Pod"}}}""", "this webhook judges test.example.com/v1 Widget, not /v1 Pod")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1","kind":{"group":"test.example.com","version":"v1","kind":"Widget"},"operation":"CREATE"}}""", "request.object is missing")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1","kind":{"group":"test.example.com","version":"v1","kind":"Widget"},"operation":"CREATE","object":{"metadata":{},"spec":{"size":"many"}}}}""", "request.object is not readable")]
    public async Task AMalformedQuestion_Is400_SoThatTheFailurePolicyDecides(string body, string says)
    {
        await using var api = await TinyApi.StartAsync();
        WebhookHost.Configure(api);
        await using var host = await WebhookHost.StartAsync(api);
        using var answer = await host.AskAsync(body);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync()).ShouldStartWith(says);
    }

    [Fact]
    public async Task AnotherContentType_Is400_AndABodyBeyondTheLimit413()
    {
        await using var api = await TinyApi.StartAsync();
        WebhookHost.Configure(api);
        await using var host = await WebhookHost.StartAsync(api);
        using var yaml = await host.AskAsync("kind: AdmissionReview", contentType: "application/yaml");
        yaml.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var large = await host.AskAsync(new string(' ', (int)WebhookEndpoint.MostBytes + 1));
        large.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task AnException_Is500_AndTheNextQuestionIsAnswered()
    {
        await using var api = await TinyApi.StartAsync();
        WebhookHost.Configure(api);
        var calls = 0;
        await using var host = await WebhookHost.StartAsync(api, new WidgetVerdicts
        {
            OnCreate = (_, _, _) => calls++ == 0 ? throw new InvalidOperationException("a secret of the process") : Task.FromResult(ValidationResult.Success()),
        });
        using var failed = await host.AskAsync(Review("CREATE", Widgets.Json("a", 1)));
        failed.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await failed.Content.ReadAsStringAsync()).ShouldNotContain("secret");
        (await host.VerdictAsync(Review("CREATE", Widgets.Json("a", 1))))["allowed"]!.GetValue<bool>().ShouldBeTrue();
        (await host.MetricsAsync()).ShouldContain("controller_runtime_webhook_requests_total{webhook=\"/validate/widget\",code=\"500\"} 1");
    }

    [Fact]
    public async Task NoVerdictInTheTimeThatTheAPIServerGives_Is504()
    {
        await using var api = await TinyApi.StartAsync();
        WebhookHost.Configure(api);
        var asked = new TaskCompletionSource();
        await using var host = await WebhookHost.StartAsync(api, new WidgetVerdicts
        {
            OnCreate = async (_, _, cancel) =>
            {
                asked.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
                return ValidationResult.Success();
            },
        });
        var answer = host.AskAsync(Review("CREATE", Widgets.Json("a", 1)), "?timeout=3s");
        await asked.Task;
        (await host.MetricsAsync()).ShouldContain("controller_runtime_webhook_requests_in_flight{webhook=\"/validate/widget\"} 1");
        host.Clock.Advance(TimeSpan.FromSeconds(2.9));
        answer.IsCompleted.ShouldBeFalse();
        await host.Until(() => answer.IsCompleted, "an answer");
        (await answer).StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        (await host.MetricsAsync()).ShouldContain("controller_runtime_webhook_requests_in_flight{webhook=\"/validate/widget\"} 0");
    }

    [Theory]
    [InlineData("5s", 5)]
    [InlineData("30s", 30)]
    [InlineData("99s", 30)]
    [InlineData("0s", 10)]
    [InlineData("1m", 10)]
    [InlineData(null, 10)]
    public void Timeouts_AreReadAsTheAPIServerWritesThem(string? query, int seconds) => WebhookEndpoint.TimeoutOf(query).ShouldBe(TimeSpan.FromSeconds(seconds));

    [Fact]
    public void AWebhook_IsAddedForTheEntityOfItsAttribute()
    {
        new ValidationWebhookRegistration<WidgetWebhook, Widget>().Path.ShouldBe("/validate/widget");
        Should.Throw<ArgumentException>(() => new ValidationWebhookRegistration<Unmarked, Widget>()).Message.ShouldContain("[ValidationWebhook]");
    }

    private sealed class Unmarked : ValidationWebhook<Widget>;

    internal static string Review(string operation, string? obj, string? old = null, bool dryRun = false) => new JsonObject
    {
        ["apiVersion"] = "admission.k8s.io/v1",
        ["kind"] = "AdmissionReview",
        ["request"] = new JsonObject
        {
            ["uid"] = "question-1",
            ["kind"] = new JsonObject { ["group"] = "test.example.com", ["version"] = "v1", ["kind"] = "Widget" },
            ["operation"] = operation,
            ["name"] = "a",
            ["namespace"] = "default",
            ["dryRun"] = dryRun,
            ["object"] = obj is null ? null : JsonNode.Parse(obj),
            ["oldObject"] = old is null ? null : JsonNode.Parse(old),
        },
    }.ToJsonString();
}
