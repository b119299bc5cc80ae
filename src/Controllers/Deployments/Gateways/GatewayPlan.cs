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
/// <param name="Declared">A digest of what is declared: the same while a budget is lowered or others are stood in for, which is no reason to probe the reasoning mode anew.</param>
internal sealed record GatewayPlan(string Image, GatewaySettings Settings, string Declared)
{
    /// <summary>Endpoints take a moment to leave every node's tables; until then requests still arrive and are served.</summary>
    public static readonly TimeSpan Leaving = TimeSpan.FromSeconds(5);

    /// <summary>Whether pods of <paramref name="spec"/> have one.</summary>
    public static bool Wanted(NemotronDeploymentSpec spec) => spec.Gateway?.Enabled ?? true;

    /// <summary>Whether the gateway can set a mode: Triton takes prompts without roles, which it has to render, and for that to know the model's chat template.</summary>
    public static bool SetsModes(NemotronDeploymentSpec spec, ModelEntry model) => Wanted(spec) && (spec.Engine?.Type != EngineKind.Triton || model.ChatTemplate is not null);

    /// <summary>Whether it hands prompts on as they come, since it does not know how to render them.</summary>
    /// <param name="spec">The spec that it is of.</param>
    public bool HandsOn(NemotronDeploymentSpec spec) => spec.Engine?.Type == EngineKind.Triton && Settings.Triton is null;

    /// <summary>The gateway that a spec asks for; null where it asks for none.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="model">The model.</param>
    /// <param name="request">What the engine behind it was asked to be.</param>
    /// <param name="launch">How it is started.</param>
    /// <param name="usual">The image where the spec names none.</param>
    /// <param name="loweredTo">The lower thinking budget that counts for now, in tokens; null for the declared one.</param>
    /// <param name="standIn">For whom its replicas stand in; null for nobody.</param>
    public static GatewayPlan? Of(NemotronDeploymentSpec spec, ModelEntry model, LaunchRequest request, LaunchSpec launch, GatewayImage usual, long? loweredTo = null, GatewayStandIn? standIn = null)
    {
        if (!Wanted(spec)) return null;
        var settings = new GatewaySettings
        {
            Upstream = $"http://127.0.0.1:{LaunchSpec.PortBehindGateway}",
            Triton = Triton(spec, model, request, launch),
            HealthPath = launch.Probes.Readiness.Check is ProbeCheck.Http http ? http.Path : "/health",
            Reasoning = SetsModes(spec, model) ? Reasoning(spec, model.Reasoning, launch) : new GatewayReasoning { Grammar = ReasoningGrammar.None },
            Drain = new GatewayDrain { Delay = Leaving, Deadline = spec.Drain?.Timeout?.Value ?? EngineRequest.DefaultDrain },
            Access = Access(spec.Gateway),
        };
        var declared = Digest(settings);
        if (loweredTo is not null && settings.Reasoning.Budget is { } budget) settings = settings with { Reasoning = settings.Reasoning with { Budget = budget with { LoweredTo = loweredTo } } };
        settings = settings with { StandIn = standIn };
        return new GatewayPlan(spec.Gateway?.Image ?? usual.Name, settings with { Revision = Digest(settings) }, declared);
    }

    /// <summary>By what a trace is ended at its budget; null where nothing can.</summary>
    public static BudgetMechanism? EndsTraces(NemotronDeploymentSpec spec, LaunchSpec launch) =>
        // The prompt is the gateway's own to go on with, and nothing takes the marks out of the answer.
        spec.Engine?.Type == EngineKind.Triton ? BudgetMechanism.Stream
        // trtllm-serve does not continue a final message, so of the three means it has this one only, and that not in every release.
        : launch.ReasoningParser is not null && launch.Release.Has(TrtLlmFeature.ThinkingTokenBudget) ? BudgetMechanism.ThinkingTokenBudget
        : null;

    /// <summary>Whether the gateway holds something against clients, so that no Service may lead them past it: keys, or a mode that they may not choose.</summary>
    public bool Guards => Settings.Access.ApiKeysFile is not null || Settings.Reasoning.Enforcement == GatewayEnforcement.Enforced;

    private static string Digest(GatewaySettings settings) => EngineConfigMap.Digest(GatewaySettingsYaml.Render(settings));

    private static GatewayAccess Access(GatewaySpec? declared) => new()
    {
        ApiKeysFile = declared?.ApiKeysSecretRef is null ? null : GatewayContainer.KeysFile,
        TlsCertificateFile = declared?.Tls is null ? null : GatewayContainer.CertificateFile,
        TlsKeyFile = declared?.Tls is null ? null : GatewayContainer.CertificateKeyFile,
    };

    private static GatewayTriton? Triton(NemotronDeploymentSpec spec, ModelEntry model, LaunchRequest request, LaunchSpec launch) =>
        spec.Engine?.Type == EngineKind.Triton && model.ChatTemplate is { } template
            ? new GatewayTriton
            {
                Grpc = $"http://127.0.0.1:{launch.Ports.First(port => port.Name == LaunchSpec.GrpcPortName).Number}",
                ServedName = request.Model,
                ChatTemplate = template,
                MaxTokens = (int)Math.Min(request.MaxContextTokens, GatewayTriton.MostTokens),
            }
            : null;

    private static GatewayReasoning Reasoning(NemotronDeploymentSpec spec, Planning.ReasoningSpec model, LaunchSpec launch)
    {
        var declared = spec.Reasoning;
        var card = GatewayReasoning.Of(model);
        return card with
        {
            Default = declared?.Default == Crds.ReasoningMode.On ? ReasoningMode.On : ReasoningMode.Off,
            Enforcement = declared?.Enforcement == ReasoningEnforcement.Enforced ? GatewayEnforcement.Enforced : GatewayEnforcement.Default,
            Budget = declared?.BudgetTokens is { } tokens && EndsTraces(spec, launch) is { } means ? new ThinkingBudget { By = means, Tokens = tokens } : null,
            SamplingOn = Taken(DeclaredSampling.Over(card.SamplingOn, declared?.Sampling?.ModeOn)),
            SamplingOff = Taken(DeclaredSampling.Over(card.SamplingOff, declared?.Sampling?.ModeOff)),
        };

        // What Triton's llmapi model has no input for is told of (ReasoningRules) and left out.
        GatewaySampling? Taken(GatewaySampling? sampling) =>
            spec.Engine?.Type == EngineKind.Triton && sampling is not null ? sampling with { MinP = null, RepetitionPenalty = null } : sampling;
    }
}
