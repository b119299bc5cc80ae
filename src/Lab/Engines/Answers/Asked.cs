using System.Text.Json.Nodes;

namespace Nemotron.Lab.Engines;

/// <summary>A request as the simulated engine takes it, whichever API it came by.</summary>
internal sealed record Asked
{
    /// <summary>The prompt.</summary>
    public required ChatPrompt Prompt { get; init; }

    /// <summary>Most tokens of an answer; null for what the context leaves.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Strings that end an answer.</summary>
    public IReadOnlyList<string> Stops { get; init; } = [];

    /// <summary>Whether the stop string stays in the text.</summary>
    public bool KeepStop { get; init; }

    /// <summary>Whether the answer goes on to <see cref="MaxTokens"/> whatever the model would say.</summary>
    public bool IgnoreEnd { get; init; }

    /// <summary>The request's own seed, or null.</summary>
    public long? Seed { get; init; }

    /// <summary>Answers wanted, 1 or more.</summary>
    public int Choices { get; init; } = 1;

    /// <summary>Most tokens of the trace, or null.</summary>
    public int? ThinkingBudget { get; init; }

    /// <summary>Tokens that each answer shall have: the header <see cref="LengthHeader"/>, for tests and load generators. Null draws a length.</summary>
    public int? OutputTokens { get; init; }

    /// <summary>The body, for its tools; null where the API has none.</summary>
    public JsonObject? Tools { get; init; }

    /// <summary>Whether tokens are wanted as they come.</summary>
    public bool Streams { get; init; }

    /// <summary>The request header (or gRPC metadata) that says how many tokens the simulated answer has.</summary>
    public const string LengthHeader = "x-lab-output-tokens";
}
