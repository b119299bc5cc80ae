namespace Nemotron.Lab.Engines;

/// <summary>The faults that a pod's annotation asks for now.</summary>
/// <param name="all">The faults.</param>
internal sealed class EngineFaults(IReadOnlyList<EngineFault> all)
{
    /// <summary>None.</summary>
    public static EngineFaults None { get; } = new([]);

    /// <summary>Those that strike once.</summary>
    public IEnumerable<EngineFault> Strikes => all.Where(fault => !fault.Lasts);

    /// <summary>Whether a lasting one is asked for.</summary>
    public bool Has(EngineFaultKind kind) => all.Any(fault => fault.Kind == kind);

    /// <summary>The number of a lasting one: what was given, or the usual; null where it is not asked for.</summary>
    public double? Value(EngineFaultKind kind, double usual) => all.FirstOrDefault(fault => fault.Kind == kind) is { } fault ? fault.Value ?? usual : null;
}

/// <summary>Which annotation of a pod has struck already, so that the successor of a process that it struck is sound. Thread-safe.</summary>
internal sealed class FaultMemory
{
    private string? struck;

    /// <summary>Whether an annotation's value has not struck yet; from now on it has.</summary>
    public bool Strike(string? annotation) => annotation is not null && Interlocked.Exchange(ref struck, annotation) != annotation;
}
