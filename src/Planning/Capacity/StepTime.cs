namespace Nemotron.Planning.Capacity;

/// <summary>How long one engine step takes, and on what. All figures are seconds; the parts of the GPU's time add up to <see cref="GpuSeconds"/>.</summary>
public readonly record struct StepTime
{
    /// <summary>Tensor cores at work: matrix products that the weights' reading does not outlast, attention of the prefill, Mamba's scan.</summary>
    public double ComputeSeconds { get; init; }

    /// <summary>Memory at work: weights, KV cache, recurrent state, activations.</summary>
    public double MemorySeconds { get; init; }

    /// <summary>All-reduces of the tensor-parallel group and hand-overs between pipeline stages.</summary>
    public double CommunicationSeconds { get; init; }

    /// <summary>Kernels starting and draining, and what a prefill outside a CUDA graph waits for its launches.</summary>
    public double LaunchSeconds { get; init; }

    /// <summary>The host's work: scheduling, sampling, hand-over of tokens.</summary>
    public double HostSeconds { get; init; }

    /// <summary>The step, start to start: with an overlapped host the longer of GPU and host, else their sum.</summary>
    public double TotalSeconds { get; init; }

    /// <summary>What the GPU is busy for.</summary>
    public double GpuSeconds => ComputeSeconds + MemorySeconds + CommunicationSeconds + LaunchSeconds;
}
