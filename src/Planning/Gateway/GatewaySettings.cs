namespace Nemotron.Planning;

/// <summary>
/// What the gateway beside an engine is told: how its model is switched, what the deployment declares, and where the limits are.
/// The operator renders it (<see cref="GatewaySettingsYaml.Render"/>) into a ConfigMap, the gateway reads it and takes changes while it runs.
/// </summary>
public sealed record GatewaySettings
{
    /// <summary>A mark of whoever wrote the settings, which the gateway tells on its admin port: so that it can be seen which are in force. Null for none.</summary>
    public string? Revision { get; init; }

    /// <summary>The engine's address, such as <c>http://127.0.0.1:8001</c>: scheme, host and port only.</summary>
    public required string Upstream { get; init; }

    /// <summary>How Triton is asked; null for an engine with OpenAI's API.</summary>
    public GatewayTriton? Triton { get; init; }

    /// <summary>Set for a gateway that stands before a deployment without replicas; null for one beside an engine.</summary>
    public GatewayFront? Front { get; init; }

    /// <summary>The path that answers 200 once the engine can serve.</summary>
    public string HealthPath { get; init; } = "/health";

    /// <summary>The reasoning mode and how it is held.</summary>
    public required GatewayReasoning Reasoning { get; init; }

    /// <summary>Whether a stream is asked for its token counts where the client did not ask.</summary>
    public StreamUsage StreamUsage { get; init; } = StreamUsage.Ask;

    /// <summary>What a request may be.</summary>
    public GatewayLimits Limits { get; init; } = new();

    /// <summary>How long is waited for what.</summary>
    public GatewayTimeouts Timeouts { get; init; } = new();

    /// <summary>How a stop goes.</summary>
    public GatewayDrain Drain { get; init; } = new();

    /// <summary>Who may come in.</summary>
    public GatewayAccess Access { get; init; } = new();

    /// <summary>For whom the replica stands in; null for nobody.</summary>
    public GatewayStandIn? StandIn { get; init; }

    /// <summary>The share of requests, 0 to 1, whose rewritten body is written to the log with all that the user said in it. 0, the default, writes none.</summary>
    public double LoggedRequestShare { get; init; }

    /// <summary>What a running gateway does not take a change of, in one text: two settings with equal texts need no restart between them.</summary>
    public string FixedAtStart => $"connect={DocumentDuration.Format(Timeouts.Connect)} tls={(Access.TlsCertificateFile is null ? "no" : "yes")}";
}

/// <summary>
/// Triton with TensorRT-LLM's llmapi model behind the gateway. It takes prompts and knows no OpenAI API: the gateway renders the chat template and asks
/// through <c>ModelStreamInfer</c>.
/// </summary>
public sealed record GatewayTriton
{
    /// <summary>The largest <see cref="MaxTokens"/>.</summary>
    public const int MostTokens = 16_777_216;

    /// <summary>Its gRPC address, such as <c>http://127.0.0.1:8001</c>: scheme, host and port only.</summary>
    public required string Grpc { get; init; }

    /// <summary>The name it serves the model under.</summary>
    public string Model { get; init; } = "tensorrt_llm";

    /// <summary>What clients call the model, as <c>/v1/models</c> tells them.</summary>
    public required string ServedName { get; init; }

    /// <summary>How messages become a prompt.</summary>
    public required ChatTemplate ChatTemplate { get; init; }

    /// <summary>Most output tokens where the client names none, 1 to 16,777,216. The engine ends at its longest sequence, but takes 32 where it is told nothing.</summary>
    public required int MaxTokens { get; init; }
}

/// <summary>
/// A gateway before a deployment that may have no replica: requests to generate are held until one serves, and then go to its own gateway as they came. Nothing
/// of a request is read or changed here.
/// </summary>
public sealed record GatewayFront
{
    /// <summary>How long a request may be held before it is refused.</summary>
    public required TimeSpan Hold { get; init; }

