namespace Nemotron.Controllers.Deployments.Children;

/// <summary>Labels and annotations on what the operator makes.</summary>
internal static class ChildLabels
{
    /// <summary>On every pod of a NemotronDeployment: its name. The pods' selector.</summary>
    public const string Deployment = "serving.nemotron.dev/deployment";

    /// <summary>The catalogue name of the model.</summary>
    public const string Model = "serving.nemotron.dev/model";

    /// <summary>On nodes: the GpuNodePool they belong to. On pods: the pool they were planned for.</summary>
    public const string Pool = "serving.nemotron.dev/pool";

    /// <summary>On everything the operator makes.</summary>
    public const string ManagedBy = "app.kubernetes.io/managed-by";

    /// <summary>The value of <see cref="ManagedBy"/>.</summary>
    public const string Manager = "nemotron-operator";

    /// <summary>On pods: a hash of the engine's configuration files, so that a change of them replaces the pods.</summary>
    public const string ConfigHash = "serving.nemotron.dev/config-hash";

    /// <summary>On pods: total bytes of the model's weights, by the memory plan.</summary>
    public const string WeightsBytes = "serving.nemotron.dev/weights-bytes";

    /// <summary>On the Deployment: a hash of the pod template it was last given.</summary>
    public const string TemplateHash = "serving.nemotron.dev/template-hash";

    /// <summary>What selects the pods of a NemotronDeployment.</summary>
    public static Dictionary<string, string> Selector(string owner) => new() { [Deployment] = owner };

    /// <summary>The selector as text, for <c>/scale</c>.</summary>
    public static string SelectorText(string owner) => $"{Deployment}={owner}";

    /// <summary>The labels of a child object.</summary>
    public static Dictionary<string, string> Of(string owner) => new()
    {
        ["app.kubernetes.io/name"] = "nemotron",
        ["app.kubernetes.io/instance"] = owner,
        [ManagedBy] = Manager,
        [Deployment] = owner,
    };

    /// <summary>Whether a label or annotation key is the operator's to set.</summary>
    public static bool Reserved(string key) =>
        key.StartsWith("serving.nemotron.dev/", StringComparison.Ordinal) || key.StartsWith("app.kubernetes.io/", StringComparison.Ordinal);
}
