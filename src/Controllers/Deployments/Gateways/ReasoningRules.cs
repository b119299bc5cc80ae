using Nemotron.Crds;
using Nemotron.Engines.Launch;
using Nemotron.Planning;
using EngineKind = Nemotron.Crds.EngineKind;
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
        if (reasoning.Enforcement == ReasoningEnforcement.Enforced && model.Reasoning.Grammar != ReasoningGrammar.None && GatewayPlan.Wanted(spec) && !GatewayPlan.SetsModes(spec, model))
            return new Refusal(ConditionReasons.EngineNotSupported,
                $"spec.reasoning.enforcement: Enforced cannot be held with spec.engine.type Triton, which takes prompts without roles: the gateway would have to render them, and the chat template of {model.Name} is not known to it. Leave it out, name the template in a NemotronModel (spec.chatTemplate), or use TrtLlmServe.");
        return null;
    }

    /// <summary>Which wishes have no effect, each with its reason.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="decided">What was decided about it; null where nothing is.</param>
    public static IEnumerable<string> NotInEffect(NemotronDeploymentSpec spec, DecidedDeployment? decided)
    {
        if (spec.Reasoning is not { } reasoning) yield break;
        var triton = spec.Engine?.Type == EngineKind.Triton;
        if (!GatewayPlan.Wanted(spec) || decided?.Gateway?.HandsOn(spec) == true)
        {
            var why = GatewayPlan.Wanted(spec) ? "Triton takes prompts without roles, and the model's chat template is not known: each client writes the mode into its own" : "spec.gateway.enabled is false: each client states the mode itself";
            if (reasoning.Default == ReasoningMode.On || reasoning.BudgetTokens is not null || reasoning.Sampling is not null) yield return $"spec.reasoning ({why})";
        }
        else if (decided is not null && reasoning.BudgetTokens is not null && GatewayPlan.EndsTraces(spec, decided.Launch) is null)
        {
            var release = decided.Launch.Release;
            if (reasoning.Pressure is not null) yield return "spec.reasoning.pressure (no budget is in force that could be lowered)";
            yield return release.Has(TrtLlmFeature.ThinkingTokenBudget)
                ? "spec.reasoning.budgetTokens (the engine ends a trace only with a reasoning parser: set spec.engine.reasoningParser)"
                : $"spec.reasoning.budgetTokens (TensorRT-LLM {release.TrtLlm} cannot end a trace: that needs {TrtLlmFeature.ThinkingTokenBudget.Since} or newer in spec.engine.version, and a reasoning parser)";
        }

        if (!triton || !GatewayPlan.Wanted(spec)) yield break;
        foreach (var (mode, sampling) in new[] { ("modeOn", reasoning.Sampling?.ModeOn), ("modeOff", reasoning.Sampling?.ModeOff) })
        {
            if (sampling?.MinP is not null) yield return $"spec.reasoning.sampling.{mode}.minP (Triton's llmapi model has no such input)";
            if (sampling?.RepetitionPenalty is not null) yield return $"spec.reasoning.sampling.{mode}.repetitionPenalty (Triton's llmapi model has no such input)";
        }
    }
}
