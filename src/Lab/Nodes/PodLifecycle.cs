namespace Nemotron.Lab.Nodes;

/// <summary>
/// A pod's life on its node as a pure step: given where it stood and the time, where it stands now and when to look again.
/// Transitions happen at their own times, not at the time of looking, so a late look changes nothing.
/// </summary>
internal static class PodLifecycle
{
    /// <summary>Brings a pod up to date.</summary>
    /// <param name="plan">How it behaves.</param>
    /// <param name="run">Where it stood.</param>
    /// <param name="now">The time now.</param>
    /// <returns>Where it stands, and when the next thing happens by itself (null for never).</returns>
    public static (PodRun Run, DateTimeOffset? Next) Advance(PodPlan plan, PodRun run, DateTimeOffset now)
    {
        if (run.Held is not null) return (run, null);
        // A container without a usable image never starts, and nothing behind it does.
        var at = run.Admitted + plan.Creation;
        if (now < at) return (run, at);
        var init = new List<ContainerRun>(run.Init);
        DateTimeOffset? next = null;
        for (var i = 0; i < plan.Init.Count; i++)
        {
            var container = plan.Init[i];
            if (container.Image.Length == 0) return (run with { Init = init }, next);
            if (init.Count <= i) init.Add(new() { Started = at });
            // An init container that fails is tried again whatever happens, except in pods that are never restarted.
            (init[i], var due) = Step(container, init[i], now, code => container.Sidecar || (code != 0 && plan.RestartPolicy != "Never"));
            next = Earlier(next, due);
            if (container.Sidecar)
            {
                // What comes behind a sidecar waits until it has started: by its startup probe where it has one.
                if (container.Probes is { } probes && !(init[i].Started is not null && init[i].Probes.HasStarted(probes))) return (run with { Init = init }, next);
                if (init[i].Started is { } started) at = Later(at, init[i].Probes[ProbeKind.Startup].Answered ?? started);
                continue;
            }

            if (!init[i].Ended || init[i].ExitCode != 0) return (run with { Init = init }, next);
            at = Later(at, init[i].Finished!.Value);
        }

        var main = new List<ContainerRun>(run.Main);
        for (var i = 0; i < plan.Main.Count; i++)
        {
            if (main.Count <= i) main.Add(plan.Main[i].Image.Length == 0 ? new() : new() { Started = at });
            (main[i], var due) = Step(
                plan.Main[i], main[i], now, code => plan.RestartPolicy == "Always" || (plan.RestartPolicy == "OnFailure" && code != 0));
            next = Earlier(next, due);
        }

        return (run with { Init = init, Main = main }, next);
    }

    /// <summary>Whether a container can serve: running, and loaded when probes ask; by its probes' answers where a process stands behind it.</summary>
    public static bool IsReady(ContainerPlan plan, ContainerRun run, DateTimeOffset now) =>
        run.Started is { } started && (plan.Probes is { } probes ? run.Probes.IsReady(probes) : !plan.Probed || started + plan.Load <= now);

    /// <summary>Whether a container has started as its status says it: running, and past its startup probe.</summary>
    public static bool HasStarted(ContainerPlan plan, ContainerRun run, DateTimeOffset now) =>
        run.Started is { } started && (plan.Probes is { } probes ? run.Probes.HasStarted(probes) : !plan.Probed || started + plan.Load <= now);

    /// <summary>The pod's phase.</summary>
    public static string Phase(PodPlan plan, PodRun run)
    {
        if (run.Init.Zip(plan.Init).Any(pair => !pair.Second.Sidecar && pair.First.Ended && pair.First.ExitCode != 0)) return "Failed";
        if (run.Main.Count < plan.Main.Count || run.Main.All(container => container is { Running: false, Finished: null })) return "Pending";
        if (!run.Main.All(container => container.Ended)) return "Running";
        return run.Main.All(container => container.ExitCode == 0) ? "Succeeded" : "Failed";
    }

    /// <summary>How long a pod takes to stop: its preStop sleep if it has one and a short drain, never past its grace period.</summary>
    /// <param name="preStopSleep">The longest <c>preStop.sleep</c> of its containers.</param>
    /// <param name="drain">What a process takes after SIGTERM.</param>
    /// <param name="grace">The grace period.</param>
    public static TimeSpan StopTime(TimeSpan preStopSleep, TimeSpan drain, TimeSpan grace)
    {
        var wanted = preStopSleep + drain;
        return wanted < grace ? wanted : grace;
    }

    private static (ContainerRun Run, DateTimeOffset? Next) Step(ContainerPlan plan, ContainerRun run, DateTimeOffset now, Func<int, bool> again)
    {
        // Bounded: a container that exits at once and restarts at once would never catch up with the clock.
        for (var turns = 0; turns < 64; turns++)
        {
            if (run.Started is { } started)
            {
                var exits = started + plan.Run;
                if (exits is null || exits > now)
                {
                    DateTimeOffset? ready = plan is { Probed: true, Probes: null } && started + plan.Load > now ? started + plan.Load : null;
                    return (run, Earlier(exits, ready));
                }

                run = run.Exit(exits.Value, plan.ExitCode, again(plan.ExitCode));
            }
            else if (run.RestartAt is { } restart)
            {
                if (restart > now) return (run, restart);
                run = run.Start(restart);
            }
            else
            {
                return (run, null);
            }
        }

        return (run, now);
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? left, DateTimeOffset? right) => left is null ? right : right is null || left < right ? left : right;

    private static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset right) => left > right ? left : right;
}
