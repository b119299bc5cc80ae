using Nemotron.Gateway.Json;
using Nemotron.Gateway.Requests;
using Nemotron.Planning;

namespace Nemotron.Gateway.Reasoning;

/// <summary>Who settled the budget of a request.</summary>
internal enum BudgetSource
{
    /// <summary>The deployment.</summary>
    Deployment,

    /// <summary>The client, who asked for less.</summary>
    Client,

    /// <summary>The deployment's lower limit while GPUs are short.</summary>
    Pressure,
}

/// <summary>The thinking budget of one request.</summary>
/// <param name="Tokens">Most tokens of the trace.</param>
/// <param name="Source">Who settled it.</param>
/// <param name="By">By what the trace is ended.</param>
/// <param name="GraceTokens">Tokens in which a line may come to its end, where the gateway ends the trace.</param>
internal sealed record BudgetDecision(long Tokens, BudgetSource Source, BudgetMechanism By, int GraceTokens)
{
    /// <summary>Decides: the least of what the deployment allows and what the client asks for, in any of the ways it can.</summary>
    /// <param name="budget">What the deployment declares; null for nothing.</param>
    /// <param name="request">The request.</param>
    /// <param name="header">What the header <c>X-Nemotron-Thinking-Budget</c> says; null for nothing.</param>
    /// <returns>The budget; null for none.</returns>
    /// <exception cref="BadRequestException">The client asks for less than one token, or there is nothing that could end a trace.</exception>
    public static BudgetDecision? Decide(ThinkingBudget? budget, InferenceRequest request, long? header)
    {
        if (budget is null)
            return header is null
                ? null
                : throw new BadRequestException(
                    "This deployment has no means to end a reasoning trace at a budget.", "X-Nemotron-Thinking-Budget", "budget_not_supported");
        long? asked = null;
        Ask(header, "X-Nemotron-Thinking-Budget");
        Ask(request.Integer(request[RequestField.ThinkingTokenBudget]), "thinking_token_budget");
        Ask(request.Integer(request.Inner(RequestField.Nvext)), "nvext.max_thinking_tokens");
        if (budget.InForce is not { } most) return asked is { } free ? Of(free, BudgetSource.Client) : null;
        if (asked < most) return Of(asked.Value, BudgetSource.Client);
        return Of(most, budget.LoweredTo == most && budget.Tokens != most ? BudgetSource.Pressure : BudgetSource.Deployment);

        void Ask(long? tokens, string name)
        {
            if (tokens < 1) throw new BadRequestException($"'{name}' must be 1 or more; to have no reasoning, ask for reasoning off.", name, "invalid_value");
            asked = tokens is { } one ? Math.Min(asked ?? one, one) : asked;
        }

        BudgetDecision Of(long tokens, BudgetSource source) => new(tokens, source, budget.By, budget.GraceTokens);
    }

    /// <summary>Tells the engine, where it is the engine that ends the trace.</summary>
    public void Apply(InferenceRequest request, BodyEdits edits)
    {
        var tokens = Tokens.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (By == BudgetMechanism.ThinkingTokenBudget && request.Integer(request[RequestField.ThinkingTokenBudget]) != Tokens)
            request.Set(edits, RequestField.ThinkingTokenBudget, tokens);
        else if (By == BudgetMechanism.NvextMaxThinkingTokens && request.Integer(request.Inner(RequestField.Nvext)) != Tokens)
            request.SetInner(edits, RequestField.Nvext, tokens);
    }
}
