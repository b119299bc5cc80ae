using System.Security.Cryptography;
using System.Text;
using k8s.Models;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Crds;
using Nemotron.Engines.Launch;
using Nemotron.Planning;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>The engine's configuration files, and the gateway's.</summary>
internal static class EngineConfigMap
{
    /// <summary>The name of the gateway's settings file.</summary>
    public const string GatewayFile = "gateway.yaml";

    /// <summary>The name of the settings file of the gateway that holds requests while there is no replica.</summary>
    public const string FrontFile = "front.yaml";

    public static V1ConfigMap Build(NemotronDeployment owner, DecidedDeployment decided)
    {
        var files = decided.Launch.ConfigFiles.ToDictionary();
        if (decided.Weights is not null) files[CachedWeights.ScriptFile] = CachedWeights.Script;
        if (decided.Gateway is { } gateway) files[GatewayFile] = GatewaySettingsYaml.Render(gateway.Settings);
        if (decided.Front is { } front) files[FrontFile] = GatewaySettingsYaml.Render(front.Settings);
        return new V1ConfigMap
        {
            ApiVersion = "v1",
            Kind = "ConfigMap",
            Metadata = ChildMetadata.Of(owner, ChildNames.ConfigMap(owner.Metadata.Name)),
            Data = files,
        };
    }

    /// <summary>Twelve hex digits that change when anything does that only a restart takes in: any file of the engine, and of the gateway's settings what it reads at its start only.</summary>
    public static string Hash(LaunchSpec launch, GatewayPlan? gateway)
    {
        var text = new StringBuilder();
        foreach (var (name, content) in launch.ConfigFiles.OrderBy(file => file.Key, StringComparer.Ordinal))
            text.Append(name).Append('\0').Append(content).Append('\0');
        if (gateway is not null) text.Append(gateway.Settings.FixedAtStart);
        return Digest(text.ToString());
    }

    internal static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12];
}
