namespace Nemotron.Lab.Engines;

/// <summary>What an engine answers by, and how it ends when it is asked to.</summary>
/// <param name="engine">The engine.</param>
/// <param name="faults">The faults asked for now.</param>
internal abstract class EngineServer(SimulatedEngine engine, Func<EngineFaults> faults)
{
    private static readonly TimeSpan RankNoticed = TimeSpan.FromSeconds(10);

    private volatile string? frozenMetrics;

    /// <summary>The faults asked for now.</summary>
    protected EngineFaults Faults => faults();

    /// <summary>The engine.</summary>
    public SimulatedEngine Engine { get; } = engine;

    /// <summary>The ports it opens once the engine has loaded.</summary>
    public abstract IReadOnlyList<WantedPort> Ports { get; }

    /// <summary>Ends as the program does on SIGTERM, and gives back its exit code.</summary>
    /// <param name="ports">Its open ports.</param>
    /// <param name="killed">The process was killed meanwhile.</param>
    public abstract Task<int> EndAsync(EnginePorts ports, CancellationToken killed);

    /// <summary>The Prometheus text that it shows now.</summary>
    public abstract string Metrics();

    /// <summary>Keeps the metrics as they are, or lets them go on.</summary>
    public void FreezeMetrics(bool freeze) => frozenMetrics = freeze ? frozenMetrics ?? Metrics() : null;

    /// <summary>The metrics as somebody who scrapes sees them, faults included; null where the route answers 404.</summary>
    protected string? ScrapedMetrics()
    {
        var now = Faults;
        if (now.Has(EngineFaultKind.MetricsMissing)) return null;
        var text = frozenMetrics ?? Metrics();
        return now.Has(EngineFaultKind.MetricsRenamed) ? MetricsFaults.Rename(text) : text;
    }

    /// <summary>Whether a scrape breaks off in the middle.</summary>
    protected bool ScrapesBreakOff => Faults.Has(EngineFaultKind.MetricsHalf);

    /// <summary>Lets a fault strike.</summary>
    /// <param name="kind">One that strikes once.</param>
    /// <param name="exit">Ends the process with a code.</param>
    /// <param name="killed">The process ended meanwhile.</param>
    public virtual async Task StrikeAsync(EngineFaultKind kind, Action<int> exit, CancellationToken killed)
    {
        switch (kind)
        {
            case EngineFaultKind.Hang:
                Engine.Replica.Frozen = true;
                break;
            case EngineFaultKind.FatalError:
                Engine.Health = EngineHealth.Fatal;
                Engine.Replica.FailAll();
                break;
            default:
                // Its peers wait for the dead rank until the launcher notices and kills them all.
                Engine.Replica.Frozen = true;
                try
                {
                    await Task.Delay(RankNoticed, Engine.Time, killed);
                }
                catch (OperationCanceledException)
                {
                    return;
                }

                Engine.Log.Write("[TRT-LLM] [E] One or more MPI ranks exited; the executor is shut down.");
                Engine.Health = EngineHealth.Broken;
                Engine.Replica.FailAll();
                break;
        }
    }
}
