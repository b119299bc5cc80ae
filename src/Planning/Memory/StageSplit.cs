namespace Nemotron.Planning;

/// <summary>Which layer indices each pipeline stage holds. Engines split by index, whatever the layers weigh.</summary>
public static class StageSplit
{
    /// <summary>
    /// The half-open range of layer indices of a stage. What does not divide evenly goes one layer each to the first stages in
    /// TensorRT-LLM, and to the stages before the last, from the back, in vLLM, whose last stage also has the LM head.
    /// </summary>
    /// <param name="layers">Layer indices of the model, empty ones counted.</param>
    /// <param name="stages">Stages, at least 1.</param>
    /// <param name="stage">The stage, from 0.</param>
    /// <param name="engine">The engine that splits.</param>
    public static (int From, int To) Of(int layers, int stages, int stage, EngineKind engine)
    {
        var even = layers / stages;
        var rest = layers % stages;
        // The first stage that gets one more, and how many after it do.
        var favoured = engine == EngineKind.Vllm ? stages - 1 - rest : 0;
        var extraBefore = Math.Clamp(stage - favoured, 0, rest);
        var from = stage * even + extraBefore;
        var mine = even + (stage >= favoured && stage < favoured + rest ? 1 : 0);
        return (from, from + mine);
    }
}
