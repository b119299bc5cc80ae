using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Nodes;

/// <summary>What a cluster may have installed beside Kubernetes itself.</summary>
[Flags]
public enum LabAddOns
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>LeaderWorkerSets (<c>leaderworkerset.x-k8s.io/v1</c>): definition, admission and controllers.</summary>
    LeaderWorkerSets = 1,

    /// <summary>A simulation of Cluster API's MachineDeployments (<c>cluster.x-k8s.io/v1beta1</c>): replicas that become nodes.</summary>
    ClusterApi = 2,

    /// <summary>A simulation of Karpenter (<c>karpenter.sh/v1</c>) over a simulated cloud.</summary>
    Karpenter = 4,
}

/// <summary>What stands behind pods that run an engine.</summary>
public enum LabEngines
{
    /// <summary>Nothing: pods become ready when the time that their weights take has passed. Cheap, for large clusters.</summary>
    None,

    /// <summary>Simulated engines that listen at the pods' addresses, are probed, answer and fail. Needs Linux.</summary>
    Simulated,
}

/// <summary>How a Lab cluster is set up.</summary>
public sealed record LabClusterOptions
{
    /// <summary>The TCP port of the API server on the loopback interface; 0 lets the system choose.</summary>
    public int Port { get; init; }

    /// <summary>The nodes, such as <c>3xH100:8,2xL40S:4,1xCPU</c>; empty for none.</summary>
    public string Nodes { get; init; } = "3xH100:8";

    /// <summary>How many seconds pass in the Lab in one second of <see cref="SystemTime"/>; above 0, at most 10,000.</summary>
    public double ClockSpeed { get; init; } = 1;

    /// <summary>How many times faster engines load (in the Lab's own time); above 0.</summary>
    public double LoadSpeed { get; init; } = 1;

    /// <summary>What stands behind pods that run an engine.</summary>
    public LabEngines Engines { get; init; }

    /// <summary>
    /// The gateway's program (<c>nemotron-gateway</c> or <c>nemotron-gateway.dll</c>), started as a process for each gateway container. Null: such containers
    /// pass connections on to their engine as they are.
    /// </summary>
    public string? Gateway { get; init; }

    /// <summary>The clock that the Lab's is driven by.</summary>
    public TimeProvider SystemTime { get; init; } = TimeProvider.System;

    /// <summary>Whether kubelets write events for what they do; off for very large clusters.</summary>
    public bool KubeletEvents { get; init; } = true;

    /// <summary>Changes each kind remembers for watches; older watchers get 410 Expired. At least 16.</summary>
    public int HistoryCapacity { get; init; } = 65_536;

    /// <summary>Whether the API server serves HTTPS, with HTTP/2. Always so with <see cref="AuthorizationMode.Rbac"/>.</summary>
    public bool Tls { get; init; }

    /// <summary>Who decides what may be done over the wire.</summary>
    public AuthorizationMode Authorization { get; init; }

    /// <summary>A file that audit events are appended to, one <c>audit.k8s.io/v1</c> Event in JSON a line; null for none.</summary>
    public string? AuditFile { get; init; }

    /// <summary>What is installed beside Kubernetes itself. An operator must do without what is not.</summary>
    public LabAddOns With { get; init; }

    /// <summary>Where faults of the Lab itself go.</summary>
    public ILogger Log { get; init; } = NullLogger.Instance;
}
