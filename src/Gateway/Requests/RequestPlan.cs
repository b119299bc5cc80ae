using Nemotron.Gateway.Json;
using Nemotron.Gateway.Reasoning;
using Nemotron.Planning;

namespace Nemotron.Gateway.Requests;

/// <summary>What a client says outside the body.</summary>
/// <param name="Mode">The header <c>X-Nemotron-Reasoning</c>.</param>
/// <param name="BudgetTokens">The header <c>X-Nemotron-Thinking-Budget</c>.</param>
internal readonly record struct HeaderWishes(ReasoningMode? Mode, long? BudgetTokens);

/// <summary>What is sent to the engine for a request, and what is known of it.</summary>
internal sealed record RequestPlan
{
    /// <summary>Where it is for.</summary>
    public required ApiEndpoint Endpoint { get; init; }

    /// <summary>The body for the engine: the client's, byte for byte, but for what had to be changed.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The first turn in it is the gateway's own, before the client's.</summary>
    public bool IsLed { get; init; }

    /// <summary>The reasoning mode.</summary>
    public required ModeDecision Mode { get; init; }

    /// <summary>The thinking budget; null for none.</summary>
    public BudgetDecision? Budget { get; init; }

    /// <summary>Who opens the trace of this answer.</summary>
    public TraceOpener TraceOpenedBy { get; init; }

    /// <summary>The answer is to be streamed.</summary>
    public bool Streams { get; init; }

    /// <summary>The stream was asked for its usage by the gateway alone, so that the client is not shown it.</summary>
    public bool HidesUsage { get; init; }

    /// <summary>The client asked for the stream's usage.</summary>
    public bool ShowsUsage { get; init; }

    /// <summary>Most output tokens by the client's wish or the deployment's; null for none.</summary>
    public long? MaxTokens { get; init; }

    /// <summary>The gateway itself ends the trace at the budget.</summary>
    public bool EndsTraceItself => Budget?.By == BudgetMechanism.Stream;

    /// <summary>Plans a request.</summary>
    /// <param name="settings">The deployment's.</param>
    /// <param name="endpoint">Where it is for.</param>
    /// <param name="body">The client's body.</param>
    /// <param name="wishes">What the client says in headers.</param>
    /// <exception cref="BadRequestException">It is no request, or one to which the declared mode or budget cannot be applied while it must be.</exception>
    public static RequestPlan Make(GatewaySettings settings, ApiEndpoint endpoint, ReadOnlyMemory<byte> body, HeaderWishes wishes)
    {
        var request = RequestReader.Read(endpoint, body, settings.Limits.JsonDepth);
        return endpoint == ApiEndpoint.Completions ? WithoutRoles(settings, request, wishes) : WithRoles(settings, request, wishes);
    }

    private static RequestPlan WithRoles(GatewaySettings settings, InferenceRequest request, HeaderWishes wishes)
    {
        var reasoning = settings.Reasoning;
        if (reasoning is { Grammar: not ReasoningGrammar.None, Impossible: WhereImpossible.Refuse } && PromptControl.Find(request, reasoning.Grammar) is var (field, reason))
            throw new BadRequestException($"This deployment holds its reasoning mode, which '{field}' could undo: {reason}.", field, "mode_impossible");
        var grammar = ReasoningGrammars.Of(reasoning);
        var mode = ModeDecision.Decide(reasoning, grammar, request, wishes.Mode);
        var edits = new BodyEdits();
        if (mode.Mode is { } settled)
        {
            grammar.Apply(request, settled, edits);
            // What the client said plainly may not contradict the mode: an engine's reasoning parser may go by it.
            if (reasoning.Grammar != ReasoningGrammar.ChatTemplateKwargs && request.EnableThinking is { } said && said != (settled == ReasoningMode.On))
                request.SetInner(edits, RequestField.ChatTemplateKwargs, settled == ReasoningMode.On ? "true" : "false");
        }

        var sampling = mode.Mode == ReasoningMode.On ? reasoning.SamplingOn : reasoning.SamplingOff;
        if (sampling is not null) SamplingFill.Apply(request, sampling, edits);
        // Decided even where the model does not think, so that a wrong wish is refused in either mode.
        var budget = BudgetDecision.Decide(reasoning.Budget, request, wishes.BudgetTokens);
        if (mode.Mode != ReasoningMode.On) budget = null;
        if (budget?.By == BudgetMechanism.Stream && WhyUnwatchable(request) is { } why)
        {
            if (reasoning.Impossible == WhereImpossible.Refuse) throw new BadRequestException($"The thinking budget cannot be held: {why}.", null, "budget_impossible");
            budget = null;
        }

        budget?.Apply(request, edits);
        return Finish(settings, request, edits, mode) with
        {
            Budget = budget,
            TraceOpenedBy = mode.Mode == ReasoningMode.On ? reasoning.TraceOpenedBy : TraceOpener.Model,
            MaxTokens = request.MaxTokens ?? sampling?.MaxTokens,
        };
    }

