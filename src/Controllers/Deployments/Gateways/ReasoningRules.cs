using Nemotron.Crds;
using Nemotron.Engines.Launch;
using Nemotron.Planning;
using ReasoningGrammar = Nemotron.Planning.ReasoningGrammar;
using ReasoningMode = Nemotron.Crds.ReasoningMode;

namespace Nemotron.Controllers.Deployments.Gateways;

/// <summary>What of <c>spec.reasoning</c> cannot be held: refused where the deployment insists, named as without effect where it only wishes.</summary>
internal static class ReasoningRules
{
    /// <summary>Why the model, or its engine, cannot do what the deployment insists on; null when it can.</summary>
    public static Refusal? Refusal(NemotronDeploymentSpec spec, ModelEntry model)
    {
        if (spec.Reasoning is not { } reasoning) return null;
        if (model.Reasoning.Grammar == ReasoningGrammar.None && reasoning.Default == ReasoningMode.On)
            return new Refusal(ConditionReasons.InvalidField, $"spec.reasoning.default: {model.Name} has no reasoning mode and cannot be told to think. Set it to Off, or choose another model.");
        if (reasoning.Enforcement == ReasoningEnforcement.Enforced && model.Reasoning.Grammar != ReasoningGrammar.None && GatewayPlan.Wanted(spec) && !GatewayPlan.SetsModes(spec))
            return new Refusal(ConditionReasons.EngineNotSupported,
                "spec.reasoning.enforcement: Enforced cannot be held with spec.engine.type Triton: its requests are prompts without roles, over gRPC too, and each client writes the mode into its own. Leave it out, or use TrtLlmServe.");
        return null;
    }

    /// <summary>Which wishes have no effect, each with its reason.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="launch">How the engine is started; null where that is not decided.</param>
    public static IEnumerable<string> NotInEffect(NemotronDeploymentSpec spec, LaunchSpec? launch)
    {
        if (spec.Reasoning is not { } reasoning) yield break;
        if (!GatewayPlan.SetsModes(spec))
        {
            var why = GatewayPlan.Wanted(spec) ? "Triton's requests are prompts without roles: each client writes the mode into its own" : "spec.gateway.enabled is false: each client states the mode itself";
            if (reasoning.Default == ReasoningMode.On || reasoning.BudgetTokens is not null || reasoning.Sampling is not null) yield return $"spec.reasoning ({why})";
        }
        else if (reasoning.BudgetTokens is not null && launch is not null && !GatewayPlan.EndsTraces(launch))
        {
            if (reasoning.Pressure is not null) yield return "spec.reasoning.pressure (no budget is in force that could be lowered)";
            yield return launch.Release.Has(TrtLlmFeature.ThinkingTokenBudget)
                ? "spec.reasoning.budgetTokens (the engine ends a trace only with a reasoning parser: set spec.engine.reasoningParser)"
                : $"spec.reasoning.budgetTokens (TensorRT-LLM {launch.Release.TrtLlm} cannot end a trace: that needs {TrtLlmFeature.ThinkingTokenBudget.Since} or newer in spec.engine.version, and a reasoning parser)";
        }
    }
}
