using Nemotron.Planning;
using Prometheus;

namespace Nemotron.Gateway.Observing;

/// <summary>
/// What the gateway tells Prometheus: the truth about its replica's load, by reasoning mode. Every label has a fixed set of values, so the number of
/// series is bounded whatever clients send.
/// </summary>
internal sealed class GatewayMetrics
{
    private static readonly int Modes = Enum.GetValues<ReasoningMode>().Length + 1, Endpoints = Enum.GetValues<Requests.ApiEndpoint>().Length, Outcomes = Enum.GetValues<Outcome>().Length;

    private readonly Dictionary<string, ModeMetrics> _modes;
    private readonly Counter.Child?[] _ended = new Counter.Child?[Modes * Endpoints * Outcomes];
    private readonly Counter _requests;
    private readonly Counter _errors;
    private readonly Counter _cancelled;
    private readonly Counter _reloads;

    /// <summary>Registers the metrics.</summary>
    public GatewayMetrics(CollectorRegistry registry)
    {
        Registry = registry;
        var factory = Metrics.WithCustomRegistry(registry);
        string[] mode = ["mode"];
        _requests = factory.CreateCounter(
            GatewaySeries.Requests, "Requests that have ended, by reasoning mode, endpoint and outcome.", ["mode", "endpoint", "outcome"]);
        _errors = factory.CreateCounter("nemotron_gateway_errors_total", "Requests that failed, by kind.", ["kind"]);
        _cancelled = factory.CreateCounter("nemotron_gateway_cancelled_total", "Requests cut before their end, by who cut them.", ["by"]);
        _reloads = factory.CreateCounter("nemotron_gateway_config_reloads_total", "Changes of the settings file, by outcome.", ["outcome"]);
        Draining = factory.CreateGauge(GatewaySeries.Draining, "1 while new requests are refused because the replica is to stop.");
        UpstreamReady = factory.CreateGauge("nemotron_gateway_upstream_ready", "1 while the engine's health endpoint answers 200.");
        Held = factory.CreateGauge(GatewaySeries.Held, "Requests held because no replica serves; of a gateway before a deployment only.");
        BudgetTokens = factory.CreateGauge("nemotron_gateway_thinking_budget_tokens", "The thinking budget in force; 0 for none.");
        TracesEnded = factory.CreateCounter("nemotron_gateway_traces_ended_total", "Reasoning traces that the gateway ended at their budget.");
        Overrides = factory.CreateCounter("nemotron_gateway_mode_overrides_total", "Requests whose client asked for another reasoning mode than the enforced one.");
        var families = new ModeFamilies(
            factory.CreateCounter("nemotron_gateway_requests_begun_total", "Requests that were taken on: over those that end, what arrives.", mode),
            factory.CreateCounter(
                "nemotron_gateway_finished_output_tokens_total",
                "Output tokens of requests that ended well, counted at their ends: over those requests, how long an output is.",
                mode),
            factory.CreateGauge(GatewaySeries.InFlight, "Requests being served.", mode),
            factory.CreateGauge("nemotron_gateway_requests_waiting", "Requests that have not had their first token; one that is not streamed waits until its answer comes.", mode),
            factory.CreateCounter("nemotron_gateway_prompt_tokens_total", "Prompt tokens, as engines state them at the end of an answer.", mode),
            factory.CreateCounter(
                GatewaySeries.OutputTokens,
                "Output tokens as they stream, the trace included: one for each piece with text, raised to the engine's own count when that comes. Without a count, engines that send several tokens a piece are counted low.",
                mode),
            factory.CreateCounter(
                "nemotron_gateway_thinking_tokens_total",
                "Output tokens of reasoning traces, counted as output tokens are; for answers that are not streamed and whose engine does not state it, by the trace's share of the text.",
                mode),
            factory.CreateHistogram(
                GatewaySeries.TimeToFirstToken,
                "From the request's last byte to the first token of a stream.",
                new HistogramConfiguration
                {
                    LabelNames = mode,
                    Buckets = [.. LatencyBounds.TimeToFirstToken],
                }),
            factory.CreateHistogram(
                "nemotron_gateway_inter_token_latency_seconds",
                "Between two pieces with text of a stream.",
                new HistogramConfiguration { LabelNames = mode, Buckets = [.001, .0025, .005, .01, .025, .05, .075, .1, .15, .2, .3, .5, 1, 2.5, 10] }),
            factory.CreateHistogram(
                "nemotron_gateway_time_per_output_token_seconds",
                "Mean time between the pieces with text of one stream, observed at its end.",
                new HistogramConfiguration { LabelNames = mode, Buckets = [.. LatencyBounds.TimePerOutputToken] }),
            factory.CreateHistogram(
                "nemotron_gateway_request_duration_seconds",
                "From a request's first byte to the last of its answer.",
                new HistogramConfiguration { LabelNames = mode, Buckets = [.05, .1, .25, .5, 1, 2.5, 5, 10, 20, 40, 60, 120, 240, 480, 960, 1920, 7680] }));
        _modes = new[] { "on", "off", "unset" }.ToDictionary(name => name, name => new ModeMetrics(families, name));
        foreach (var kind in Enum.GetValues<ErrorKind>()) _errors.WithLabels(Label(kind));
        foreach (var by in Enum.GetValues<CutReason>().Skip(1)) _cancelled.WithLabels(Label(by));
    }

