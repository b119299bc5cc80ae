using Nemotron.Crds;
using Nemotron.Engines.Launch;
using Nemotron.Planning;
using ReasoningGrammar = Nemotron.Planning.ReasoningGrammar;

namespace Nemotron.Controllers.Deployments.Gateways;

/// <summary>The gateway before a deployment that may have no replica: it holds requests until one serves.</summary>
/// <param name="Image">Its image: that of the gateways beside the engines.</param>
/// <param name="Settings">What it is told.</param>
internal sealed record FrontPlan(string Image, GatewaySettings Settings)
{
    /// <summary>Whether a spec asks for one that there can be.</summary>
    public static bool Wanted(NemotronDeploymentSpec spec) => spec.Autoscaling?.ScaleToZero is not null && WhyNot(spec) is null;

    /// <summary>Why there can be none, so that the last replica stays; null where there can.</summary>
    public static string? WhyNot(NemotronDeploymentSpec spec) =>
        !GatewayPlan.Wanted(spec) ? "the last replica stays: spec.gateway.enabled is false, and what holds requests is a gateway"
        : spec.Gateway?.Tls is not null ? "the last replica stays: what holds requests would have to present the certificate of spec.gateway.tls and trust the replicas', which it cannot be told"
        : null;

    /// <summary>The front of a deployment.</summary>
    /// <param name="spec">Its spec, which asks for one.</param>
    /// <param name="gateway">The gateway beside its engines.</param>
    /// <param name="back">The address of the Service that leads to its replicas alone; null while it has none.</param>
    public static FrontPlan? Of(NemotronDeploymentSpec spec, GatewayPlan? gateway, string? back) => gateway is null || back is null || !Wanted(spec) ? null : new FrontPlan(gateway.Image, new GatewaySettings
    {
        Upstream = $"http://{back}:{LaunchSpec.HttpPort}",
        HealthPath = gateway.Settings.HealthPath,
        Front = new GatewayFront { Hold = spec.Autoscaling!.ScaleToZero!.HoldRequests?.Value ?? TimeSpan.FromMinutes(15) },
        // The mode is for the replica's gateway to set; who may wake one is asked here already.
        Reasoning = new GatewayReasoning { Grammar = ReasoningGrammar.None },
        Drain = gateway.Settings.Drain,
        Access = gateway.Settings.Access,
    });
}
