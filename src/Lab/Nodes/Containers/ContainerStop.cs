namespace Nemotron.Lab.Nodes;

/// <summary>Stops a container as a kubelet does: its preStop hook, then SIGTERM, then what is left of the grace period, then SIGKILL.</summary>
internal static class ContainerStop
{
    // What a process gets after its hook has used the grace period up.
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(2);

    /// <summary>Runs the stop to its end: the process has exited when it returns.</summary>
    /// <param name="process">The process.</param>
    /// <param name="preStop">The hook, or null. Its faults are its own to tell of.</param>
    /// <param name="grace">The grace period, hook included; zero kills at once.</param>
    /// <param name="time">The Lab's clock.</param>
    public static async Task RunAsync(IContainerProcess process, Func<CancellationToken, Task>? preStop, TimeSpan grace, TimeProvider time)
    {
        if (grace <= TimeSpan.Zero)
        {
            process.End(ContainerExit.Killed);
            return;
        }

        var begun = time.GetUtcNow();
        if (preStop is not null)
        {
            using var hook = new CancellationTokenSource(grace, time);
            var running = preStop(hook.Token);
            await Task.WhenAny(running, process.Exited);
            await hook.CancelAsync();
        }

        process.Terminate();
        var left = grace - (time.GetUtcNow() - begun);
        using var over = new CancellationTokenSource();
        await Task.WhenAny(process.Exited, Task.Delay(left > Least ? left : Least, time, over.Token));
        await over.CancelAsync();
        process.End(ContainerExit.Killed);
        await process.Exited;
    }
}
