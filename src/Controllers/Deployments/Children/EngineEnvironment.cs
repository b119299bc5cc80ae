using k8s.Models;
using Nemotron.Crds;
using Nemotron.Engines.Launch;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>The environment of the engine's container.</summary>
internal static class EngineEnvironment
{
    /// <summary>Where Hugging Face's libraries look for the token.</summary>
    public const string HuggingFaceToken = "HF_TOKEN";

    public static IList<V1EnvVar> Build(NemotronDeploymentSpec spec, DecidedDeployment decided) =>
    [
        .. decided.Launch.Environment.Select(pair => new V1EnvVar { Name = pair.Key, Value = pair.Value }),
        // An engine that finds its weights on the disk asks nobody for them.
        .. decided.Weights is null ? Token(spec) : [],
        .. spec.Env ?? [],
    ];

    /// <summary>That of the container which downloads weights: the token, and the user's variables, by which proxies and mirrors are named.</summary>
    public static IList<V1EnvVar> OfDownloads(NemotronDeploymentSpec spec) => [.. Token(spec), .. spec.Env ?? []];

    private static IEnumerable<V1EnvVar> Token(NemotronDeploymentSpec spec)
    {
        if (spec.Checkpoint?.TokenSecretRef is { } token)
            yield return new V1EnvVar
            {
                Name = HuggingFaceToken,
                ValueFrom = new V1EnvVarSource { SecretKeyRef = new V1SecretKeySelector { Name = token.Name, Key = token.Key } },
            };
    }

    /// <summary>Why the user's variables cannot stand, and what to do; null when they can.</summary>
    public static string? Refusal(NemotronDeploymentSpec spec, LaunchSpec launch)
    {
        foreach (var (variable, index) in (spec.Env ?? []).Select((variable, index) => (variable, index)))
        {
            if (launch.Environment.ContainsKey(variable.Name))
                return $"spec.env[{index}]: the operator sets {variable.Name} itself; remove it.";
            if (variable.Name == HuggingFaceToken && spec.Checkpoint?.TokenSecretRef is not null)
                return $"spec.env[{index}]: {HuggingFaceToken} comes from spec.checkpoint.tokenSecretRef already; remove one of the two.";
        }

        return null;
    }
}
