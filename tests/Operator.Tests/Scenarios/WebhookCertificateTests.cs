using System.Text;
using System.Text.Json.Nodes;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>The webhooks' certificate against the Lab's API server: real server-side apply, the operator as a process of its own. (The years are in the tests of Kube.)</summary>
public class WebhookCertificateTests
{
    [Fact]
    public async Task The_first_makes_it_the_second_shares_it_and_a_bundle_that_kubectl_replaces_is_put_back()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8");
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool));
        await cluster.StartWithWebhooksAsync();
        var secret = Webhooks.Secret(cluster)!;
        secret.Type.ShouldBe("kubernetes.io/tls");
        secret.Data.Keys.Order(StringComparer.Ordinal).ShouldBe(["ca.crt", "ca.key", "tls.crt", "tls.key"]);
        var bundle = Webhooks.Bundle(cluster)!;
        Encoding.ASCII.GetString(Convert.FromBase64String(bundle)).ShouldBe(Encoding.ASCII.GetString(secret.Data["ca.crt"]));

        // The operator owns that one field of each webhook and nothing else; the rest is kubectl's.
        var owned = JsonNode.Parse((await cluster.Kubectl.RunAsync($"get validatingwebhookconfiguration {Webhooks.Name} -o json --show-managed-fields")).Succeeded())!["metadata"]!["managedFields"]!.AsArray()
            .Single(entry => entry!["manager"]!.ToString() == "nemotron-operator")!["fieldsV1"]!["f:webhooks"]!.AsObject();
        owned.Count.ShouldBe(4);
        owned.ShouldAllBe(item => item.Value!["f:clientConfig"]!.ToJsonString() == """{"f:caBundle":{}}""");

        var port = Ports.Free();
        using var second = OperatorProcess.Start(
            "--kubeconfig", cluster.Kubeconfig, "--leader-elect=true", "--leader-elect-namespace=default", "--metrics-port=0", "--health-port=0", $"--webhook-port={port}", $"--webhook-namespace={Webhooks.Namespace}");
        await Until.TrueAsync(() => second.Output.Contains("Serving a webhook certificate", StringComparison.Ordinal), "the second to serve", details: () => second.Output);
        Webhooks.Secret(cluster)!.Metadata.ResourceVersion.ShouldBe(secret.Metadata.ResourceVersion, "nothing was made anew");

        (await cluster.Kubectl.RunAsync("replace -f config/webhook/validating_webhook.yaml")).Succeeded();
        await Until.TrueAsync(() => Webhooks.Bundle(cluster) == bundle, "the bundle to be put back");
        // Applied again it is left alone from the start.
        (await cluster.Kubectl.RunAsync("apply -k config/webhook")).Succeeded();
        Webhooks.Bundle(cluster).ShouldBe(bundle);
    }

    [Fact]
    public async Task A_replica_that_waits_to_lead_answers_too_and_knows_the_models()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8");
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool));
        (await cluster.Kubectl.RunAsync("apply -f config/samples/nemotronmodel.yaml")).Succeeded();
        var leader = await cluster.StartOperatorAsync(leaderElect: true);
        var port = Ports.Free();
        await cluster.InstallWebhooksAsync(port);
        await cluster.StartOperatorAsync(leaderElect: true, webhookPort: port);
        await Until.TrueAsync(() => Webhooks.Bundle(cluster) is not null, "the webhooks' authority to be trusted");

        var mine = await cluster.Kubectl.RunAsync("apply -f -", Manifest("mine", "{modelRef: {name: my-hybrid-9b}, checkpoint: {trustRemoteCode: true}}"));
        mine.Succeeded();
        mine.Error.ShouldNotContain("spec.modelRef.name");
        (await cluster.Kubectl.RunAsync("apply -f -", Manifest("bad", "{modelRef: {name: my-hybrid-9c}}"))).Error.ShouldContain("denied the request: spec.modelRef.name: ");
        leader.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_deleted_Secret_and_a_broken_one_are_made_anew_and_refusals_go_on()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8");
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool));
        await cluster.StartWithWebhooksAsync();
        foreach (var damage in new[] { $"delete secret {Webhooks.Name}", $"patch secret {Webhooks.Name} --type=merge -p {{\"data\":{{\"ca.crt\":\"Z2FyYmFnZQ==\"}}}}" })
        {
            var before = Webhooks.Secret(cluster)!.Data["tls.crt"];
            (await cluster.Kubectl.RunAsync($"-n {Webhooks.Namespace} {damage}")).Succeeded();
            await Until.TrueAsync(() => Webhooks.Secret(cluster) is { } secret && !secret.Data["tls.crt"].SequenceEqual(before)
                && Webhooks.Bundle(cluster) == Convert.ToBase64String(secret.Data["ca.crt"]), "a new certificate whose authority is trusted");
            await Until.TrueAsync(
                () => cluster.Kubectl.RunAsync("apply --dry-run=server -f -", Manifest("bad", "{modelRef: {name: supr}}")).GetAwaiter().GetResult().Error.Contains("denied the request", StringComparison.Ordinal),
                "refusals to go on");
        }

        (await cluster.Kubectl.RunAsync($"-n {Webhooks.Namespace} get events")).Succeeded().ShouldContain("CertificateUnusable");
    }

    private static string Manifest(string name, string spec) => $"""
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata:
          name: {name}
          namespace: models
        spec: {spec}
        """;
}
