using Nemotron.Crds;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>An HPA and a ScaledObject of KEDA that claim the number that the operator owns, as the API server serves them: KEDA is installed while the operator runs.</summary>
public class OtherScalerTests
{
    private const string Nano = """
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata: {name: nano, namespace: models}
        spec:
          model: Nano
          nodePool: h100
          autoscaling: {maxReplicas: 3}
        """;

    private const string Hpa = """
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: nano-cpu, namespace: models}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: nano}
          minReplicas: 1
          maxReplicas: 5
          metrics:
          - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}
        """;

    private const string Keda = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: scaledobjects.keda.sh}
        spec:
          group: keda.sh
          names: {kind: ScaledObject, listKind: ScaledObjectList, plural: scaledobjects, singular: scaledobject}
          scope: Namespaced
          versions:
          - name: v1alpha1
            served: true
            storage: true
            schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}
        """;

    private const string ScaledObject = """
        apiVersion: keda.sh/v1alpha1
        kind: ScaledObject
        metadata: {name: nano-queue, namespace: models}
        spec:
          scaleTargetRef: {apiVersion: serving.nemotron.dev/v1alpha1, kind: NemotronDeployment, name: nano}
        """;

    [Fact]
    public async Task A_second_owner_of_the_number_is_told_while_it_is_there()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8", clockSpeed: 20);
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, Nano));
        await cluster.StartOperatorAsync();
        await SaysAsync(cluster, "True", ConditionReasons.SoleScaler);

        await cluster.ApplyAsync(Hpa);
        await SaysAsync(cluster, "False", ConditionReasons.AnotherScaler);
        Message(cluster).ShouldContain("HorizontalPodAutoscaler nano-cpu (which scales Deployment nano)");
        await Until.TrueAsync(() => cluster.Kubectl.RunAsync("-n models get events --field-selector reason=AnotherScaler -o name").GetAwaiter().GetResult().Succeeded().Length > 0, "an event");
        (await cluster.Kubectl.RunAsync("-n models delete hpa nano-cpu")).Succeeded();
        await SaysAsync(cluster, "True", ConditionReasons.SoleScaler);

        await cluster.ApplyAsync(Keda);
        (await cluster.Kubectl.RunAsync("wait --for=condition=Established crd scaledobjects.keda.sh --timeout=30s")).Succeeded();
        await cluster.ApplyAsync(ScaledObject);
        // A type that was missing is asked for every half minute to minute.
        await SaysAsync(cluster, "False", ConditionReasons.AnotherScaler, TimeSpan.FromMinutes(2));
        Message(cluster).ShouldContain("ScaledObject nano-queue (which scales NemotronDeployment nano)");
    }

    private static Task SaysAsync(TestCluster cluster, string status, string reason, TimeSpan? limit = null) => Until.TrueAsync(
        () => cluster.Deployment("nano")?.Condition(ConditionTypes.ScalingOwned) is { } condition && condition.Status == status && condition.Reason == reason, $"ScalingOwned {status} {reason}", limit);

    private static string Message(TestCluster cluster) => cluster.Deployment("nano")!.Condition(ConditionTypes.ScalingOwned)!.Message;
}
