using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;
using Nemotron.Lab.Engines;

namespace Nemotron.Lab.Nodes;

/// <summary>Node objects and their Leases, as a kubelet and GPU feature discovery would leave them.</summary>
internal static class NodeObjects
{
    /// <summary>The annotation that gives a node a simulated kubelet. Nodes without it are left alone.</summary>
    public const string KubeletAnnotation = "lab.nemotron.dev/kubelet";

    /// <summary>The namespace of node Leases.</summary>
    public const string LeaseNamespace = "kube-node-lease";

    private static readonly string[] Zones = ["lab-a", "lab-b", "lab-c"];

    /// <summary>The names and objects of all nodes of a list of groups.</summary>
    public static IReadOnlyList<JsonObject> From(IReadOnlyList<NodeSpec> specs, DateTimeOffset now, int firstIndex = 0)
    {
        var made = new List<JsonObject>();
        var perType = new Dictionary<string, int>();
        foreach (var spec in specs)
        {
            var type = (spec.Gpu?.Name ?? "cpu").ToLowerInvariant();
            for (var i = 0; i < spec.Count; i++)
            {
                var number = perType.GetValueOrDefault(type);
                perType[type] = number + 1;
                made.Add(One(spec, $"{type}-{number}", number, firstIndex + made.Count, now));
            }
        }

        return made;
    }