    /// <summary>Most requests held at once, 1 to 1,000,000; more are refused.</summary>
    public int MostHeld { get; init; } = 1024;
}

/// <summary>The reasoning mode of a deployment, as its gateway holds it.</summary>
public sealed record GatewayReasoning
{
    /// <summary>How the model is told its mode.</summary>
    public required ReasoningGrammar Grammar { get; init; }

    /// <summary>The mode the model takes when told nothing; null where it decides itself or is not known.</summary>
    public ReasoningMode? ModelDefault { get; init; }

    /// <summary>Who opens the trace.</summary>
    public TraceOpener TraceOpenedBy { get; init; }

    /// <summary>The mode of a request whose client says nothing.</summary>
    public ReasoningMode Default { get; init; } = ReasoningMode.Off;

    /// <summary>Whether the client may choose another.</summary>
    public GatewayEnforcement Enforcement { get; init; } = GatewayEnforcement.Default;

    /// <summary>What becomes of a request to which the declared mode or budget cannot be applied. Null: refused where the mode is enforced, else passed.</summary>
    public WhereImpossible? WhereImpossible { get; init; }

    /// <summary>The limit on a reasoning trace; null where there is none.</summary>
    public ThinkingBudget? Budget { get; init; }

    /// <summary>Sampling of a request that thinks and leaves it open; null to leave it to the engine.</summary>
    public GatewaySampling? SamplingOn { get; init; }

    /// <summary>Sampling of a request that does not think and leaves it open; null to leave it to the engine.</summary>
    public GatewaySampling? SamplingOff { get; init; }

    /// <summary>What a model's catalogue entry says, with the sampling that the cards of the family advise where its own does not: 0.6 and 0.95 while thinking, else greedy.</summary>
    /// <param name="model">The model's switch.</param>
    public static GatewayReasoning Of(ReasoningSpec model) => new()
    {
        Grammar = model.Grammar,
        ModelDefault = model.DefaultMode,
        TraceOpenedBy = model.TraceOpenedBy,
        SamplingOn = model.Grammar == ReasoningGrammar.None ? null : Sampling(model.SamplingOn ?? new SamplingDefaults(0.6, 0.95)),
        SamplingOff = model.Grammar == ReasoningGrammar.None ? null : Sampling(model.SamplingOff ?? new SamplingDefaults(0, null)),
    };

    private static GatewaySampling Sampling(SamplingDefaults card) => new() { Temperature = card.Temperature, TopP = card.TopP };

    /// <summary><see cref="WhereImpossible"/>, with its default worked out.</summary>
    public WhereImpossible Impossible =>
        WhereImpossible ?? (Enforcement == GatewayEnforcement.Enforced ? Planning.WhereImpossible.Refuse : Planning.WhereImpossible.Pass);
}

/// <summary>Who decides on the mode of a request.</summary>
public enum GatewayEnforcement
{
    /// <summary>The client, and the deployment where the client says nothing.</summary>
    Default,

    /// <summary>The deployment.</summary>
    Enforced,
}

/// <summary>What becomes of a request to which the declaration cannot be applied, such as one without roles.</summary>
public enum WhereImpossible
{
    /// <summary>It goes to the engine as it came; a response header says that nothing was applied.</summary>
    Pass,

    /// <summary>It is answered 400 with the reason.</summary>
    Refuse,
}

/// <summary>How a stream's tokens are counted.</summary>
public enum StreamUsage
{
    /// <summary>The engine is asked for the usage of every stream; the client is shown it only where it asked as well.</summary>
    Ask,

    /// <summary>Requests are left as they are, and tokens are counted by the stream's pieces where the client did not ask. For engines without <c>stream_options</c>.</summary>
    Leave,
}

/// <summary>By what a trace is ended at its budget.</summary>
public enum BudgetMechanism
{
    /// <summary>The request field <c>thinking_token_budget</c> (TensorRT-LLM, vLLM).</summary>
    ThinkingTokenBudget,

