using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Nodes.Tests;

public class NodeSpecTests
{
    [Theory]
    [InlineData("3xH100:8", "3xH100:8")]
    [InlineData("4xh100", "4xH100:8")]
    [InlineData("L40S:2", "1xL40S:2")]
    [InlineData("2xRTXPRO6000:4", "2xRTXPRO6000:4")]
    [InlineData("RTXPRO6000", "1xRTXPRO6000:8")]
    [InlineData("5xCPU", "5xCPU")]
    [InlineData("18xGB200", "18xGB200:4")]
    public void Groups_are_read(string text, string expected) => NodeSpec.Parse(text).ToString().ShouldBe(expected);

    [Theory]
    [InlineData("3xH99:8", "unknown GPU \"H99\"")]
    [InlineData("0xH100:8", "the number of nodes is 1 to 10000")]
    [InlineData("3xH100:0", "the number of GPUs in a node is 1 to 16, for example 3xH100:8")]
    [InlineData("3xH100:eight", "the number of GPUs in a node is 1 to 16")]
    [InlineData("2xCPU:4", "write 2xCPU")]
    [InlineData("", "for example 3xH100:8,2xL40S:4")]
    public void Mistakes_come_with_the_fix(string text, string says) =>
        Should.Throw<FormatException>(() => NodeSpec.ParseList(text)).Message.ShouldContain(says);

    [Fact]
    public void Nodes_carry_the_labels_of_gpu_feature_discovery()
    {
        var nodes = NodeObjects.From(NodeSpec.ParseList("2xH100:8,1xL40S:4,1xCPU"), DateTimeOffset.UnixEpoch);
        nodes.Select(node => node.Name()).ShouldBe(["h100-0", "h100-1", "l40s-0", "cpu-0"]);
        var h100 = nodes[0];
        foreach (var (label, value) in (ReadOnlySpan<(string, string)>)
        [
            ("nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3"), ("nvidia.com/gpu.memory", "81559"), ("nvidia.com/gpu.count", "8"),
            ("nvidia.com/gpu.family", "hopper"), ("nvidia.com/gpu.compute.major", "9"), ("nvidia.com/gpu.compute.minor", "0"),
            ("nvidia.com/gpu.present", "true"), ("nvidia.com/gpu.sharing-strategy", "none"), ("nvidia.com/mig.capable", "true"),
            ("kubernetes.io/hostname", "h100-0"), ("kubernetes.io/arch", "amd64"), ("kubernetes.io/os", "linux"), ("topology.kubernetes.io/zone", "lab-a"),
        ])
        {
            h100.Label(label).ShouldBe(value, label);
        }

        h100.Text("status", "allocatable", "nvidia.com/gpu").ShouldBe("8");
        h100.ConditionIsTrue("Ready").ShouldBeTrue();
        nodes[1].Label("topology.kubernetes.io/zone").ShouldBe("lab-b");
        nodes[3].Text("status", "allocatable", "nvidia.com/gpu").ShouldBeNull();
        nodes[3].Label("nvidia.com/gpu.present").ShouldBeNull();
    }

    [Fact]
    public void Racks_share_a_clique_and_all_addresses_differ()
    {
        var nodes = NodeObjects.From(NodeSpec.ParseList("40xGB200,2000xH100"), DateTimeOffset.UnixEpoch);
        nodes.Where(node => node.Label("nvidia.com/gpu.clique") is not null).GroupBy(node => node.Label("nvidia.com/gpu.clique")).Select(clique => clique.Count()).ShouldBe([18, 18, 4]);
        nodes.Select(node => node.Text("spec", "podCIDR")).Distinct().Count().ShouldBe(2040);
        nodes.Select(node => node.Items("status", "addresses").First().Text("address")).Distinct().Count().ShouldBe(2040);
    }
}
