using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Deployments;

/// <summary>What is said of pods that their node cannot prepare, and when.</summary>
public class UnpreparedPodsTests
{
    [Theory]
    [InlineData(119, false)]
    [InlineData(120, true)]
    public void After_two_minutes_the_pod_and_what_its_gateway_mounts_are_named(int seconds, bool said)
    {
        var snapshot = Snapshot(APod("p", node: "a"), seconds);
        if (said)
        {
            UnpreparedPods.Trouble(snapshot).ShouldBe(
                "p: node a has not got its volumes or its network ready in 2 minutes, so no container starts. Its gateway mounts the Secrets k (key keys) and t. "
                + "See the Events of the pod: kubectl -n models describe pod p.");
            UnpreparedPods.Due(snapshot).ShouldBeNull();
        }
        else
        {
            UnpreparedPods.Trouble(snapshot).ShouldBeNull();
            UnpreparedPods.Due(snapshot).ShouldBe(TimeSpan.FromSeconds(2));
        }
    }

    [Fact]
    public void A_pod_without_a_node_or_on_its_way_out_or_of_a_cluster_that_does_not_tell_is_left_alone()
    {
        UnpreparedPods.Trouble(Snapshot(APod("p"), 1000)).ShouldBeNull();
        var leaving = APod("p", node: "a");
        leaving.Metadata.DeletionTimestamp = DateTime.UnixEpoch;
        UnpreparedPods.Trouble(Snapshot(leaving, 1000)).ShouldBeNull();
        var older = Snapshot(APod("p", node: "a"), 1000);
        older.Pods[0].Status!.Conditions!.RemoveAll(condition => condition.Type == "PodReadyToStartContainers");
        UnpreparedPods.Trouble(older).ShouldBeNull();
    }

    private static DeploymentSnapshot Snapshot(PodView pod, int seconds)
    {
        var spec = new NemotronDeploymentSpec
        {
            Model = ModelTier.Nano,
            Gateway = new GatewaySpec { ApiKeysSecretRef = new SecretKeyReference { Name = "k", Key = "keys" }, Tls = new GatewayTlsSpec { SecretName = "t" } },
        };
        var snapshot = Seen(ADeployment("n", spec), Pool("h100", ANode("a")));
        pod.Status!.StartTime = snapshot.Now - TimeSpan.FromSeconds(seconds);
        pod.Status.Conditions!.Add(new ViewCondition("PodReadyToStartContainers", "False"));
        return snapshot with { Pods = [pod] };
    }
}
