namespace Nemotron.Planning;

/// <summary>Whether an engine's own documentation says that a feature works with a model.</summary>
public enum FeatureSupport
{
    /// <summary>Looked for and not found.</summary>
    NotFound,

    /// <summary>The engine's table of supported models says that nobody has tested it.</summary>
    Untested,

    /// <summary>The engine's table of supported models says so.</summary>
    Supported,
}

/// <summary>The names of TensorRT-LLM's parsers for a model's output.</summary>
/// <param name="Since">The first release of TensorRT-LLM that has them, such as <c>1.2.0</c> or <c>1.3.0rc11</c>.</param>
/// <param name="Reasoning">The value of <c>--reasoning_parser</c>; null where none is known to fit.</param>
/// <param name="Tool">The value of <c>--tool_parser</c>; null where none is known to fit.</param>
public sealed record ParserNames(string Since, string? Reasoning, string? Tool);

/// <summary>What starting an engine for a model needs to know, beyond its sizes.</summary>
public sealed record LaunchFacts
{
    /// <summary>A model of which nothing special is known.</summary>
    public static LaunchFacts None { get; } = new();

    /// <summary>Whether output can be held to a grammar or JSON schema.</summary>
    public FeatureSupport GuidedDecoding { get; init; }

    /// <summary>The parsers by release, in any order; empty where none is known to fit, and then none is set.</summary>
    public IReadOnlyList<ParserNames> Parsers { get; init; } = [];
}