    /// <summary>The request field <c>nvext.max_thinking_tokens</c> (NIM).</summary>
    NvextMaxThinkingTokens,

    /// <summary>The gateway: it watches the trace, ends it, and has the message continued by a second call (<c>continue_final_message</c>).</summary>
    Stream,
}

/// <summary>The limit on a reasoning trace.</summary>
public sealed record ThinkingBudget
{
    /// <summary>By what the trace is ended.</summary>
    public required BudgetMechanism By { get; init; }

    /// <summary>Most tokens of a trace, 1 and more; null: only what clients ask for.</summary>
    public long? Tokens { get; init; }

    /// <summary>A lower limit for now, set while the fleet is short of GPUs; null in normal times.</summary>
    public long? LoweredTo { get; init; }

    /// <summary>With <see cref="BudgetMechanism.Stream"/>: tokens beyond the budget in which a line may come to its end before the trace is cut (500 in the vendor's engines).</summary>
    public int GraceTokens { get; init; } = 500;

    /// <summary>The limit in force; null for none.</summary>
    public long? InForce => (Tokens, LoweredTo) switch
    {
        ({ } declared, { } lowered) => Math.Min(declared, lowered),
        var (declared, lowered) => declared ?? lowered,
    };
}

/// <summary>Sampling parameters, each set where the client left it out.</summary>
public sealed record GatewaySampling
{
    /// <summary>0 is greedy; up to 2.</summary>
    public double? Temperature { get; init; }

    /// <summary>Nucleus mass in (0, 1].</summary>
    public double? TopP { get; init; }

    /// <summary>How many of the likeliest tokens to draw from.</summary>
    public int? TopK { get; init; }

    /// <summary>Least probability relative to the likeliest, 0 to 1.</summary>
    public double? MinP { get; init; }

    /// <summary>Divides the likelihood of tokens already seen; in (0, 2].</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>Most output tokens, the trace included.</summary>
    public long? MaxTokens { get; init; }
}

/// <summary>What a request may be.</summary>
public sealed record GatewayLimits
{
    /// <summary>Most bytes of a request's body.</summary>
    public long BodyBytes { get; init; } = 32 << 20;

    /// <summary>Deepest nesting of a request's JSON.</summary>
    public int JsonDepth { get; init; } = 64;

    /// <summary>Most requests in flight; more are answered 429. Null: no limit.</summary>
    public int? RequestsInFlight { get; init; }
}

/// <summary>How long is waited for what.</summary>
public sealed record GatewayTimeouts
{
    /// <summary>For a connection to the engine.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For the client's whole body.</summary>
    public TimeSpan Body { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>For the first byte of the engine's answer. A request that is not streamed gets it only when all is generated.</summary>
    public TimeSpan FirstByte { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Between two pieces of the engine's answer.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>How a stop goes.</summary>
public sealed record GatewayDrain
{
    /// <summary>After SIGTERM: how long new requests are still taken while readiness is off already, since Endpoints need a moment to leave every node's tables.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.Zero;

    /// <summary>How long requests in flight may run on; then they are cut.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>What refused clients are told in <c>Retry-After</c>: by then a client finds another replica.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>Who may come in.</summary>
public sealed record GatewayAccess
{
    /// <summary>A file of API keys, one a line; null: everyone may. Changes are taken while the gateway runs.</summary>
    public string? ApiKeysFile { get; init; }

    /// <summary>A file of keys, one a line, for those who drain the gateway from another machine; null: only this pod may.</summary>
    public string? AdminKeysFile { get; init; }

    /// <summary>The certificate chain (PEM); with it the client port speaks TLS. Taken again when the file changes; whether there is one is decided at the start.</summary>
    public string? TlsCertificateFile { get; init; }

    /// <summary>The certificate's private key (PEM).</summary>
    public string? TlsKeyFile { get; init; }
}
