using Nemotron.Controllers.Deployments.Children;
using Nemotron.Crds;
using Nemotron.Engines.Launch;
using Nemotron.Planning;
using EngineKind = Nemotron.Crds.EngineKind;
using ReasoningGrammar = Nemotron.Planning.ReasoningGrammar;
using ReasoningMode = Nemotron.Planning.ReasoningMode;

namespace Nemotron.Controllers.Deployments.Gateways;

/// <summary>The gateway of a replica: its image, and what it is told.</summary>
/// <param name="Image">Its image.</param>
/// <param name="Settings">What it is told; <see cref="GatewaySettings.Revision"/> is a digest of the rest.</param>
/// <param name="Declared">A digest of what is declared: the same while a budget is lowered for a time, which is no reason to probe the reasoning mode anew.</param>
internal sealed record GatewayPlan(string Image, GatewaySettings Settings, string Declared)
{
    /// <summary>Endpoints take a moment to leave every node's tables; until then requests still arrive and are served.</summary>
    public static readonly TimeSpan Leaving = TimeSpan.FromSeconds(5);

    /// <summary>Whether pods of <paramref name="spec"/> have one.</summary>
    public static bool Wanted(NemotronDeploymentSpec spec) => spec.Gateway?.Enabled ?? true;

    /// <summary>Whether the gateway can set a mode: Triton's requests are prompts without roles, which it hands on as they are.</summary>
    public static bool SetsModes(NemotronDeploymentSpec spec) => Wanted(spec) && spec.Engine?.Type != EngineKind.Triton;

    /// <summary>The gateway that a spec asks for; null where it asks for none.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="model">The model.</param>
    /// <param name="launch">How the engine behind it is started.</param>
    /// <param name="usual">The image where the spec names none.</param>
    /// <param name="loweredTo">The lower thinking budget that counts for now, in tokens; null for the declared one.</param>
    public static GatewayPlan? Of(NemotronDeploymentSpec spec, ModelEntry model, LaunchSpec launch, GatewayImage usual, long? loweredTo = null)
    {
        if (!Wanted(spec)) return null;
        var settings = new GatewaySettings
        {
            Upstream = $"http://127.0.0.1:{LaunchSpec.PortBehindGateway}",
            HealthPath = launch.Probes.Readiness.Check is ProbeCheck.Http http ? http.Path : "/health",
            Reasoning = SetsModes(spec) ? Reasoning(spec.Reasoning, model.Reasoning, launch) : new GatewayReasoning { Grammar = ReasoningGrammar.None },
            Drain = new GatewayDrain { Delay = Leaving, Deadline = spec.Drain?.Timeout?.Value ?? EngineRequest.DefaultDrain },
            Access = Access(spec.Gateway),
        };
        var declared = Digest(settings);
        if (loweredTo is not null && settings.Reasoning.Budget is { } budget) settings = settings with { Reasoning = settings.Reasoning with { Budget = budget with { LoweredTo = loweredTo } } };
        return new GatewayPlan(spec.Gateway?.Image ?? usual.Name, settings with { Revision = Digest(settings) }, declared);
    }

    /// <summary>Whether the engine ends a trace at its budget when a request says so.</summary>
    public static bool EndsTraces(LaunchSpec launch) => launch.ReasoningParser is not null && launch.Release.Has(TrtLlmFeature.ThinkingTokenBudget);

    /// <summary>Whether the gateway holds something against clients, so that no Service may lead them past it: keys, or a mode that they may not choose.</summary>
    public bool Guards => Settings.Access.ApiKeysFile is not null || Settings.Reasoning.Enforcement == GatewayEnforcement.Enforced;

    private static string Digest(GatewaySettings settings) => EngineConfigMap.Digest(GatewaySettingsYaml.Render(settings));

    private static GatewayAccess Access(GatewaySpec? declared) => new()
    {
        ApiKeysFile = declared?.ApiKeysSecretRef is null ? null : GatewayContainer.KeysFile,
        TlsCertificateFile = declared?.Tls is null ? null : GatewayContainer.CertificateFile,
        TlsKeyFile = declared?.Tls is null ? null : GatewayContainer.CertificateKeyFile,
    };

    private static GatewayReasoning Reasoning(Crds.ReasoningSpec? declared, Planning.ReasoningSpec model, LaunchSpec launch)
    {
        var card = GatewayReasoning.Of(model);
        return card with
        {
            Default = declared?.Default == Crds.ReasoningMode.On ? ReasoningMode.On : ReasoningMode.Off,
            Enforcement = declared?.Enforcement == ReasoningEnforcement.Enforced ? GatewayEnforcement.Enforced : GatewayEnforcement.Default,
            // trtllm-serve does not continue a final message, so of the three means it has the first only, and that not in every release.
            Budget = declared?.BudgetTokens is { } tokens && EndsTraces(launch) ? new ThinkingBudget { By = BudgetMechanism.ThinkingTokenBudget, Tokens = tokens } : null,
            SamplingOn = DeclaredSampling.Over(card.SamplingOn, declared?.Sampling?.ModeOn),
            SamplingOff = DeclaredSampling.Over(card.SamplingOff, declared?.Sampling?.ModeOff),
        };
    }
}
