using k8s;

namespace Nemotron.Kube;

/// <summary>How leadership among several replicas of the operator is decided.</summary>
public enum LeaderElectionType
{
    /// <summary>Not at all: this process is the only one.</summary>
    None,

    /// <summary>One leader at a time, by a Lease.</summary>
    Single,
}

/// <summary>Which changes of an entity lead to a reconcile when a controller sets no predicate of its own.</summary>
public enum ReconcileStrategy
{
    /// <summary>Changes of <c>metadata.generation</c> (the spec), labels, annotations, finalizers or <c>deletionTimestamp</c>; not of the status.</summary>
    ByGeneration,

    /// <summary>Every change, also of the status.</summary>
    ByResourceVersion,
}

/// <summary>Settings of an operator process. Names follow KubeOps where KubeOps has them.</summary>
public sealed class OperatorSettings
{
    /// <summary>The operator's name: field manager, reporting controller of events, name of the Lease. A DNS label. The default value is <c>kubernetes-operator</c>.</summary>
    public string Name { get; set; } = "kubernetes-operator";

    /// <summary>
    /// Only these namespaces are watched, each with requests of its own, so that rights in them are enough; types of the cluster are watched as ever.
    /// DNS labels. Empty, the default: all namespaces. (KubeOps has one, as <c>Namespace</c>.)
    /// </summary>
    public IReadOnlyCollection<string> Namespaces { get; set; } = [];

    /// <summary>Path of a kubeconfig. Null, the default: in-cluster when there, else <c>KUBECONFIG</c> or <c>~/.kube/config</c>.</summary>
    public string? KubeconfigPath { get; set; }

    /// <summary>The client's configuration itself; wins over <see cref="KubeconfigPath"/>. Null by default.</summary>
    public KubernetesClientConfiguration? ClientConfiguration { get; set; }

    /// <summary>The default value is <see cref="LeaderElectionType.None"/>.</summary>
    public LeaderElectionType LeaderElectionType { get; set; }

    /// <summary>How long others wait for a leader that is silent. The default value is 15 s; whole seconds, more than <see cref="LeaderElectionRenewDeadline"/>.</summary>
    public TimeSpan LeaderElectionLeaseDuration { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long the leader tries to renew before it gives up. The default value is 10 s; more than 1.2 times <see cref="LeaderElectionRetryPeriod"/>.</summary>
    public TimeSpan LeaderElectionRenewDeadline { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Time between attempts to acquire or renew. The default value is 2 s.</summary>
    public TimeSpan LeaderElectionRetryPeriod { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Namespace of the Lease. Null, the default: that of the pod or of the kubeconfig's context, else <c>default</c>.</summary>
    public string? LeaderElectionNamespace { get; set; }

    /// <summary>Who this process is to the others. Null, the default: host name and a random part.</summary>
    public string? LeaderElectionIdentity { get; set; }

    /// <summary>The default value is <see cref="Nemotron.Kube.ReconcileStrategy.ByGeneration"/>.</summary>
    public ReconcileStrategy ReconcileStrategy { get; set; }

    /// <summary>Whether registered finalizers are added to entities before they are reconciled. The default value is true.</summary>
    public bool AutoAttachFinalizers { get; set; } = true;

    /// <summary>Whether a finalizer's id is removed once it has succeeded. The default value is true.</summary>
    public bool AutoDetachFinalizers { get; set; } = true;

    /// <summary>Reconciles of one controller that may run at once. The default value is 1; a controller can set its own.</summary>
    public int MaxConcurrentReconciles { get; set; } = 1;

    /// <summary>A reconcile is cancelled after this time. Null: never. The default value is 2 min.</summary>
    public TimeSpan? ReconciliationTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How long running reconciles may take to finish when the process stops. The default value is 30 s.</summary>
    public TimeSpan GracefulShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Every object is looked at again after this time (±10 %), without asking the API server. The default value is 10 h.</summary>
    public TimeSpan ResyncPeriod { get; set; } = TimeSpan.FromHours(10);

    /// <summary>The field manager of all writes. Null, the default: <see cref="Name"/>.</summary>
    public string? FieldManager { get; set; }

    /// <summary>The annotation that carries the hash of what was applied last. Null, the default: <c>{Name}/applied</c>.</summary>
    public string? AppliedAnnotation { get; set; }

    /// <summary>What to do when a resource type is not installed, added to the sentence about it: such as a command. Empty by default.</summary>
    public string MissingResourceHint { get; set; } = "";

    /// <summary>Seed of all jitter. Null, the default: differs from process to process.</summary>
    public int? RandomSeed { get; set; }

    /// <summary>The namespace that this process belongs to: the pod's, or that of the kubeconfig's context, else <c>default</c>.</summary>
    /// <exception cref="KubeconfigException">The kubeconfig cannot be read.</exception>
    public string OwnNamespace => KubeClientFactory.NamespaceOf(this);

    internal string EffectiveFieldManager => FieldManager ?? Name;

    internal string EffectiveAppliedAnnotation => AppliedAnnotation ?? $"{Name}/applied";

    /// <summary>Refuses settings that cannot work.</summary>
    /// <exception cref="ArgumentException">The message says which one and what would be right.</exception>
    internal void Validate()
    {
        Require(IsLabel(Name), $"{nameof(Name)} must be a DNS label, not \"{Name}\".");
        foreach (var ns in Namespaces)
        {
            Require(IsLabel(ns), $"{nameof(Namespaces)} must be DNS labels, not \"{ns}\".");
        }

        Require(MaxConcurrentReconciles >= 1, $"{nameof(MaxConcurrentReconciles)} must be at least 1.");
        Require(ReconciliationTimeout is null || ReconciliationTimeout > TimeSpan.Zero, $"{nameof(ReconciliationTimeout)} must be more than zero, or null.");
        Require(ResyncPeriod > TimeSpan.Zero, $"{nameof(ResyncPeriod)} must be more than zero.");
        Require(LeaderElectionLeaseDuration > LeaderElectionRenewDeadline, $"{nameof(LeaderElectionLeaseDuration)} must be more than {nameof(LeaderElectionRenewDeadline)}.");
        Require(LeaderElectionRenewDeadline > LeaderElectionRetryPeriod * 1.2, $"{nameof(LeaderElectionRenewDeadline)} must be more than 1.2 times {nameof(LeaderElectionRetryPeriod)}.");
        Require(LeaderElectionRetryPeriod > TimeSpan.Zero, $"{nameof(LeaderElectionRetryPeriod)} must be more than zero.");
    }

    private static bool IsLabel(string text) => text.Length is > 0 and <= 63 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ArgumentException(otherwise);
        }
    }
}
