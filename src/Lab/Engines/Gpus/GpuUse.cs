namespace Nemotron.Lab.Engines;

/// <summary>What the driver would show of a GPU under an engine.</summary>
/// <param name="UsedBytes">Memory in use: flat while an engine serves, since it takes its cache at the start.</param>
/// <param name="Utilization">Share of time with a kernel running, 0 to 1.</param>
/// <param name="Watts">Power.</param>
internal readonly record struct GpuUse(long UsedBytes, double Utilization, double Watts)
{
    // A GPU counts as in use while any kernel runs, and an engine that decodes runs one after another.
    private const double Busy = 0.99;

    // Of the board's power, of the order that data sheets and published runs show for idle and for decoding.
    private const double IdlePower = 0.15;
    private const double BusyPower = 0.75;

    /// <summary>Memory of a driver without anything on the GPU.</summary>
    public const long DriverBytes = 600L << 20;

    /// <summary>A GPU under an engine.</summary>
    /// <param name="sizing">What the engine takes.</param>
    /// <param name="busy">Whether it has requests.</param>
    public static GpuUse Of(EngineSizing sizing, bool busy) => new(sizing.UsedBytesPerGpu, busy ? Busy : 0, Power(sizing.Gpu, busy));

    /// <summary>A GPU without an engine.</summary>
    public static GpuUse Idle(Planning.GpuType gpu) => new(DriverBytes, 0, Power(gpu, false));

    private static double Power(Planning.GpuType gpu, bool busy) => Math.Round((gpu.Watts ?? 300) * (busy ? BusyPower : IdlePower), 1);
}
