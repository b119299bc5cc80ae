namespace Nemotron.Engines.Launch;

/// <summary>What is inside Triton's images with TensorRT-LLM.</summary>
public static class TritonReleases
{
    /// <summary>
    /// The oldest that is started. Before 25.05 requests that arrive during a shutdown are answered with "unknown model" (server#6230, #7969);
    /// those of 25.05 to 25.08 carry TensorRT-LLM 0.x, whose options were not yet kept stable (its release notes for 1.0).
    /// </summary>
    public static readonly EngineVersion Oldest = new(25, 9);

    /// <summary>Since when readiness asks the Python process in which the model runs, so that a dead one is seen (server#8604, core#473).</summary>
    public static readonly EngineVersion SeesDeadModels = new(26, 4);

    /// <summary>TensorRT-LLM inside, by image: <c>TENSORRTLLM_VER</c> of <c>dockerfile/Dockerfile.triton.trt_llm_backend</c> on the release's branch of triton-inference-server/tensorrtllm_backend.</summary>
    private static readonly (EngineVersion Triton, EngineVersion TrtLlm)[] Inside =
    [
        (new(25, 9), new(1, 0)),
        (new(25, 10), new(1, 0)),
        (new(25, 11), new(1, 2, 0, 2)),
        (new(25, 12), new(1, 1)),
        (new(26, 1), new(1, 1)),
        (new(26, 2), new(1, 1)),
        (new(26, 3), new(1, 2, 0, 8)),
        (new(26, 4), new(1, 2, 1)),
        (new(26, 5), new(1, 2, 1)),
        (new(26, 6), new(1, 2, 1)),
        (new(26, 7), new(1, 2, 1)),
    ];

    /// <summary>The newest whose contents are known.</summary>
    public static EngineVersion Newest => Inside[^1].Triton;

    /// <summary>TensorRT-LLM inside the image; that of the newest known one for a newer, and null for one too old.</summary>
    public static EngineVersion? TrtLlm(EngineVersion triton)
    {
        foreach (var (known, inside) in Inside.Reverse())
        {
            if (known <= triton) return inside;
        }

        return null;
    }
}
