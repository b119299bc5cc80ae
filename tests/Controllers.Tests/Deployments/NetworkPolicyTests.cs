using k8s.Models;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Deployments;

/// <summary>Who is let in to the pods, and that a policy goes with the wish for it. What it looks like is in the goldens.</summary>
public class NetworkPolicyTests
{
    private static readonly NemotronDeploymentSpec Nano = new() { Model = ModelTier.Nano, NetworkPolicy = new NetworkPolicySpec { Enabled = true } };

    private readonly ReconcilerHarness _cluster = new();

    public NetworkPolicyTests()
    {
        _cluster.Pools.Objects.Add(APool("h100"));
        _cluster.Nodes.Objects.Add(ANode("a"));
    }

    [Fact]
    public async Task An_empty_list_lets_no_client_in_and_never_everyone()
    {
        await _cluster.ReconcileAsync(ADeployment("n", Nano with { NetworkPolicy = new NetworkPolicySpec { Enabled = true, AllowFrom = [] } }));
        var rules = _cluster.Body("NetworkPolicy")!["spec"]!["ingress"]!.AsArray();
        rules.Count.ShouldBe(3, "Prometheus, the operator and its own pods");
        rules.ShouldAllBe(rule => rule!["from"]!.AsArray().Count == 1);
    }

    [Fact]
    public async Task It_comes_before_the_pods_and_goes_when_it_is_wanted_no_more()
    {
        var entity = ADeployment("n", Nano);
        await _cluster.ReconcileAsync(entity);
        var kinds = _cluster.Applied.Select(body => (string?)body["kind"]).ToList();
        kinds.IndexOf("NetworkPolicy").ShouldBeInRange(0, kinds.IndexOf("Deployment") - 1);

        _cluster.Policies.Objects.Add(new V1NetworkPolicy
        {
            Kind = "NetworkPolicy",
            Metadata = new V1ObjectMeta { Name = "n", NamespaceProperty = entity.Metadata.NamespaceProperty, OwnerReferences = [new V1OwnerReference { Uid = entity.Metadata.Uid, Controller = true }] },
        });
        entity.Spec = Nano with { NetworkPolicy = new NetworkPolicySpec { Enabled = false } };
        await _cluster.ReconcileAsync(entity);
        _cluster.Body("NetworkPolicy").ShouldBeNull();
        _cluster.Deleted.ShouldContain("NetworkPolicy n");
    }

    [Fact]
    public async Task One_of_somebody_else_is_left_alone()
    {
        var entity = ADeployment("n", new NemotronDeploymentSpec { Model = ModelTier.Nano });
        _cluster.Policies.Objects.Add(new V1NetworkPolicy { Kind = "NetworkPolicy", Metadata = new V1ObjectMeta { Name = "n", NamespaceProperty = entity.Metadata.NamespaceProperty } });
        await _cluster.ReconcileAsync(entity);
        _cluster.Deleted.ShouldBeEmpty();
    }
}
