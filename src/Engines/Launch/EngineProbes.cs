namespace Nemotron.Engines.Launch;

/// <summary>What a probe does.</summary>
public abstract record ProbeCheck
{
    /// <summary>GET a path; 200 to 399 is well.</summary>
    /// <param name="Port">The port's name.</param>
    /// <param name="Path">The path.</param>
    public sealed record Http(string Port, string Path) : ProbeCheck;

    /// <summary>Run a program in the container; 0 is well.</summary>
    /// <param name="Argv">The program and its arguments.</param>
    public sealed record Command(IReadOnlyList<string> Argv) : ProbeCheck;
}

/// <summary>A probe.</summary>
/// <param name="Check">What it does.</param>
/// <param name="Period">Time from one to the next.</param>
/// <param name="Failures">Failures in a row after which it has failed.</param>
public sealed record EngineProbe(ProbeCheck Check, TimeSpan Period, int Failures)
{
    /// <summary>How long one may take.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
}

/// <summary>How an engine is asked how it is. The kubelet kills the container when startup or liveness has failed.</summary>
/// <param name="Startup">Until it has succeeded once the others wait. Engines refuse connections while they load, so a refusal is no fault until the time for a start is over.</param>
/// <param name="Readiness">Whether it gets requests.</param>
/// <param name="Liveness">Whether a restart would help: a finite number of failures ends an engine whose parent answers 503 for ever after a rank has crashed (TensorRT-LLM#18663).</param>
public sealed record EngineProbes(EngineProbe Startup, EngineProbe Readiness, EngineProbe Liveness)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    /// <summary>The usual three over one check of readiness.</summary>
    /// <param name="ready">Succeeds when requests can be served.</param>
    /// <param name="live">Fails when only a restart helps.</param>
    /// <param name="startup">How long a start may take.</param>
    /// <param name="deadAfter">How long <paramref name="live"/> may fail before a restart.</param>
    internal static EngineProbes Of(ProbeCheck ready, ProbeCheck live, TimeSpan startup, TimeSpan deadAfter) => new(
        new EngineProbe(ready, Period, Times(startup)),
        new EngineProbe(ready, Period, 3),
        new EngineProbe(live, Period, Times(deadAfter)));

    private static int Times(TimeSpan limit) => (int)Math.Max(1, Math.Ceiling(limit / Period));
}
