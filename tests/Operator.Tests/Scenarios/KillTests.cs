using System.Text.Json.Nodes;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>SIGKILL at random moments: what comes out is what comes out of an undisturbed run.</summary>
public class KillTests
{
    private const int Resources = 50;
    private const int Kills = 20;
    private const int Seed = 20261123;

    [Fact]
    public async Task Killed_twenty_times_while_50_converge_the_objects_are_the_same_none_twice_none_missing()
    {
        var disturbed = await RunAsync(Kills);
        var undisturbed = await RunAsync(0);
        disturbed.Keys.Order(StringComparer.Ordinal).ShouldBe(undisturbed.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, spec) in undisturbed) disturbed[name].ShouldBe(spec, name);
    }

    private static async Task<Dictionary<string, string>> RunAsync(int kills)
    {
        await using var cluster = await TestCluster.StartAsync("7xH100:8");
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, Fleets.Nanos(Resources, context: 1024)));
        var random = new Random(Seed);
        for (var kill = 0; kill < kills; kill++)
        {
            // Something is always under way: every round asks for another context, and so for other pods.
            if (kill > 0) await cluster.ApplyAsync(Fleets.Nanos(Resources, context: 1024 + kill));
            using var process = OperatorProcess.Start("--kubeconfig", cluster.Kubeconfig, "--leader-elect=false", "--metrics-port=0", "--webhook-port=0", "--health-port=0");
            var writes = random.Next(1, 400);
            var before = cluster.Lab.Server.Log.Writes();
            var moment = TimeSpan.FromMilliseconds(random.Next(500, 4000));
            var started = TimeProvider.System.GetTimestamp();
            // The moment is a number of writes into its work, or a time, whichever comes first: both are random.
            await Until.TrueAsync(
                () => process.Ended || cluster.Lab.Server.Log.Writes() - before >= writes || TimeProvider.System.GetElapsedTime(started) > moment, "the moment of the kill");
            process.Ended.ShouldBeFalse(process.Output);
            process.Kill();
        }

        const int last = 8192;
        await cluster.ApplyAsync(Fleets.Nanos(Resources, context: last));
        using var survivor = OperatorProcess.Start("--kubeconfig", cluster.Kubeconfig, "--leader-elect=false", "--metrics-port=0", "--webhook-port=0", "--health-port=0");
        await cluster.UntilReadyAsync(Resources, limit: TimeSpan.FromMinutes(3));
        await Until.TrueAsync(() => Pods(cluster, last) == Resources, "all pods to be of the last template", TimeSpan.FromMinutes(3));
        return await ObjectsAsync(cluster);
    }

    private static int Pods(TestCluster cluster, int context)
    {
        var pods = k8s.CoreV1OperationsExtensions.ListNamespacedPod(cluster.Client.CoreV1, "models").Items;
        return pods.All(pod => pod.Metadata.DeletionTimestamp is null && pod.Spec.Containers[0].Args.Contains($"{context}")) ? pods.Count : -1;
    }

    // What the operator itself makes, by kind and name, without what differs from run to run.
    private static async Task<Dictionary<string, string>> ObjectsAsync(TestCluster cluster)
    {
        var list = JsonNode.Parse((await cluster.Kubectl.RunAsync("-n models get deploy,svc,cm,sa,pdb -l app.kubernetes.io/managed-by=nemotron-operator -o json")).Succeeded())!;
        var objects = new Dictionary<string, string>();
        foreach (var item in list["items"]!.AsArray())
        {
            var metadata = item!["metadata"]!.AsObject();
            foreach (var key in new[] { "uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "annotations" }) metadata.Remove(key);
            foreach (var reference in metadata["ownerReferences"]!.AsArray()) reference!.AsObject().Remove("uid");
            item.AsObject().Remove("status");
            if (item["spec"] is JsonObject spec)
            {
                spec.Remove("clusterIP");
                spec.Remove("clusterIPs");
                // Surge or drain depends on what was free when the template changed last.
                spec.Remove("strategy");
            }

            objects.Add($"{item["kind"]}/{metadata["name"]}", item.ToJsonString());
        }

        return objects;
    }
}
