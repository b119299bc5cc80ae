namespace Nemotron.Planning;

/// <summary>The serving engine, which decides how the memory that weights leave is taken for the KV cache.</summary>
public enum EngineKind
{
    /// <summary>TensorRT-LLM's own server, <c>trtllm-serve</c>.</summary>
    TrtLlmServe,

    /// <summary>Triton with the TensorRT-LLM backend; plans exactly as <see cref="TrtLlmServe"/>.</summary>
    Triton,

    /// <summary>vLLM: known to the planner for comparison, not launched by the operator.</summary>
    Vllm,

    /// <summary>SGLang: known to the planner for comparison, not launched by the operator.</summary>
    Sglang,
}
