namespace Nemotron.Engines.Metrics.Dialects;

/// <summary>A way in which engines name and mean their metrics.</summary>
public enum DialectName
{
    /// <summary>None was recognised.</summary>
    None,

    /// <summary>Triton with TensorRT-LLM's C++ back end or its Python twin: <c>nv_trt_llm_*</c> beside <c>nv_inference_*</c>.</summary>
    TritonTrtLlm,

    /// <summary>Triton with the <c>llmapi</c> model: <c>nv_inference_*</c> only.</summary>
    TritonLlmApi,

    /// <summary>trtllm-serve 1.1 and 1.2: five families without prefix.</summary>
    TrtLlmServe12,

    /// <summary>trtllm-serve 1.3: prefix <c>trtllm_</c>.</summary>
    TrtLlmServe13,

    /// <summary>vLLM: prefix <c>vllm:</c>.</summary>
    Vllm,

    /// <summary>NIM 1.x: vLLM's words without prefix.</summary>
    Nim1,

    /// <summary>NIM 2.x, which is vLLM behind a proxy.</summary>
    Nim2,

    /// <summary>Not Prometheus text: OpenEngine's GetLoad.</summary>
    OpenEngineLoad,
}

/// <summary>When numbers of a dialect change.</summary>
public enum Movement
{
    /// <summary>Not reported, or only once in a while by the engine's own will.</summary>
    Unknown,

    /// <summary>With every scheduler iteration: standing still means that nothing happens.</summary>
    EachIteration,

    /// <summary>When a request ends: standing still through a long generation is normal.</summary>
    AtCompletion,
}

/// <summary>How the series of one engine become one number, once its processes are merged.</summary>
internal enum Combine
{
    /// <summary>They are parts of a whole: ranks, reasons.</summary>
    Sum,

    /// <summary>They say the same of different parts: the fullest counts.</summary>
    Max,

    /// <summary>Each model of an ensemble counts the same request: parts of a model add up, and the largest model counts.</summary>
    MaxOfModels,
}

/// <summary>What kind of metric a source is.</summary>
internal enum SourceKind
{
    Gauge,
    Counter,
    Histogram,
}

/// <summary>A label and the values that it must have, or must not.</summary>
internal sealed record LabelMatch(string Label, bool Wanted, params string[] Values)
{
    public bool Admits(string? value) => Values.Contains(value) == Wanted;
}

/// <summary>One place where a signal may be found: a metric, a label that must match, and how its series become one number.</summary>
/// <param name="Metric">The sample name; of a histogram the family's name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Across">How an engine's series combine, once processes are merged.</param>
/// <param name="Scale">Multiplies the reported number into the normal form's unit.</param>
internal sealed record SignalSource(string Metric, SourceKind Kind, Combine Across = Combine.Sum, double Scale = 1)
{
    /// <summary>Which of the metric's series are meant; null: all.</summary>
    public LabelMatch? Match { get; init; }

    /// <summary>
    /// Whether series that differ by <c>pid</c> alone add up. Counters: each process counted its own, so they add. Gauges of one engine are
    /// written by one process, so a second pid is a leftover of a process that died: adding would count it for ever, so the largest holds.
    /// </summary>
    public bool ProcessesAddUp => Kind != SourceKind.Gauge;

    /// <summary>The sample names this source reads.</summary>
    public IEnumerable<string> Samples => Kind == SourceKind.Histogram ? [$"{Metric}_bucket", $"{Metric}_sum", $"{Metric}_count", Metric] : [Metric];
}

/// <summary>How a dialect reports one signal: the first source that has series, else a product of two other signals, else not at all.</summary>
internal sealed record SignalRule
{
    public IReadOnlyList<SignalSource> Sources { get; init; } = [];

    /// <summary>Computed: left × right, or left ÷ right.</summary>
    public (EngineSignal Left, char Operator, EngineSignal Right)? Derived { get; init; }

    /// <summary>Why the dialect cannot report it; null when it can.</summary>
    public string? Unreported { get; init; }

    public static SignalRule From(params SignalSource[] sources) => new() { Sources = sources };

    public static SignalRule Product(EngineSignal left, EngineSignal right) => new() { Derived = (left, '*', right) };

    public static SignalRule Never(string because) => new() { Unreported = because };
}

/// <summary>One dialect: how it is told from others, and where each signal is.</summary>
internal sealed record MetricDialect
{
    public required DialectName Name { get; init; }

    /// <summary>The dialect in words.</summary>
    public required string Title { get; init; }

    /// <summary>Metrics that no other dialect has: one series of one of them settles it.</summary>
    public required IReadOnlyList<string> Markers { get; init; }

    /// <summary>When its token counters change.</summary>
    public required Movement Tokens { get; init; }

    /// <summary>When its gauges change.</summary>
    public required Movement Gauges { get; init; }

    public required IReadOnlyDictionary<EngineSignal, SignalRule> Rules { get; init; }

    /// <summary>Every sample name the dialect reads.</summary>
    public IEnumerable<string> Samples => Rules.Values.SelectMany(r => r.Sources).SelectMany(s => s.Samples).Concat(Markers);
}
