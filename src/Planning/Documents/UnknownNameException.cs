namespace Nemotron.Planning;

/// <summary>A name that a catalogue does not know.</summary>
public sealed class UnknownNameException : Exception
{
    /// <summary>Makes the error.</summary>
    /// <param name="kind">What was looked for: <c>model</c> or <c>GPU</c>.</param>
    /// <param name="name">The name that is not known.</param>
    /// <param name="nearest">The closest known names, best first.</param>
    public UnknownNameException(string kind, string name, IReadOnlyList<string> nearest)
        : base($"unknown {kind} '{name}'" + (nearest.Count == 0 ? "" : $"; nearest: {string.Join(", ", nearest)}"))
    {
        Kind = kind;
        Name = name;
        Nearest = nearest;
    }

    /// <summary>What was looked for.</summary>
    public string Kind { get; }

    /// <summary>The name that is not known.</summary>
    public string Name { get; }

    /// <summary>The closest known names, best first.</summary>
    public IReadOnlyList<string> Nearest { get; }
}
