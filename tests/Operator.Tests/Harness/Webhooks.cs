using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Nemotron.Operator.Tests.Harness;

/// <summary>The webhooks' objects as config/webhook has them.</summary>
internal static class Webhooks
{
    public const string Name = "nemotron-operator-webhook";
    public const string Namespace = "nemotron-system";

    /// <summary>Puts a program on this machine behind a Service: the Lab's pods are simulated, and nothing listens in them.</summary>
    public static string Endpoint(int port, string service = Name) => $"""
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: {service}-local
          namespace: {Namespace}
          labels:
            kubernetes.io/service-name: {service}
        addressType: IPv4
        ports:
          - name: webhook
            port: {port}
            protocol: TCP
        endpoints:
          - addresses: [127.0.0.1]
            conditions:
              ready: true
        """;

    public static V1ValidatingWebhookConfiguration Configuration(TestCluster cluster, string name = Name) =>
        cluster.Client.AdmissionregistrationV1.ReadValidatingWebhookConfiguration(name);

    /// <summary>Has the API server wait for the webhooks' word as long as it may: by their own limit what a slow machine does not answer in time is let through.</summary>
    public static async Task WaitForThemAsync(TestCluster cluster, string name = Name)
    {
        var configuration = Configuration(cluster, name);
        foreach (var webhook in configuration.Webhooks) webhook.TimeoutSeconds = 30;
        await cluster.Client.AdmissionregistrationV1.ReplaceValidatingWebhookConfigurationAsync(configuration, name, cancellationToken: TestContext.Current.CancellationToken);
    }

    /// <summary>Whom the API server trusts, if it is the same for all webhooks; else null.</summary>
    public static string? Bundle(TestCluster cluster, string name = Name)
    {
        var bundles = Configuration(cluster, name).Webhooks.Select(webhook => webhook.ClientConfig.CaBundle is { } bundle ? Convert.ToBase64String(bundle) : null).Distinct().ToList();
        return bundles.Count == 1 ? bundles[0] : null;
    }

    public static V1Secret? Secret(TestCluster cluster, string name = Name)
    {
        try
        {
            return cluster.Client.CoreV1.ReadNamespacedSecret(name, Namespace);
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            return null;
        }
    }
}
