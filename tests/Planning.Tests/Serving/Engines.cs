using Nemotron.Planning.Capacity;
using Nemotron.Planning.Serving;
using Nemotron.Planning.Tests.Capacity;

namespace Nemotron.Planning.Tests.Serving;

/// <summary>Simulated engines, and a driver that moves one on in virtual time, one step at a time or in runs.</summary>
internal static class Engines
{
    public static EngineLimits Limits(long blocks = 1000, int block = 16, int sequences = 64, int tokens = 2048) =>
        new() { MaxSequences = sequences, MaxBatchedTokens = tokens, KvBlocks = blocks, BlockTokens = block };

    public static EngineSimulator Engine(EngineLimits? limits = null, Func<EngineProfile, EngineProfile>? profile = null) =>
        new(Model(profile), limits ?? Limits());

    /// <summary>Nano on an H100 under vLLM's profile, or one changed from it.</summary>
    public static StepModel Model(Func<EngineProfile, EngineProfile>? profile = null)
    {
        var parameters = CapacityParameters.Default;
        if (profile is not null)
            parameters = parameters with { Engines = [.. parameters.Engines.Select(engine => engine.Kinds.Contains(EngineKind.Vllm) ? profile(engine) : engine)] };
        return new StepModel(Replicas.Spec("Nano", engine: EngineKind.Vllm), parameters);
    }
}

/// <summary>Everything that an engine told.</summary>
internal sealed class Heard : IEngineListener
{
    public bool WantsTokens { get; init; }

    public List<ServedRequest> Served { get; } = [];

    public Dictionary<long, int> Tokens { get; } = [];

    public List<long> First { get; } = [];

    public void FirstToken(in ServingRequest request, TimeSpan at) => First.Add(request.Id);

    public void Produced(in ServingRequest request, int tokens, int total, TimeSpan at)
    {
        Tokens[request.Id] = Tokens.GetValueOrDefault(request.Id) + tokens;
        total.ShouldBe(Tokens[request.Id]);
    }

    public void Finished(in ServedRequest served) => Served.Add(served);
}
