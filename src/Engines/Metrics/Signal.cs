namespace Nemotron.Engines.Metrics;

/// <summary>A number an engine reports, or why it is unknown. Unknown is never zero.</summary>
public readonly record struct Signal
{
    private readonly string? _why;

    private Signal(double? value, string? why)
    {
        Value = value;
        _why = why;
    }

    /// <summary>The value; null when unknown.</summary>
    public double? Value { get; }

    /// <summary>Why it is unknown; "" when it is known.</summary>
    public string UnknownBecause => Value is null ? _why ?? "it was not read" : "";

    /// <summary>Whether there is a value.</summary>
    public bool IsKnown => Value is not null;

    /// <summary>A reported value.</summary>
    public static Signal Known(double value) => new(value, null);

    /// <summary>No value, and why.</summary>
    public static Signal Unknown(string because) => new(null, because);

    /// <inheritdoc/>
    public override string ToString() => Value is { } value ? $"{value:G6}" : $"unknown ({UnknownBecause})";
}

/// <summary>A distribution an engine reports, or why it is unknown.</summary>
public readonly record struct DistributionSignal
{
    private readonly string? _why;

    private DistributionSignal(Histogram? value, string? why)
    {
        Value = value;
        _why = why;
    }

    /// <summary>The distribution since the engine started, in seconds; null when unknown.</summary>
    public Histogram? Value { get; }

    /// <summary>Why it is unknown; "" when it is known.</summary>
    public string UnknownBecause => Value is null ? _why ?? "it was not read" : "";

    /// <summary>A reported distribution.</summary>
    public static DistributionSignal Known(Histogram value) => new(value, null);

    /// <summary>None, and why.</summary>
    public static DistributionSignal Unknown(string because) => new(null, because);
}
