using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>The chart by real helm, and the plain manifests by kubectl, against the Lab.</summary>
public class InstallTests
{
    private const string Chart = "charts/nemotron-operator";

    [Fact]
    public async Task Helm_lints_installs_upgrades_rolls_back_and_uninstalls_leaving_the_resources()
    {
        await using var cluster = await TestCluster.StartAsync("1xCPU", crds: false);
        (await cluster.Helm.RunAsync($"lint --strict {Chart}")).Succeeded();
        (await cluster.Helm.RunAsync($"install nemotron {Chart} --namespace nemotron-system --create-namespace --wait --timeout 60s")).Succeeded();
        (await cluster.Kubectl.RunAsync("wait --for=condition=Established crd --all --timeout=30s")).Succeeded();
        (await cluster.Kubectl.RunAsync("-n nemotron-system rollout status deploy/nemotron-nemotron-operator --timeout=60s")).Succeeded();
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Nanos(1)));

        (await cluster.Helm.RunAsync($"upgrade nemotron {Chart} --namespace nemotron-system --set replicaCount=1 --wait --timeout 60s")).Succeeded();
        (await Replicas(cluster)).ShouldBe("1");
        (await cluster.Helm.RunAsync("rollback nemotron 1 --namespace nemotron-system --wait --timeout 60s")).Succeeded();
        (await Replicas(cluster)).ShouldBe("2");
        (await cluster.Helm.RunAsync("uninstall nemotron --namespace nemotron-system --wait --timeout 60s")).Succeeded();

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
    public void The_chart_carries_the_same_CRDs()
    {
        var generated = Directory.GetFiles(Repository.PathOf("config", "crd"), "serving.*.yaml").ToDictionary(file => Path.GetFileName(file)!, File.ReadAllText);
        var shipped = Directory.GetFiles(Repository.PathOf("charts", "nemotron-operator", "crds"), "*.yaml").ToDictionary(file => Path.GetFileName(file)!, File.ReadAllText);
        shipped.ShouldBe(generated, "copy config/crd/serving.*.yaml to charts/nemotron-operator/crds");
    }

    private static async Task<string> Replicas(TestCluster cluster) =>
        (await cluster.Kubectl.RunAsync("-n nemotron-system get deploy nemotron-nemotron-operator -o jsonpath={.spec.replicas}")).Succeeded();
}
