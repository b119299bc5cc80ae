using System.Text.Json.Serialization;
using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>How the Service is published.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ServiceType>))]
public enum ServiceType
{
    /// <summary>Inside the cluster.</summary>
    ClusterIP,

    /// <summary>On a port of every node.</summary>
    NodePort,

    /// <summary>Through the provider's load balancer.</summary>
    LoadBalancer,
}

/// <summary>The sidecar in front of the engine.</summary>
[ValidationRule(
    "!has(self.apiKeysSecretRef) || self.enabled",
    fieldPath: ".enabled",
    message: "must be true while apiKeysSecretRef is set: only the gateway asks clients for a key")]
[ValidationRule(
    "!has(self.tls) || self.enabled",
    fieldPath: ".enabled",
    message: "must be true while tls is set: only the gateway speaks TLS")]
public sealed record GatewaySpec
{
    /// <summary>Whether the pods have it. Without it the engine answers clients itself: the reasoning mode is up to each client, and draining is the engine's own.</summary>
    [DefaultValue(true)]
    public bool? Enabled { get; init; }

    /// <summary>The sidecar's image. Absent: the one that came with the operator.</summary>
    [Length(1, 512), Pattern(@"^\S+$")]
    public string? Image { get; init; }

    /// <summary>CPU and memory of the sidecar. Absent: a request of 100m and 64Mi, a limit of 512Mi.</summary>
    public V1ResourceRequirements? Resources { get; init; }

    /// <summary>
    /// The keys of which a client must show one (Authorization: Bearer KEY): a key of a Secret of the same namespace, whose value holds one API key a line. A change of it
    /// counts within a minute or two, without a restart. Absent: everyone may. Not with Triton, whose gRPC port asks for none.
    /// </summary>
    public SecretKeyReference? ApiKeysSecretRef { get; init; }

    /// <summary>The certificate of the clients' port, which then speaks TLS only. Absent: plain HTTP.</summary>
    public GatewayTlsSpec? Tls { get; init; }
}

/// <summary>The certificate of the clients' port.</summary>
public sealed record GatewayTlsSpec
{
    /// <summary>A Secret of the type kubernetes.io/tls in the same namespace, with tls.crt (the whole chain) and tls.key in it. A renewed certificate is presented within a minute or two, without a restart.</summary>
    [Length(1, 253), Pattern(Patterns.DnsSubdomain)]
    public required string SecretName { get; init; }
}

/// <summary>The Service that clients use.</summary>
public sealed record ServiceOptions
{
    /// <summary>ClusterIP: inside the cluster. NodePort: on a port of every node. LoadBalancer: through the provider's load balancer.</summary>
    [DefaultValue(ServiceType.ClusterIP)]
    public ServiceType? Type { get; init; }

    /// <summary>The port of the OpenAI-compatible API.</summary>
    [DefaultValue(8000), RangeMinimum(1), RangeMaximum(65_535)]
    public int? Port { get; init; }

    /// <summary>Annotations of the Service, such as a load balancer's settings.</summary>
    [PropertyLimits(maxProperties: 64), Length(0, 16_384)]
    public IDictionary<string, string>? Annotations { get; init; }
}

/// <summary>What Prometheus is told.</summary>
public sealed record MonitoringSpec
{
    /// <summary>
    /// A PodMonitor of the Prometheus operator for this deployment alone, under its name: for an interval of its own, or a Prometheus of its own. Absent: none is made; the one of
    /// the chart (monitoring.podMonitors) or of config/prometheus/operator scrapes all models, and leaves out those that have their own. Stating or removing it replaces the replicas.
    /// </summary>
    public PodMonitorSpec? PodMonitor { get; init; }
}

/// <summary>A PodMonitor of the Prometheus operator for one deployment.</summary>
public sealed record PodMonitorSpec
{
    /// <summary>Whether it is made. A change of it replaces the replicas.</summary>
    [DefaultValue(true)]
    public bool? Enabled { get; init; }

    /// <summary>Labels of the PodMonitor, by which a Prometheus finds it. Those that the operator sets on all it makes keep the operator's values.</summary>
    [PropertyLimits(maxProperties: 32), Length(0, 63), Pattern(Patterns.LabelValue)]
    public IDictionary<string, string>? Labels { get; init; }

    /// <summary>How often it is scraped.</summary>
    [DefaultValue("15s"), ValidationRule("self >= duration('1s')", message: "must be at least 1s")]
    public Duration? Interval { get; init; }
}

/// <summary>Who may reach the pods. It takes effect where the cluster's network plugin enforces NetworkPolicies.</summary>
public sealed record NetworkPolicySpec
{
    /// <summary>Whether a NetworkPolicy is made that lets in only the operator, Prometheus, the replica's own pods and those of allowFrom.</summary>
    [DefaultValue(false)]
    public bool? Enabled { get; init; }

    /// <summary>Pods that are let in to the clients' ports: the OpenAI-compatible one, and gRPC where the engine has it. Absent: every pod of the same namespace. An empty list: none. Clients outside the cluster come through an ingress, whose pods must be named.</summary>
    [Items(maxItems: 32)]
    public IReadOnlyList<NetworkPeer>? AllowFrom { get; init; }
}

/// <summary>A set of pods.</summary>
[ValidationRule("has(self.namespaceSelector) || has(self.podSelector)", message: "at least one of namespaceSelector and podSelector must be set")]
public sealed record NetworkPeer
{
    /// <summary>Their namespaces. Absent: the NemotronDeployment's own.</summary>
    public V1LabelSelector? NamespaceSelector { get; init; }

    /// <summary>The pods in these namespaces. Absent: all.</summary>
    public V1LabelSelector? PodSelector { get; init; }
}
