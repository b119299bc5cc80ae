namespace Nemotron.Engines.Launch;

/// <summary>How long an engine may take to start before it is taken for dead.</summary>
public static class StartupTime
{
    // A download from a busy hub or a slow shared disk: the slowest source worth waiting for.
    private const double SlowestBytesPerSecond = 100e6;

    // Warm-up, autotuning and CUDA graph capture come after the weights: 201 s were measured on one large model (TensorRT-LLM#16939).
    private static readonly TimeSpan WarmUp = TimeSpan.FromMinutes(15);

    /// <summary>The most a start may take for a model with <paramref name="weightsBytes"/> of weights, rounded up to whole minutes. Two hours when the size is unknown.</summary>
    public static TimeSpan Limit(long weightsBytes) =>
        weightsBytes <= 0
            ? TimeSpan.FromHours(2)
            : TimeSpan.FromMinutes(Math.Ceiling((WarmUp + TimeSpan.FromSeconds(weightsBytes / SlowestBytesPerSecond)).TotalMinutes));

    internal static TimeSpan Of(LaunchRequest request) => request.StartupTimeout ?? Limit(request.WeightsBytes);
}
