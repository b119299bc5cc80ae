using System.Text.RegularExpressions;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>The names of what a NemotronDeployment makes, and which names of its own allow them.</summary>
internal static partial class ChildNames
{
    // A Service's name is a DNS label: 63 characters; the longest of ours adds "-grpc", the ConfigMap "-engine" has room to spare.
    private const int LongestServiceName = 63;
    private const string GrpcSuffix = "-grpc";

    /// <summary>The most characters a NemotronDeployment's name may have.</summary>
    public const int LongestOwnerName = 58;

    public static string Deployment(string owner) => owner;

    public static string Service(string owner) => owner;

    public static string GrpcService(string owner) => owner + GrpcSuffix;

    public static string ConfigMap(string owner) => owner + "-engine";

    public static string DisruptionBudget(string owner) => owner;

    public static string ServiceAccount(string owner) => owner;

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
