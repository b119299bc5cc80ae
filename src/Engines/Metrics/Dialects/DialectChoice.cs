namespace Nemotron.Engines.Metrics.Dialects;

/// <summary>Which dialect an answer was read in.</summary>
/// <param name="Name">The dialect.</param>
/// <param name="Because">What it was recognised by.</param>
/// <param name="Seen">Whether series of it were there; false when it is only expected from the engine's version.</param>
/// <param name="Tokens">When its token counters move.</param>
/// <param name="Gauges">When its gauges move: at completion means frozen in between, and after the last request.</param>
public sealed record DialectChoice(DialectName Name, string Because, bool Seen, Movement Tokens, Movement Gauges);
