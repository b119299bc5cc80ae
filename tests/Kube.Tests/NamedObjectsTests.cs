using k8s;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Prometheus;

namespace Nemotron.Kube.Tests;

public sealed class NamedObjectsTests
{
    [Fact]
    public async Task AScaleSubresource_ThatTheKindGetsLater_IsFound()
    {
        var scaled = false;
        await using var host = await ApiHost.StartAsync((c, r) => r.Path switch
        {
            "/apis/test.example.com/v1" => c.JsonAsync(
                """{"resources":[{"name":"widgets","kind":"Widget","namespaced":true}""" + (scaled ? """,{"name":"widgets/scale","kind":"Scale","namespaced":true}""" : "") + "]}"),
            "/apis/test.example.com/v1/namespaces/default/widgets/a/scale" => c.JsonAsync("""{"metadata":{"resourceVersion":"5"},"spec":{"replicas":3},"status":{"replicas":2}}"""),
            _ => c.StatusAsync(404, "NotFound", "not here"),
        });
        var settings = new OperatorSettings { Name = "test", ClientConfiguration = new KubernetesClientConfiguration { Host = host.Url } };
        var clock = new FakeTimeProvider();
        var client = KubeClientFactory.Create(settings, new RuntimeMetrics(Metrics.NewCustomRegistry()), clock, new Jitter(1), NullLogger.Instance);
        var objects = new NamedObjects(new KubeApi(client, clock), settings);
        var widget = new ObjectReference("test.example.com/v1", "Widget", "default", "a");
        (await Should.ThrowAsync<NamedObjectException>(objects.ReadScaleAsync(widget, TestContext.Current.CancellationToken))).Message.ShouldContain("has no scale subresource");
        scaled = true;
        (await objects.ReadScaleAsync(widget, TestContext.Current.CancellationToken)).ShouldBe(new ScaleReading(3, 2, "5"));
        await objects.ReadScaleAsync(widget, TestContext.Current.CancellationToken);
        host.Requests.Count(r => r.Path == "/apis/test.example.com/v1").ShouldBe(2, "what was found is remembered");
    }
}
