using System.Globalization;

namespace Nemotron.Lab.Engines;

/// <summary>A failure that a simulated engine can be told to have.</summary>
internal enum EngineFaultKind
{
    /// <summary>A rank dies: after ten seconds its requests fail, and the server answers 503 for ever while its process lives on.</summary>
    RankCrash,

    /// <summary>Ranks wait for one another for ever: no token comes, health says 200.</summary>
    Hang,

    /// <summary>Triton's Python stub dies: requests fail. Containers before 26.04 say ready all the same. On other engines: as a rank crash.</summary>
    DeadStub,

    /// <summary>A fatal error: the next <c>/health</c> is answered 503 and ends the process, as trtllm-serve's handler does.</summary>
    FatalError,

    /// <summary>The process exits, with the code given or 1.</summary>
    Exit,

    /// <summary>Loading never ends: connections are refused for ever.</summary>
    LoadForever,

    /// <summary>The container is killed for its memory while it loads.</summary>
    OomAtLoad,

    /// <summary>SIGTERM ends nothing: only SIGKILL does.</summary>
    IgnoreSigterm,

    /// <summary>Everything takes so many times longer; 2 by default.</summary>
    Slow,

    /// <summary>So many percent of the requests to its OpenAI API, evenly among them, are answered 500; 50 by default.</summary>
    Fail,

    /// <summary>The metrics route answers 404.</summary>
    MetricsMissing,

    /// <summary>Every family has another name, as after an upgrade.</summary>
    MetricsRenamed,

    /// <summary>Metrics stay as they were.</summary>
    MetricsStale,

    /// <summary>A scrape breaks off in the middle.</summary>
    MetricsHalf,

    /// <summary>The node's DCGM exporter shows an XID for the pod's GPUs, the code given or 79.</summary>
    GpuXid,
}

/// <summary>One fault of a pod.</summary>
/// <param name="Kind">What goes wrong.</param>
/// <param name="Value">A number to it, or null.</param>
internal sealed record EngineFault(EngineFaultKind Kind, double? Value = null)
{
    /// <summary>
    /// The annotation, on pods, that asks for faults: <c>rank-crash</c>; several with commas; a number after <c>=</c>: <c>slow=3</c>.
    /// Those that strike a moment (rank-crash, hang, dead-stub, fatal-error, exit) strike the process that serves then, once; its successor is
    /// sound. What follows <c>#</c> is a mark: changing it strikes again. The others last as long as the annotation does.
    /// </summary>
    public const string Annotation = "lab.nemotron.dev/fault";

    private static readonly Dictionary<string, EngineFaultKind> ByName = Enum.GetValues<EngineFaultKind>().ToDictionary(NameOf, StringComparer.Ordinal);

    /// <summary>All names, with what they mean.</summary>
    public static IReadOnlyList<(string Name, string Meaning)> Known { get; } =
    [
        ("rank-crash", "a rank dies: after 10 s requests fail and the server answers 503 for ever, its process alive"),
        ("hang", "no token comes any more, health says 200"),
        ("dead-stub", "Triton's Python stub dies: requests fail; before 26.04 ready says 200 all the same"),
        ("fatal-error", "the next /health answers 503 and ends the process"),
        ("exit[=CODE]", "the process exits"),
        ("load-forever", "loading never ends: connections are refused"),
        ("oom-at-load", "the container is killed for its memory while it loads"),
        ("ignore-sigterm", "only SIGKILL ends the process"),
        ("slow[=TIMES]", "everything takes so many times longer"),
        ("fail[=PERCENT]", "so many of its OpenAI requests are answered 500"),
        ("metrics-missing", "the metrics route answers 404"),
        ("metrics-renamed", "every metric family has another name"),
        ("metrics-stale", "metrics stay as they are"),
        ("metrics-half", "a scrape breaks off in the middle"),
        ("gpu-xid[=CODE]", "the node's DCGM exporter shows an XID for the pod's GPUs"),
    ];

    /// <summary>Whether it lasts as long as the annotation does, not only strikes once.</summary>
    public bool Lasts => Kind is not (EngineFaultKind.RankCrash or EngineFaultKind.Hang or EngineFaultKind.DeadStub or EngineFaultKind.FatalError or EngineFaultKind.Exit);

    /// <summary>Reads an annotation's value.</summary>
    /// <exception cref="FormatException">It names no fault; the message says which there are.</exception>
    public static IReadOnlyList<EngineFault> Parse(string? text)
    {
        if (text is null) return [];
        var marked = text.IndexOf('#', StringComparison.Ordinal);
        if (marked >= 0) text = text[..marked];
        return [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(word => word != "none").Select(One)];
    }

    /// <summary>A kind's name in the annotation.</summary>
    public static string NameOf(EngineFaultKind kind) =>
        string.Concat(kind.ToString().Select((letter, at) => char.IsUpper(letter) && at > 0 ? $"-{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));

    private static EngineFault One(string word)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? word : word[..equals];
        if (!ByName.TryGetValue(name, out var kind))
            throw new FormatException($"\"{name}\" is no fault; known are {string.Join(", ", Known.Select(known => known.Name))}");
        if (equals < 0) return new(kind);
        return double.TryParse(word.AsSpan(equals + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is >= 0 and < 1e6
            ? new(kind, value)
            : throw new FormatException($"\"{word}\": what follows = is a number from 0 up to a million");
    }
}
