using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>The chart by real helm, and the plain manifests by kubectl, against the Lab.</summary>
public class InstallTests
{
    private const string Chart = "charts/nemotron-operator";

    // The Lab's pods are simulated, that of helm test as well: this is how long it is said to run. What it would run is tested by ProbeTests.
    private const string TestEndsAtOnce = "--set-string tests.podAnnotations.lab\\.nemotron\\.dev/run-seconds=0";

    [Fact]
    public async Task Helm_lints_installs_upgrades_rolls_back_and_uninstalls_leaving_the_resources()
    {
        await using var cluster = await TestCluster.StartAsync("1xCPU", crds: false);
        (await cluster.Helm.RunAsync($"lint --strict {Chart}")).Succeeded();
        (await cluster.Helm.RunAsync($"install nemotron {Chart} --namespace nemotron-system --create-namespace --wait --timeout 60s {TestEndsAtOnce}")).Succeeded();
        (await cluster.Kubectl.RunAsync("wait --for=condition=Established crd --all --timeout=30s")).Succeeded();
        (await cluster.Helm.RunAsync("test nemotron --namespace nemotron-system --timeout 60s")).Succeeded().ShouldContain("Phase:          Succeeded");
        (await cluster.Kubectl.RunAsync("-n nemotron-system rollout status deploy/nemotron-nemotron-operator --timeout=60s")).Succeeded();
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Nanos(1)));

        // The documented way to newer CRDs: Helm leaves them alone.
        (await cluster.Kubectl.RunAsync($"apply --server-side --force-conflicts -f {Chart}/crds")).Succeeded();
        (await cluster.Helm.RunAsync($"upgrade nemotron {Chart} --namespace nemotron-system --set replicaCount=1 --wait --timeout 60s {TestEndsAtOnce}")).Succeeded().ShouldContain("apply --server-side --force-conflicts");
        (await Replicas(cluster)).ShouldBe("1");
        (await cluster.Helm.RunAsync("rollback nemotron 1 --namespace nemotron-system --wait --timeout 60s")).Succeeded();
        (await Replicas(cluster)).ShouldBe("2");
        (await cluster.Helm.RunAsync("uninstall nemotron --namespace nemotron-system --wait --timeout 60s")).Succeeded();

        (await cluster.Kubectl.RunAsync("get crd -o name")).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(4, "CRDs stay, and what they hold");
        (await cluster.Kubectl.RunAsync("-n models get nemo -o name")).Succeeded().Trim().ShouldBe("nemotrondeployment.serving.nemotron.dev/n-0");
        (await cluster.Kubectl.RunAsync("get clusterrole,clusterrolebinding -l app.kubernetes.io/instance=nemotron -o name")).Succeeded().ShouldBeEmpty();
    }

    [Fact]
    public async Task The_plain_manifests_apply()
    {
        await using var cluster = await TestCluster.StartAsync("1xCPU", crds: false);
        (await cluster.Kubectl.RunAsync("apply -k config/default")).Succeeded();
        (await cluster.Kubectl.RunAsync("-n nemotron-system rollout status deploy/nemotron-operator --timeout=60s")).Succeeded();
    }

    [Fact]
    public async Task An_operator_keeps_the_charts_webhooks_trusted_through_upgrades_and_takes_its_Secret_along()
    {
        const string release = "nemotron-nemotron-operator-webhook";
        await using var cluster = await TestCluster.StartAsync("1xCPU", crds: false);
        cluster.WebhookName = release;
        // By the default what a slow machine does not answer in time is let through.
        (await cluster.Helm.RunAsync($"install nemotron {Chart} --namespace nemotron-system --create-namespace --set webhook.failurePolicy=Fail,webhook.timeoutSeconds=30 --wait --timeout 60s")).Succeeded();
        (await cluster.Kubectl.RunAsync("wait --for=condition=Established crd --all --timeout=30s")).Succeeded();
        // The Lab's pods are simulated: this one is the chart's operator, with the arguments that the chart gives it.
        var port = Ports.Free();
        await cluster.ApplyAsync(Webhooks.Endpoint(port, release));
        var arguments = (await cluster.Kubectl.RunAsync("-n nemotron-system get deploy nemotron-nemotron-operator -o jsonpath={.spec.template.spec.containers[0].args[*]}")).Succeeded().Split(' ')
            .Where(argument => argument.StartsWith("--webhook-name", StringComparison.Ordinal) || argument.StartsWith("--leader-elect", StringComparison.Ordinal));
        using var process = OperatorProcess.Start(["--kubeconfig", cluster.Kubeconfig, .. arguments, "--leader-elect-namespace=nemotron-system",
            "--metrics-port=0", "--health-port=0", $"--webhook-port={port}", "--webhook-namespace=nemotron-system"]);
        await Until.TrueAsync(() => Webhooks.Bundle(cluster, release) is not null, "the bundle", details: () => process.Output);
        var bundle = Webhooks.Bundle(cluster, release);
        (await cluster.Kubectl.RunAsync("apply -f config/samples/bad/admission/unknown-model-ref.yaml")).ExitCode.ShouldBe(1, "models is no namespace yet");
        await cluster.ApplyAsync(Fleets.Namespace);
        await Until.TrueAsync(
            () => cluster.Kubectl.RunAsync("apply -f config/samples/bad/admission/unknown-model-ref.yaml").GetAwaiter().GetResult().Error.Contains("denied the request: spec.modelRef.name: ", StringComparison.Ordinal),
            "the webhook to judge", details: () => process.Output);

        // What helm changes, it merges.
        (await cluster.Helm.RunAsync($"upgrade nemotron {Chart} --namespace nemotron-system --set webhook.timeoutSeconds=7 --wait --timeout 60s")).Succeeded();
        Webhooks.Bundle(cluster, release).ShouldBe(bundle);
        Webhooks.Configuration(cluster, release).Webhooks.ShouldAllBe(webhook => webhook.TimeoutSeconds == 7);
        (await cluster.Kubectl.RunAsync(["patch", "validatingwebhookconfiguration", release, "--type=json", "-p", """[{"op":"remove","path":"/webhooks/0/clientConfig/caBundle"}]"""])).Succeeded();
        await Until.TrueAsync(() => Webhooks.Bundle(cluster, release) == bundle, "the bundle to be put back", details: () => process.Output);

        process.Terminate();
        (await process.ExitCodeAsync(TimeSpan.FromSeconds(40))).ShouldBe(0, process.Output);
        Webhooks.Secret(cluster, release).ShouldNotBeNull();
        (await cluster.Helm.RunAsync("uninstall nemotron --namespace nemotron-system --wait --timeout 60s")).Succeeded();
        await Until.TrueAsync(() => Webhooks.Secret(cluster, release) is null, "the Secret to go with what it was for");
    }

    [Fact]
    public async Task The_charts_webhooks_follow_its_values()
    {
        var helm = new Tool("helm", "/nowhere/kubeconfig");
        var off = (await helm.RunAsync($"template x {Chart} --set webhook.enabled=false")).Succeeded();
        off.ShouldNotContain("ValidatingWebhookConfiguration");
        off.ShouldContain("--webhook-port=0");
        off.ShouldNotContain("containerPort: 9443");

        var on = (await helm.RunAsync($"template x {Chart} --set webhook.failurePolicy=Fail,webhook.port=10443,watchNamespaces={{models,others}}")).Succeeded();
        on.ShouldContain("--webhook-port=10443");
        on.ShouldContain("--webhook-name=x-nemotron-operator-webhook");
        on.ShouldContain("containerPort: 10443");
        on.Split("failurePolicy: Fail").Length.ShouldBe(5, "four webhooks");
        // Confined to some namespaces it judges those alone.
        on.Split("        - key: kubernetes.io/metadata.name\n          operator: In\n          values:\n            - models\n            - others\n").Length.ShouldBe(2);
        (await helm.RunAsync($"template x {Chart}")).Succeeded().Split("failurePolicy: Ignore").Length.ShouldBe(5);
    }

    [Fact]
    public void The_chart_carries_the_same_CRDs()
    {
        var generated = Directory.GetFiles(Repository.PathOf("config", "crd"), "serving.*.yaml").ToDictionary(file => Path.GetFileName(file)!, File.ReadAllText);
        var shipped = Directory.GetFiles(Repository.PathOf("charts", "nemotron-operator", "crds"), "*.yaml").ToDictionary(file => Path.GetFileName(file)!, File.ReadAllText);
        shipped.ShouldBe(generated, "copy config/crd/serving.*.yaml to charts/nemotron-operator/crds");
    }

    private static async Task<string> Replicas(TestCluster cluster) =>
        (await cluster.Kubectl.RunAsync("-n nemotron-system get deploy nemotron-nemotron-operator -o jsonpath={.spec.replicas}")).Succeeded();
}
