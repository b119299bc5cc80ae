using Nemotron.Planning;

namespace Nemotron.Engines.Launch;

/// <summary>Which container image belongs to an engine and version.</summary>
public static class EngineImages
{
    /// <summary>TensorRT-LLM's release taken when a deployment names none: the newest stable one, and the one that Triton's 26.07 image carries.</summary>
    public const string DefaultTrtLlmVersion = "1.2.1";

    /// <summary>Triton's release (year.month) taken when a deployment names none.</summary>
    public const string DefaultTritonVersion = "26.07";

    /// <summary>The version of <paramref name="engine"/> taken when a deployment names none.</summary>
    public static string DefaultVersion(EngineKind engine) => engine == EngineKind.Triton ? DefaultTritonVersion : DefaultTrtLlmVersion;

    /// <summary>The image for <paramref name="engine"/> at <paramref name="version"/> (null: the default).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The engine is known to the planner only.</exception>
    public static string For(EngineKind engine, string? version) => engine switch
    {
        EngineKind.TrtLlmServe => $"nvcr.io/nvidia/tensorrt-llm/release:{version ?? DefaultTrtLlmVersion}",
        EngineKind.Triton => $"nvcr.io/nvidia/tritonserver:{version ?? DefaultTritonVersion}-trtllm-python-py3",
        _ => throw new ArgumentOutOfRangeException(nameof(engine), engine, "No image: this engine is planned for, not launched."),
    };
}
