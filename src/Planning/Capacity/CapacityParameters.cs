namespace Nemotron.Planning.Capacity;

/// <summary>Everything that the capacity model knows beside models and GPUs: efficiencies, and the engines. Immutable.</summary>
public sealed record CapacityParameters
{
    private static readonly Lazy<CapacityParameters> Embedded = new(() => CapacityYaml.Read(
        EmbeddedDocuments.Under("engines/"), EmbeddedDocuments.Under("capacity/").Single()));

    /// <summary>The parameters that the assembly carries: <c>config/engines/*.yaml</c> and <c>config/capacity/calibration.yaml</c>.</summary>
    public static CapacityParameters Default => Embedded.Value;

    /// <summary>Efficiencies of the hardware.</summary>
    public required HardwareEfficiency Hardware { get; init; }

    /// <summary>The engines.</summary>
    public required IReadOnlyList<EngineProfile> Engines { get; init; }

    /// <summary>The profile of an engine.</summary>
    /// <param name="kind">The server that runs it.</param>
    /// <param name="version">Its version; null takes the engine as it comes.</param>
    /// <exception cref="ArgumentException">No profile is known for it.</exception>
    public EngineProfile Engine(EngineKind kind, string? version = null)
    {
        foreach (var engine in Engines)
        {
            foreach (var known in engine.Kinds)
            {
                if (known == kind) return engine.AtVersion(version);
            }
        }
        throw new ArgumentException($"no profile of {kind} is known", nameof(kind));
    }
}
