using Nemotron.Crds;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>Bad manifests are refused with their path; what only the cluster can judge is told in conditions; nobody else is disturbed.</summary>
public class BadInputTests
{
    [Fact]
    public async Task Every_bad_sample_is_refused_as_its_comment_says()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8");
        var samples = Directory.GetFiles(Repository.PathOf("config", "samples", "bad"), "*.yaml");
        samples.Length.ShouldBeGreaterThanOrEqualTo(6);
        await cluster.ApplyAsync(Fleets.Namespace);
        foreach (var sample in samples)
        {
            var expected = File.ReadLines(sample).First(line => line.StartsWith("# refused: ", StringComparison.Ordinal))["# refused: ".Length..];
            var result = await cluster.Kubectl.RunAsync(["apply", "-f", sample]);
            result.ExitCode.ShouldNotBe(0, sample);
            result.Error.ShouldContain(expected, Case.Sensitive, sample);
        }
    }

    [Theory]
    [InlineData("gone-pool", "{model: Nano, nodePool: gold}", ConditionTypes.CapacityAvailable, ConditionReasons.NodePoolNotFound)]
    [InlineData("too-large", "{model: Ultra, tensorParallel: 16, checkpoint: {trustRemoteCode: true}}", ConditionTypes.CapacityAvailable, ConditionReasons.CrdMissing)]
    [InlineData("not-trusted", "{model: Super, tensorParallel: 2}", ConditionTypes.Accepted, ConditionReasons.RemoteCodeNotTrusted)]
    [InlineData("no-memory", "{model: Ultra, tensorParallel: 1}", ConditionTypes.Accepted, ConditionReasons.DoesNotFit)]
    [InlineData("no-model", "{modelRef: {name: Supr}}", ConditionTypes.Accepted, ConditionReasons.ModelNotFound)]
    [InlineData("a-name-that-is-so-long-that-no-service-can-be-named-after-it-at-all", "{model: Nano}", ConditionTypes.Accepted, ConditionReasons.NameTooLong)]
    public async Task What_the_cluster_cannot_do_is_told_and_the_others_go_on(string name, string spec, string condition, string reason)
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8");
        await cluster.StartOperatorAsync();
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, $"""
            apiVersion: serving.nemotron.dev/v1alpha1
            kind: NemotronDeployment
            metadata:
              name: {name}
              namespace: models
            spec: {spec}
            """, Fleets.Nanos(1)));

        await Until.TrueAsync(() => cluster.Deployment("n-0")!.Is(ConditionTypes.Ready), "the good one to be ready");
        await Until.TrueAsync(() => cluster.Deployment(name)!.IsNot(condition), $"{condition}=False", details: () => cluster.Deployment(name)!.Condition(condition)?.Message ?? "no condition");
        cluster.Deployment(name)!.Condition(condition)!.Reason.ShouldBe(reason);
        (await cluster.Kubectl.RunAsync($"-n models describe nemo {name}")).Succeeded().ShouldContain(reason);
    }

    [Fact]
    public async Task An_object_of_somebody_else_under_our_name_is_left_alone()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8");
        await cluster.StartOperatorAsync();
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool));
        (await cluster.Kubectl.RunAsync("-n models create -f -", "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"somebody\"}}")).Succeeded();
        var uid = (await cluster.Kubectl.RunAsync("-n models get cm somebody -o jsonpath={.metadata.uid}")).Succeeded();
        await cluster.ApplyAsync($"""
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: n-0-engine
              namespace: models
              ownerReferences:
                - apiVersion: v1
                  kind: ConfigMap
                  name: somebody
                  uid: {uid}
                  controller: true
            data:
              theirs: "yes"
            """);
        await cluster.ApplyAsync(Fleets.Nanos(1));
        await Until.TrueAsync(() => cluster.Deployment("n-0")!.Condition(ConditionTypes.Accepted)?.Reason == ConditionReasons.NameTaken, "Accepted=False NameTaken");
        (await cluster.Kubectl.RunAsync("-n models get cm n-0-engine -o jsonpath={.data}")).Succeeded().ShouldBe("""{"theirs":"yes"}""");
    }
}