    /// <summary>One node, ready.</summary>
    /// <param name="spec">Its group.</param>
    /// <param name="name">Its name.</param>
    /// <param name="number">Its number within its type: decides the NVLink domain.</param>
    /// <param name="index">Its number among all nodes: decides zone and addresses; below 60,000.</param>
    /// <param name="now">The time of its conditions.</param>
    /// <param name="network">Where addresses are to be real ones; null for addresses that lead nowhere.</param>
    public static JsonObject One(NodeSpec spec, string name, int number, int index, DateTimeOffset now, LabNetwork? network = null)
    {
        var resources = Resources(spec);
        var node = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Node",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["labels"] = Labels(spec, name, number, index),
                ["annotations"] = new JsonObject { [KubeletAnnotation] = "simulated" },
            },
            ["spec"] = new JsonObject
            {
                ["podCIDR"] = network?.PodCidr(index) ?? $"10.{64 + (index >> 8)}.{index & 255}.0/24",
                ["providerID"] = $"nemotron-lab://{name}",
            },
            ["status"] = new JsonObject
            {
                ["capacity"] = resources,
                ["allocatable"] = resources.DeepClone(),
                ["addresses"] = new JsonArray(
                    new JsonObject { ["type"] = "InternalIP", ["address"] = network?.NodeAddress(index) ?? Address(index) },
                    new JsonObject { ["type"] = "Hostname", ["address"] = name }),
                ["conditions"] = ReadyConditions(now),
                ["nodeInfo"] = new JsonObject
                {
                    ["machineID"] = $"lab{index:x29}",
                    ["systemUUID"] = $"00000000-0000-4000-8000-{index:x12}",
                    ["bootID"] = $"00000000-0000-4000-9000-{index:x12}",
                    ["kernelVersion"] = "0.0.0-simulated",
                    ["osImage"] = "NemotronLab (simulated)",
                    ["containerRuntimeVersion"] = "simulated://0.1.0",
                    ["kubeletVersion"] = "v1.36.0-nemotron-lab",
                    ["kubeProxyVersion"] = "",
                    ["operatingSystem"] = "linux",
                    ["architecture"] = "amd64",
                },
            },
        };
        return node;
    }

    /// <summary>The Lease a kubelet renews for its node.</summary>
    public static JsonObject Lease(JsonObject node, TimeSpan duration, DateTimeOffset now) => new()
    {
        ["apiVersion"] = "coordination.k8s.io/v1",
        ["kind"] = "Lease",
        ["metadata"] = new JsonObject
        {
            ["name"] = node.Name(),
            ["namespace"] = LeaseNamespace,
            ["ownerReferences"] = new JsonArray(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Node", ["name"] = node.Name(), ["uid"] = node.Uid() }),
        },
        ["spec"] = new JsonObject
        {
            ["holderIdentity"] = node.Name(),
            ["leaseDurationSeconds"] = (int)duration.TotalSeconds,
            ["renewTime"] = now.MicroStamp(),
        },
    };

    /// <summary>The conditions of a healthy node.</summary>
    public static JsonArray ReadyConditions(DateTimeOffset now)
    {
        return
        [
            Condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            Condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            Condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            Condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        ];

        JsonObject Condition(string type, string status, string reason, string message) => new()
        {
            ["type"] = type,
            ["status"] = status,
            ["lastHeartbeatTime"] = now.Stamp(),
            ["lastTransitionTime"] = now.Stamp(),
            ["reason"] = reason,
            ["message"] = message,
        };
    }

    private static JsonObject Labels(NodeSpec spec, string name, int number, int index)
    {
        var labels = new JsonObject
        {
            ["kubernetes.io/hostname"] = name,
            ["kubernetes.io/arch"] = "amd64",
            ["kubernetes.io/os"] = "linux",
            ["topology.kubernetes.io/region"] = "lab",
            ["topology.kubernetes.io/zone"] = Zones[index % Zones.Length],
            ["node.kubernetes.io/instance-type"] = spec.Gpu is null ? "lab.cpu" : $"lab.{spec.Gpu.Name.ToLowerInvariant()}.{spec.GpusPerNode}",
        };
        if (spec.Gpu is not { } gpu) return labels;
        labels["nvidia.com/gpu.present"] = "true";
        labels["nvidia.com/gpu.product"] = gpu.Product;
        labels["nvidia.com/gpu.count"] = Text(spec.GpusPerNode);
        labels["nvidia.com/gpu.memory"] = Text(gpu.MemoryMiB);
        labels["nvidia.com/gpu.family"] = gpu.Family;
        labels["nvidia.com/gpu.compute.major"] = Text(gpu.ComputeMajor);
        labels["nvidia.com/gpu.compute.minor"] = Text(gpu.ComputeMinor);
        labels["nvidia.com/gpu.machine"] = "nemotron-lab";
        labels["nvidia.com/gpu.replicas"] = "1";
        labels["nvidia.com/gpu.sharing-strategy"] = "none";
        labels["nvidia.com/gpu.mode"] = "compute";
        labels["nvidia.com/mig.capable"] = gpu.MigCapable ? "true" : "false";
        labels["nvidia.com/mig.strategy"] = "single";
        if (gpu.MigCapable)
        {
            labels["nvidia.com/mig.config"] = "all-disabled";
            labels["nvidia.com/mig.config.state"] = "success";
        }

        labels["nvidia.com/mps.capable"] = "false";
        if (gpu.NodesPerClique > 0) labels["nvidia.com/gpu.clique"] = $"7b9d0c3e-6a51-4f0e-9c1d-{number / gpu.NodesPerClique:x12}.1";
        return labels;
    }

    private static JsonObject Resources(NodeSpec spec)
    {
        // Of the order of a cloud machine of that many GPUs: enough that GPUs run out first.
        var resources = spec.Gpu is null
            ? new JsonObject { ["cpu"] = "32", ["memory"] = "128Gi", ["ephemeral-storage"] = "512Gi", ["pods"] = "110" }
            : new JsonObject
            {
                ["cpu"] = Text(spec.GpusPerNode * 24),
                ["memory"] = $"{spec.GpusPerNode * 256}Gi",
                ["ephemeral-storage"] = "16Ti",
                ["pods"] = "110",
            };
        if (spec.Gpu is not null) resources["nvidia.com/gpu"] = Text(spec.GpusPerNode);
        return resources;
    }

    // 172.16.0.0/12, 200 nodes to each third byte so that none ends in 0 or 255.
    private static string Address(int index) => $"172.{16 + (index / 51_200)}.{index / 200 % 256}.{10 + (index % 200)}";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
