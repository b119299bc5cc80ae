using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>Labels and annotations on what a NemotronDeployment makes.</summary>
internal static class ChildLabels
{
    /// <summary>Annotation on pods: total bytes of the model's weights, by the memory plan.</summary>
    public const string WeightsBytes = NemotronApi.Group + "/weights-bytes";

    /// <summary>Annotation on the Deployment: a hash of the pod template it was last given.</summary>
    public const string TemplateHash = NemotronApi.Group + "/template-hash";

    /// <summary>Annotation on the Deployment: replicas that it is told to keep beyond those wanted, while a GpuNodePool moves one. Written with their number, so that the two are never read apart.</summary>
    public const string ExtraReplicas = NemotronApi.Group + "/extra-replicas";

    /// <summary>What selects the pods of a NemotronDeployment.</summary>
    public static Dictionary<string, string> Selector(string owner) => new() { [NemotronLabels.Deployment] = owner };

    /// <summary>What selects the pods that answer requests: one per replica.</summary>
    public static Dictionary<string, string> ServerSelector(string owner) => new() { [NemotronLabels.Deployment] = owner, [NemotronLabels.Role] = NemotronLabels.ServerRole };

    /// <summary>That selector as text, for <c>/scale</c>: what averages over replicas must count each once.</summary>
    public static string SelectorText(string owner) => $"{NemotronLabels.Deployment}={owner},{NemotronLabels.Role}={NemotronLabels.ServerRole}";

    /// <summary>On the pod that holds requests before a deployment without replicas: whose it is. It does not carry <see cref="NemotronLabels.Deployment"/>, since it is no replica.</summary>
    public const string Front = NemotronApi.Group + "/front";

    /// <summary>What selects that pod.</summary>
    public static Dictionary<string, string> FrontSelector(string owner) => new() { [Front] = owner };

    /// <summary>Its labels.</summary>
    public static Dictionary<string, string> OfFront(string owner) => new()
    {
        [NemotronLabels.Name] = "nemotron-front",
        [NemotronLabels.Instance] = owner,
        [NemotronLabels.ManagedBy] = NemotronLabels.ManagedByValue,
        [Front] = owner,
    };

    /// <summary>The labels of a pod that downloads weights. It does not carry <see cref="NemotronLabels.Deployment"/>, since it is no replica.</summary>
    public static Dictionary<string, string> OfWeights(string owner, string key) => new()
    {
        [NemotronLabels.Name] = "nemotron-weights",
        [NemotronLabels.Instance] = owner,
        [NemotronLabels.ManagedBy] = NemotronLabels.ManagedByValue,
        [NemotronLabels.Weights] = key,
    };

    /// <summary>The labels of a child object.</summary>
    public static Dictionary<string, string> Of(string owner) => new()
    {
        [NemotronLabels.Name] = "nemotron",
        [NemotronLabels.Instance] = owner,
        [NemotronLabels.ManagedBy] = NemotronLabels.ManagedByValue,
        [NemotronLabels.Deployment] = owner,
    };

    /// <summary>Whether a label or annotation key is the operator's to set.</summary>
    public static bool Reserved(string key) =>
        key.StartsWith(NemotronApi.Group + "/", StringComparison.Ordinal) || key.StartsWith("app.kubernetes.io/", StringComparison.Ordinal);
}