    /// <summary>Where they are registered.</summary>
    public CollectorRegistry Registry { get; }

    /// <summary>New requests are refused.</summary>
    public Gauge Draining { get; }

    /// <summary>The engine can serve.</summary>
    public Gauge UpstreamReady { get; }

    /// <summary>Requests held.</summary>
    public Gauge Held { get; }

    /// <summary>The budget in force.</summary>
    public Gauge BudgetTokens { get; }

    /// <summary>Traces ended by the gateway.</summary>
    public Counter TracesEnded { get; }

    /// <summary>Modes overridden.</summary>
    public Counter Overrides { get; }

    /// <summary>The metrics of a mode; null for a request whose mode cannot be set.</summary>
    public ModeMetrics Of(ReasoningMode? mode) => _modes[NameOf(mode)];

    /// <summary>A mode as headers and labels name it.</summary>
    public static string NameOf(ReasoningMode? mode) => mode switch
    {
        ReasoningMode.On => "on",
        ReasoningMode.Off => "off",
        _ => "unset",
    };

    /// <summary>A request has ended.</summary>
    public void Ended(ReasoningMode? mode, Requests.ApiEndpoint endpoint, Outcome outcome)
    {
        // Each series is looked up once, when it first counts: until then it is not there.
        ref var series = ref _ended[((mode is { } one ? (int)one + 1 : 0) * Endpoints + (int)endpoint) * Outcomes + (int)outcome];
        (series ??= _requests.WithLabels(NameOf(mode), Label(endpoint), Label(outcome))).Inc();
    }

    /// <summary>A request has failed.</summary>
    public void Failed(ErrorKind kind) => _errors.WithLabels(Label(kind)).Inc();

    /// <summary>A request was cut.</summary>
    public void Cut(CutReason by) => _cancelled.WithLabels(Label(by)).Inc();

    /// <summary>The settings file has changed.</summary>
    public void Reloaded(bool taken) => _reloads.WithLabels(taken ? "taken" : "refused").Inc();

    // Names in code become names of labels: EngineTimeout is engine_timeout.
    private static string Label<T>(T value) where T : struct, Enum => Labels<T>.Names[value];

    private static class Labels<T> where T : struct, Enum
    {
        public static readonly Dictionary<T, string> Names = Enum.GetValues<T>().ToDictionary(
            value => value,
            value => string.Concat(value.ToString().Select((letter, i) => char.IsUpper(letter) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(letter) : letter.ToString())));
    }
}

/// <summary>How a request ended.</summary>
internal enum Outcome
{
    /// <summary>The engine's answer was delivered to its end.</summary>
    Ok,

    /// <summary>The client was told that its request is wrong, by the gateway or by the engine.</summary>
    ClientError,

    /// <summary>The engine failed, was not there or too slow.</summary>
    EngineError,

    /// <summary>The gateway did not take it: draining, or at its limit.</summary>
    Refused,

    /// <summary>It was cut: by the client, or at the drain's deadline.</summary>
    Cancelled,

    /// <summary>The gateway itself failed.</summary>
    GatewayError,
}

/// <summary>Why a request failed.</summary>
internal enum ErrorKind
{
    Malformed,
    TooLarge,
    BodyTimeout,
    Unauthorized,
    Draining,
    TooManyRequests,
    EngineUnreachable,
    EngineTimeout,
    EngineBroken,
    EngineClientError,
    EngineServerError,
    Internal,
}

/// <summary>Who cut a request.</summary>
internal enum CutReason
{
    /// <summary>Nobody yet.</summary>
    None,

    /// <summary>The client went away.</summary>
    Client,

    /// <summary>The drain's deadline passed.</summary>
    Drain,

    /// <summary>The client did not send its body in time.</summary>
    BodyTimeout,

    /// <summary>The engine did not begin to answer in time.</summary>
    FirstByteTimeout,

    /// <summary>The engine paused for too long.</summary>
    IdleTimeout,
}
