using System.Security.Cryptography;
using System.Text;
using k8s.Models;
using Nemotron.Crds;
using Nemotron.Engines.Launch;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>The engine's configuration files.</summary>
internal static class EngineConfigMap
{
    public static V1ConfigMap Build(NemotronDeployment owner, LaunchSpec launch) => new()
    {
        ApiVersion = "v1",
        Kind = "ConfigMap",
        Metadata = ChildMetadata.Of(owner, ChildNames.ConfigMap(owner.Metadata.Name)),
        Data = launch.ConfigFiles.ToDictionary(),
    };

    /// <summary>Twelve hex digits that change when any file does.</summary>
    public static string Hash(LaunchSpec launch)
    {
        var text = new StringBuilder();
        foreach (var (name, content) in launch.ConfigFiles.OrderBy(file => file.Key, StringComparer.Ordinal))
            text.Append(name).Append('\0').Append(content).Append('\0');
        return Digest(text.ToString());
    }

    internal static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12];
}
