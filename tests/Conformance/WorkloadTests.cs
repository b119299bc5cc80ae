using Nemotron.Lab.Nodes;

namespace Nemotron.Conformance;

/// <summary>What people do with kubectl to workloads that controllers move.</summary>
public class WorkloadTests
{
    private static readonly LabClusterOptions Fast = new() { Nodes = "3xH100:8", ClockSpeed = 60, LoadSpeed = 60, With = LabAddOns.LeaderWorkerSets };

    [Fact]
    public async Task A_StatefulSet_rolls_out_scales_and_keeps_its_claims()
    {
        await using var kubectl = await Kubectl.StartAsync(Fast);
        const string set = """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: store}
            spec:
              replicas: 2
              serviceName: store
              selector: {matchLabels: {app: store}}
              template:
                metadata: {labels: {app: store}}
                spec: {containers: [{name: c, image: store:1, volumeMounts: [{name: data, mountPath: /data}]}]}
              volumeClaimTemplates:
              - metadata: {name: data}
                spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}
            """;
        await kubectl.RunAsync("apply -f -", set);
        (await kubectl.RunAsync("rollout status sts/store --timeout=60s")).ShouldContain("2");
        (await kubectl.RunAsync("get pods -o name")).ShouldBe("pod/store-0\npod/store-1\n");
        (await kubectl.RunAsync("get pvc -o 'jsonpath={range .items[*]}{.metadata.name} {.status.phase};{end}'")).ShouldBe("data-store-0 Bound;data-store-1 Bound;");
        (await kubectl.RunAsync("get sts store")).ShouldContain("2/2");

        await kubectl.RunAsync("set image sts/store c=store:2");
        (await kubectl.RunAsync("rollout status sts/store --timeout=60s")).ShouldContain("complete");
        (await kubectl.RunAsync("get pods -o 'jsonpath={.items[*].spec.containers[0].image}'")).ShouldBe("store:2 store:2");
        (await kubectl.RunAsync("rollout history sts/store")).ShouldContain("2");
        await kubectl.RunAsync("rollout undo sts/store");
        await kubectl.RunAsync("rollout status sts/store --timeout=60s");
        (await kubectl.RunAsync("get pods -o 'jsonpath={.items[*].spec.containers[0].image}'")).ShouldBe("store:1 store:1");

        await kubectl.RunAsync("scale sts/store --replicas=1");
        await kubectl.RunAsync("wait --for=delete pod/store-1 --timeout=60s");
        (await kubectl.RunAsync("get pvc -o name")).ShouldContain("data-store-1");
    }

    [Fact]
    public async Task A_LeaderWorkerSet_comes_up_scales_and_goes()
    {
        await using var kubectl = await Kubectl.StartAsync(Fast);
        const string set = """
            apiVersion: leaderworkerset.x-k8s.io/v1
            kind: LeaderWorkerSet
            metadata: {name: ultra}
            spec:
              replicas: 1
              leaderWorkerTemplate:
                size: 2
                workerTemplate:
                  spec: {containers: [{name: engine, image: engine:1, resources: {limits: {nvidia.com/gpu: "8"}}}]}
            """;
        await kubectl.RunAsync("apply --server-side -f -", set);
        await kubectl.RunAsync("wait --for=condition=Available lws/ultra --timeout=60s");
        (await kubectl.RunAsync("get lws")).ShouldContain("ultra");
        (await kubectl.RunAsync("get pods -o name")).ShouldBe("pod/ultra-0\npod/ultra-0-1\n");
        (await kubectl.RunAsync("explain lws.spec.leaderWorkerTemplate.restartPolicy")).ShouldContain("RecreateGroupOnPodRestart");

        // A second group needs two nodes more than there are: its worker waits.
        await kubectl.RunAsync("scale lws/ultra --replicas=2");
        await kubectl.RunAsync("wait --for=create pod/ultra-1 --timeout=60s");
        await kubectl.RunAsync("scale lws/ultra --replicas=1");
        await kubectl.RunAsync("wait --for=delete pod/ultra-1 --timeout=60s");
        await kubectl.RunAsync("delete lws ultra --cascade=foreground");
        (await kubectl.RunAsync("get pods -o name")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_the_add_on_there_is_no_such_kind()
    {
        await using var kubectl = await Kubectl.StartAsync(Fast with { With = LabAddOns.None });
        var (code, _, error) = await kubectl.TryAsync("get lws");
        code.ShouldNotBe(0);
        error.ShouldContain("the server doesn't have a resource type \"lws\"");
    }
}
