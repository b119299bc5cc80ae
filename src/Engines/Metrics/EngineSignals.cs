using Nemotron.Engines.Metrics.Dialects;

namespace Nemotron.Engines.Metrics;

/// <summary>One engine's load at one moment in the normal form.</summary>
public sealed class EngineSignals
{
    private readonly Signal[] _scalars;
    private readonly DistributionSignal[] _distributions;

    internal EngineSignals(DialectChoice dialect, Signal[] scalars, DistributionSignal[] distributions)
    {
        Dialect = dialect;
        _scalars = scalars;
        _distributions = distributions;
    }

    /// <summary>Which dialect was read, and why it was taken for that.</summary>
    public DialectChoice Dialect { get; }

    /// <summary>The value of a gauge or counter.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="signal"/> is a distribution.</exception>
    public Signal this[EngineSignal signal] => signal < EngineSignal.TimeToFirstToken
        ? _scalars[(int)signal]
        : throw new ArgumentOutOfRangeException(nameof(signal), signal, "A distribution: use Distribution().");

    /// <summary>A distribution.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="signal"/> is a gauge or counter.</exception>
    public DistributionSignal Distribution(EngineSignal signal) => signal >= EngineSignal.TimeToFirstToken
        ? _distributions[signal - EngineSignal.TimeToFirstToken]
        : throw new ArgumentOutOfRangeException(nameof(signal), signal, "Not a distribution: use the indexer.");

    /// <inheritdoc cref="EngineSignal.Running"/>
    public Signal Running => this[EngineSignal.Running];

    /// <inheritdoc cref="EngineSignal.Waiting"/>
    public Signal Waiting => this[EngineSignal.Waiting];

    /// <inheritdoc cref="EngineSignal.KvUsedFraction"/>
    public Signal KvUsedFraction => this[EngineSignal.KvUsedFraction];

    /// <inheritdoc cref="EngineSignal.KvUsedTokens"/>
    public Signal KvUsedTokens => this[EngineSignal.KvUsedTokens];

    /// <inheritdoc cref="EngineSignal.KvTotalTokens"/>
    public Signal KvTotalTokens => this[EngineSignal.KvTotalTokens];

    /// <inheritdoc cref="EngineSignal.PromptTokens"/>
    public Signal PromptTokens => this[EngineSignal.PromptTokens];

    /// <inheritdoc cref="EngineSignal.GenerationTokens"/>
    public Signal GenerationTokens => this[EngineSignal.GenerationTokens];

    /// <inheritdoc cref="EngineSignal.RequestsSucceeded"/>
    public Signal RequestsSucceeded => this[EngineSignal.RequestsSucceeded];

    /// <inheritdoc cref="EngineSignal.RequestsFailed"/>
    public Signal RequestsFailed => this[EngineSignal.RequestsFailed];

    /// <summary>Everything unknown for one reason.</summary>
    public static EngineSignals AllUnknown(DialectChoice dialect, string because)
    {
        var scalars = new Signal[(int)EngineSignal.TimeToFirstToken];
        Array.Fill(scalars, Signal.Unknown(because));
        var distributions = new DistributionSignal[EngineSignal.RequestTime - EngineSignal.TimeToFirstToken + 1];
        Array.Fill(distributions, DistributionSignal.Unknown(because));
        return new EngineSignals(dialect, scalars, distributions);
    }

    /// <summary>These signals with some scalars replaced: for protocols that report load by themselves.</summary>
    internal EngineSignals With(params ReadOnlySpan<(EngineSignal Signal, Signal Value)> values)
    {
        var scalars = (Signal[])_scalars.Clone();
        foreach (var (signal, value) in values) scalars[(int)signal] = value;
        return new EngineSignals(Dialect, scalars, _distributions);
    }
}