    private static RequestPlan WithoutRoles(GatewaySettings settings, InferenceRequest request, HeaderWishes wishes)
    {
        if (wishes.Mode is not null)
            throw new BadRequestException("A prompt without roles has no place for a reasoning mode; use /v1/chat/completions.", "X-Nemotron-Reasoning", "mode_impossible");
        if (wishes.BudgetTokens is not null)
            throw new BadRequestException("A prompt without roles has no thinking budget; use /v1/chat/completions.", "X-Nemotron-Thinking-Budget", "budget_impossible");
        if (settings.Reasoning is { Grammar: not ReasoningGrammar.None, Impossible: WhereImpossible.Refuse })
            throw new BadRequestException(
                "This deployment holds its reasoning mode, which cannot be set in a prompt without roles; use /v1/chat/completions.", null, "mode_impossible");
        return Finish(settings, request, new BodyEdits(), ModeDecision.None) with { MaxTokens = request.MaxTokens };
    }

    private static RequestPlan Finish(GatewaySettings settings, InferenceRequest request, BodyEdits edits, ModeDecision mode)
    {
        // /v1/responses ends its streams with the usage unasked.
        var asks = settings.StreamUsage == StreamUsage.Ask && request is { Streams: true, AsksForUsage: false, Endpoint: not ApiEndpoint.Responses };
        if (asks) request.SetInner(edits, RequestField.StreamOptions, "true");
        return new RequestPlan { Endpoint = request.Endpoint, Body = edits.ApplyTo(request.Body), Mode = mode, Streams = request.Streams, HidesUsage = asks, ShowsUsage = request.AsksForUsage, IsLed = request.IsLed };
    }

    private static bool HasFormat(InferenceRequest request) => request[RequestField.ResponseFormat] is { IsLeftOut: false } && !request.IsTextFormat;

    private static bool HasTools(InferenceRequest request) => request[RequestField.Tools] is { Kind: System.Text.Json.JsonTokenType.StartArray } tools && tools.End - tools.Start > 2;

    private static string? WhyUnwatchable(InferenceRequest request) =>
        request.Endpoint == ApiEndpoint.Responses ? "on /v1/responses this engine has no means to continue an answer"
        : request.Choices > 1 ? "of several answers (n) one cannot be continued alone"
        : HasFormat(request) ? "an answer in a format (response_format) has no trace, or one that cannot be ended without breaking it"
        : !request.Streams && (HasTools(request) || request[RequestField.Logprobs].Kind is System.Text.Json.JsonTokenType.True)
            ? "an answer that is not streamed is made of two calls, and tool calls (tools) or logprobs of the first would be cut"
        : PromptControl.Find(request) is var (field, reason) ? $"'{field}' leaves open where the trace begins, since {reason}"
        : null;
}
