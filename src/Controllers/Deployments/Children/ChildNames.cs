using System.Text.RegularExpressions;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>The names of what a NemotronDeployment makes, and which names of its own allow them.</summary>
internal static partial class ChildNames
{
    // A Service's name is a DNS label: 63 characters; the longest of ours adds "-grpc", the ConfigMap "-engine" has room to spare.
    private const int LongestServiceName = 63;
    private const string GrpcSuffix = "-grpc";
    private const string GroupSuffix = "-group";

    // Pods of a StatefulSet carry its revision as a label: its name, a dash and ten characters, 63 in all. The one of a group's workers is
    // named after the group, whose number has up to four digits.
    private const int LongestStatefulSetName = 52;
    private const int GroupNumber = 5;

    /// <summary>The most characters a NemotronDeployment's name may have.</summary>
    public const int LongestOwnerName = 58;

    public static string Deployment(string owner) => owner;

    /// <summary>
    /// A LeaderWorkerSet makes a headless Service of its own name, so it cannot have the name of the Service for clients.
    /// </summary>
    public static string Groups(string owner) => owner + GroupSuffix;

    /// <summary>Whose such a LeaderWorkerSet would be; null where it is none of ours.</summary>
    public static string? OwnerOfGroups(string name) =>
        name.Length > GroupSuffix.Length && name.EndsWith(GroupSuffix, StringComparison.Ordinal) ? name[..^GroupSuffix.Length] : null;

    public static string Service(string owner) => owner;

    public static string GrpcService(string owner) => owner + GrpcSuffix;

    /// <summary>The Deployment of the gateway that holds requests while there is no replica.</summary>
    public static string Front(string owner) => owner + "-front";

    /// <summary>The Service by which that one reaches the replicas.</summary>
    public static string BackService(string owner) => owner + "-back";

    /// <summary>A Job that downloads weights to a node. Its name is a label of its pods: 63 characters.</summary>
    /// <param name="owner">The NemotronDeployment.</param>
    /// <param name="digest">What tells it from the others: 12 digits of the owner's name, the node and what is downloaded.</param>
    public static string WeightJob(string owner, string digest)
    {
        const string middle = "-weights-";
        var room = 63 - middle.Length - digest.Length;
        return $"{(owner.Length <= room ? owner : owner[..room].TrimEnd('-'))}{middle}{digest}";
    }

    public static string ConfigMap(string owner) => owner + "-engine";

    public static string DisruptionBudget(string owner) => owner;

    public static string NetworkPolicy(string owner) => owner;

    public static string PodMonitor(string owner) => owner;

    public static string ServiceAccount(string owner) => owner;

    /// <summary>Why the pods of a replica over several nodes cannot be named after <paramref name="owner"/>, and what would do; null when they can.</summary>
    public static string? GroupRefusal(string owner)
    {
        const int longest = LongestStatefulSetName - GroupNumber - 6;
        return owner.Length <= longest ? null
            : $"metadata.name has {owner.Length} characters; a replica over several nodes is named after it with \"{GroupSuffix}\" and two numbers added, which leaves room for {longest}. Create it anew under a shorter name.";
    }

    /// <summary>Why children cannot be named after <paramref name="owner"/>, and what would do; null when they can.</summary>
    public static string? Refusal(string owner)
    {
        if (owner.Length > LongestServiceName - GrpcSuffix.Length)
            return $"metadata.name has {owner.Length} characters; a Service is named after it with \"{GrpcSuffix}\" added, and a Service's name may have {LongestServiceName}. "
                + $"Create it anew under a name of at most {LongestOwnerName} characters.";
        if (!ServiceLabel().IsMatch(owner))
            return $"metadata.name \"{owner}\" cannot name a Service: that takes lower-case letters, digits and '-', beginning with a letter. Create it anew under such a name.";
        return null;
    }

    [GeneratedRegex("^[a-z]([-a-z0-9]*[a-z0-9])?$")]
    private static partial Regex ServiceLabel();
}
