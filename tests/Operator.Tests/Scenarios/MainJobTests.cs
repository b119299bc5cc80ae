using Nemotron.Crds;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>The main job with real kubectl: apply, get, describe, scale, edit, wait, delete.</summary>
public class MainJobTests
{
    [Fact]
    public async Task Nano_Super_and_Ultra_come_up_are_shown_scaled_edited_and_deleted_without_a_trace()
    {
        await using var cluster = await TestCluster.StartAsync("3xH100:8");
        await cluster.StartWithWebhooksAsync();
        var before = await NamesOfEverythingAsync(cluster);

        (await cluster.Kubectl.RunAsync("apply -f config/samples/fleet.yaml")).Succeeded();
        (await cluster.Kubectl.RunAsync("-n models wait --for=condition=Ready nemo --all --timeout=60s")).Succeeded();

        var table = (await cluster.Kubectl.RunAsync("-n models get nemo")).Succeeded();
        Columns(table).ShouldBe(["NAME", "MODEL", "TP", "REASONING", "READY", "DESIRED", "KV%", "TOK/S", "STATUS", "AGE"]);
        Row(table, "nano").Take(6).ShouldBe(["nano", "Nano", "1", "Off", "1", "1"]);
        Row(table, "super").Take(6).ShouldBe(["super", "Super", "2", "On", "1", "1"]);
        Row(table, "ultra").Take(6).ShouldBe(["ultra", "Ultra", "8", "On", "1", "1"]);
        Columns((await cluster.Kubectl.RunAsync("-n models get nemo -o wide")).Succeeded()).TakeLast(4).ShouldBe(["ENGINE", "POOL", "PRECISION", "KV-TOKENS"]);
        (await cluster.Kubectl.RunAsync("get nemotron -A")).Succeeded().ShouldContain("gpunodepool.serving.nemotron.dev/h100");

        var pool = cluster.Pool("h100")!;
        await Until.TrueAsync(() => cluster.Pool("h100")!.Status?.Gpus is { Total: 24, Allocated: 11, Free: 13 }, "the pool to count 11 of 24 GPUs");
        pool.Status!.LargestFreeGroup.ShouldNotBeNull();

        (await cluster.Kubectl.RunAsync("-n models describe nemo ultra")).Succeeded().ShouldContain("Serving");

        (await cluster.Kubectl.RunAsync("-n models scale nemo nano --replicas=3")).Succeeded();
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Status is { ReadyReplicas: 3, DesiredReplicas: 3 }, "three replicas of nano");

        (await cluster.Kubectl.RunAsync(["-n", "models", "patch", "nemo", "nano", "--type=merge", "-p", """{"spec":{"maxContextTokens":4096}}"""])).Succeeded();
        await Until.TrueAsync(
            () => cluster.Client.ReadNamespacedDeployment("nano").Spec.Template.Spec.Containers[0].Args.Contains("4096"), "the new context to reach the pods' template");

        (await cluster.Kubectl.RunAsync("delete -f config/samples/fleet.yaml --ignore-not-found --wait=true")).Succeeded();
        await Until.TrueAsync(() => NamesOfEverythingAsync(cluster).GetAwaiter().GetResult().SetEquals(before), "nothing to be left behind",
            details: () => string.Join(", ", NamesOfEverythingAsync(cluster).GetAwaiter().GetResult().Except(before)));
        (await cluster.Kubectl.RunAsync("get nodes --show-labels")).Succeeded().ShouldNotContain("serving.nemotron.dev");
    }

    [Fact]
    public async Task Deleting_one_removes_its_children_and_leaves_the_others()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8");
        await cluster.StartOperatorAsync();
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, Fleets.Nanos(2)));
        await cluster.UntilReadyAsync(2);

        (await cluster.Kubectl.RunAsync("-n models delete nemo n-0 --wait=true")).Succeeded();

        await Until.TrueAsync(() => Children(cluster, "n-0").Length == 0, "the children of n-0 to go", details: () => Children(cluster, "n-0"));
        Children(cluster, "n-1").ShouldNotBeEmpty();
        cluster.Deployment("n-1")!.Is(ConditionTypes.Ready).ShouldBeTrue();
    }

    private static string Children(TestCluster cluster, string name) =>
        cluster.Kubectl.RunAsync($"-n models get deploy,rs,pods,svc,cm,sa,pdb -l serving.nemotron.dev/deployment={name} -o name").GetAwaiter().GetResult().Succeeded().Trim();

    private static async Task<HashSet<string>> NamesOfEverythingAsync(TestCluster cluster) =>
        [.. (await cluster.Kubectl.RunAsync("get deploy,rs,pods,svc,cm,sa,pdb,nemo,gnp,ns -A --no-headers -o custom-columns=K:.kind,N:.metadata.namespace,M:.metadata.name"))
            .Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];

    private static string[] Columns(string table) => table.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string[] Row(string table, string name) =>
        table.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Single(row => row.FirstOrDefault() == name);
}

internal static class ClientShortcuts
{
    public static k8s.Models.V1Deployment ReadNamespacedDeployment(this k8s.Kubernetes client, string name) =>
        k8s.AppsV1OperationsExtensions.ReadNamespacedDeployment(client.AppsV1, name, "models");
}
