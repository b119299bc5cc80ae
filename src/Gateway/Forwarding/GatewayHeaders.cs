using Nemotron.Gateway.Observing;
using Nemotron.Gateway.Reasoning;
using Nemotron.Gateway.Requests;
using Nemotron.Planning;

namespace Nemotron.Gateway.Forwarding;

/// <summary>The gateway's own headers: what a client may ask, and what it is told. They never reach the engine.</summary>
internal static class GatewayHeaders
{
    /// <summary>What all of them begin with.</summary>
    public const string Prefix = "X-Nemotron-";

    /// <summary>Asked and answered: on or off; answered also unset, where no mode can be set.</summary>
    public const string Reasoning = "X-Nemotron-Reasoning";

    /// <summary>Who settled the mode: header, template-kwargs, prompt, default or enforced.</summary>
    public const string ReasoningSource = "X-Nemotron-Reasoning-Source";

    /// <summary>The mode that the client asked for and did not get.</summary>
    public const string ReasoningOverridden = "X-Nemotron-Reasoning-Overridden";

    /// <summary>Asked and answered: most tokens of the trace.</summary>
    public const string ThinkingBudget = "X-Nemotron-Thinking-Budget";

    /// <summary>Who settled the budget: deployment, client or pressure.</summary>
    public const string ThinkingBudgetSource = "X-Nemotron-Thinking-Budget-Source";

    /// <summary>Answered where another deployment's replica stands in: which, such as <c>small (Nano)</c>.</summary>
    public const string ServedBy = "X-Nemotron-Served-By";

    /// <summary>Reads a client's wishes.</summary>
    /// <exception cref="BadRequestException">A header has a value that it cannot have.</exception>
    public static HeaderWishes Wishes(IHeaderDictionary headers)
    {
        var mode = headers[Reasoning].ToString();
        var budget = headers[ThinkingBudget].ToString();
        if (mode.Length == 0 && budget.Length == 0) return default;
        ReasoningMode? wanted = mode.Length == 0 ? null
            : mode.Equals("on", StringComparison.OrdinalIgnoreCase) ? ReasoningMode.On
            : mode.Equals("off", StringComparison.OrdinalIgnoreCase) ? ReasoningMode.Off
            : throw new BadRequestException($"The header {Reasoning} must be on or off.", Reasoning, "invalid_value");
        long? tokens = budget.Length == 0 ? null
            : long.TryParse(budget, System.Globalization.NumberStyles.None, null, out var value) && value > 0 ? value
            : throw new BadRequestException($"The header {ThinkingBudget} must be a whole number of tokens above 0.", ThinkingBudget, "invalid_value");
        return new HeaderWishes(wanted, tokens);
    }

    /// <summary>Tells the client what was applied.</summary>
    public static void Tell(IHeaderDictionary headers, RequestPlan plan)
    {
        headers[Reasoning] = GatewayMetrics.NameOf(plan.Mode.Mode);
        if (plan.Mode.Source is { } source) headers[ReasoningSource] = NameOf(source);
        if (plan.Mode.Overridden is { } overridden) headers[ReasoningOverridden] = GatewayMetrics.NameOf(overridden);
        if (plan.Budget is not { } budget) return;
        headers[ThinkingBudget] = budget.Tokens.ToString(System.Globalization.CultureInfo.InvariantCulture);
        headers[ThinkingBudgetSource] = NameOf(budget.Source);
    }

    private static string NameOf(ModeSource source) => source switch
    {
        ModeSource.Header => "header",
        ModeSource.TemplateKwargs => "template-kwargs",
        ModeSource.Prompt => "prompt",
        ModeSource.Enforced => "enforced",
        _ => "default",
    };

    private static string NameOf(BudgetSource source) => source switch
    {
        BudgetSource.Client => "client",
        BudgetSource.Pressure => "pressure",
        _ => "deployment",
    };
}
