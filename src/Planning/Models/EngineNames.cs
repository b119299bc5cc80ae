namespace Nemotron.Planning;

/// <summary>Engines by the names that people give them.</summary>
public static class EngineNames
{
    /// <summary>Finds an engine by its name in the API or by what else it is called, without regard to case: <c>trtllm</c>, <c>vllm</c>, <c>sglang</c>.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="UnknownNameException">No engine is called so.</exception>
    public static EngineKind Parse(string name)
    {
        var wanted = name.Trim();
        if (wanted.ToUpperInvariant() is "TRTLLM" or "TRT-LLM" or "TENSORRT-LLM") return EngineKind.TrtLlmServe;
        foreach (var kind in Enum.GetValues<EngineKind>())
        {
            if (string.Equals(kind.ToString(), wanted, StringComparison.OrdinalIgnoreCase)) return kind;
        }
        throw new UnknownNameException("engine", wanted, NearestNames.Of(wanted, Enum.GetNames<EngineKind>()));
    }
}
