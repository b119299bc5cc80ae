namespace Nemotron.Planning;

/// <summary>What a finding of a plan is about.</summary>
public enum PlanFindingKind
{
    /// <summary>A number of the request is out of its range.</summary>
    OutOfRange,

    /// <summary>The tensor-parallel degree does not split the model evenly.</summary>
    TensorParallelDegree,

    /// <summary>The tensor-parallel group is larger than the NVLink domain.</summary>
    NvLinkDomain,

    /// <summary>The replica spans several nodes.</summary>
    SpansNodes,

    /// <summary>More pipeline stages than layers.</summary>
    PipelineParallel,

    /// <summary>The GPU cannot compute in the precision of the weights.</summary>
    Precision,

    /// <summary>The GPU cannot read a KV cache of that precision.</summary>
    KvPrecision,

    /// <summary>The memory does not hold what was asked for.</summary>
    Memory,

    /// <summary>One forward pass may need more for activations than is planned for them.</summary>
    Activations,

    /// <summary>A prompt is longer than the tokens of one step, with an engine that does not split prompts.</summary>
    PromptBeyondStep,

    /// <summary>The context is longer than the model was made for.</summary>
    ContextBeyondModel,

    /// <summary>The engine is not known to serve the model.</summary>
    EngineCannotServe,

    /// <summary>No checkpoint of the model is known in that precision.</summary>
    NoCheckpoint,
}

/// <summary>Something that a person should know about a plan.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Refuses">True when the plan cannot be run because of it; false for a warning.</param>
/// <param name="Message">What is wrong, in one sentence.</param>
/// <param name="Fix">The smallest change that would put it right; null where there is none.</param>
public sealed record PlanFinding(PlanFindingKind Kind, bool Refuses, string Message, string? Fix = null);

/// <summary>What limits the number of sequences of a plan.</summary>
public enum PlanBinding
{
    /// <summary>The KV cache takes most of what each sequence needs.</summary>
    KvCache,

    /// <summary>The Mamba state takes most of what each sequence needs.</summary>
    State,

    /// <summary>Weights and reserve leave nothing for sequences.</summary>
    Weights,

    /// <summary>A rule on tensor parallelism, precision or range, before memory is looked at.</summary>
    Rules,
}
