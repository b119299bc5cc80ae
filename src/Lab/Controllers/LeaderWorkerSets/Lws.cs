using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers.LeaderWorkerSets;

/// <summary>The names that the LeaderWorkerSet API fixes: what users and schedulers see on its objects.</summary>
internal static class Lws
{
    public const string Group = "leaderworkerset.x-k8s.io";
    public const string ApiVersion = Group + "/v1";
    public const string Kind = "LeaderWorkerSet";

    /// <summary>Labels: the set's name, the group's number, the pod's number in its group (0 is the leader), a key of the group, and of the template.</summary>
    public const string NameLabel = Prefix + "name";

    /// <inheritdoc cref="NameLabel"/>
    public const string GroupIndexLabel = Prefix + "group-index";

    /// <inheritdoc cref="NameLabel"/>
    public const string WorkerIndexLabel = Prefix + "worker-index";

    /// <inheritdoc cref="NameLabel"/>
    public const string GroupKeyLabel = Prefix + "group-key";

    /// <inheritdoc cref="NameLabel"/>
    public const string RevisionLabel = Prefix + "template-revision-hash";

    /// <summary>Labels of a subgroup: its number and its key.</summary>
    public const string SubGroupIndexLabel = Prefix + "subgroup-index";

    /// <inheritdoc cref="SubGroupIndexLabel"/>
    public const string SubGroupKeyLabel = Prefix + "subgroup-key";

    /// <summary>Annotations: pods in a group, groups in the set (on the leaders' StatefulSet), a worker's leader.</summary>
    public const string SizeAnnotation = Prefix + "size";

    /// <inheritdoc cref="SizeAnnotation"/>
    public const string ReplicasAnnotation = Prefix + "replicas";

    /// <inheritdoc cref="SizeAnnotation"/>
    public const string LeaderNameAnnotation = Prefix + "leader-name";

    /// <summary>Annotations of placement: the node label of which each group, or subgroup, has one value for itself.</summary>
    public const string ExclusiveAnnotation = Prefix + "exclusive-topology";

    /// <inheritdoc cref="ExclusiveAnnotation"/>
    public const string SubGroupExclusiveAnnotation = Prefix + "subgroup-exclusive-topology";

    /// <summary>Annotations of subgroups and of names: how many pods, whether the leader belongs to one, whose Service names the pods.</summary>
    public const string SubGroupSizeAnnotation = Prefix + "subgroup-size";

    /// <inheritdoc cref="SubGroupSizeAnnotation"/>
    public const string SubGroupPolicyAnnotation = Prefix + "subgroup-policy-type";

    /// <inheritdoc cref="SubGroupSizeAnnotation"/>
    public const string SubdomainAnnotation = Prefix + "subdomainPolicy";

    /// <summary>Variables in every container: where the leader is, how many pods the group has, which of them this is.</summary>
    public const string LeaderAddressVariable = "LWS_LEADER_ADDRESS";

    /// <inheritdoc cref="LeaderAddressVariable"/>
    public const string GroupSizeVariable = "LWS_GROUP_SIZE";

    /// <inheritdoc cref="LeaderAddressVariable"/>
    public const string WorkerIndexVariable = "LWS_WORKER_INDEX";

    /// <summary>The resource.</summary>
    public static readonly Gvr Sets = new(Group, "v1", "leaderworkersets");

    private const string Prefix = "leaderworkerset.sigs.k8s.io/";
}
