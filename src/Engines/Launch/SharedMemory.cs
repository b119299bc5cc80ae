namespace Nemotron.Engines.Launch;

/// <summary>The size of <c>/dev/shm</c>.</summary>
internal static class SharedMemory
{
    private const long Gibibyte = 1L << 30;

    /// <summary>2 GiB for one GPU of the pod (what Triton's own documentation starts with), and 2 GiB more for each further rank: NCCL takes its segments per peer.</summary>
    public static long For(int gpus) => 2 * Gibibyte * Math.Max(1, gpus);
}
