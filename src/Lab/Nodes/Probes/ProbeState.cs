namespace Nemotron.Lab.Nodes;

/// <summary>What the answers to one probe of one run of a container have come to.</summary>
internal sealed record ProbeState
{
    /// <summary>No answer yet.</summary>
    public static ProbeState Unasked { get; } = new();

    /// <summary>What counts: changes only when the threshold of equal answers is reached; null until then.</summary>
    public bool? Verdict { get; init; }

    /// <summary>When it was last answered.</summary>
    public DateTimeOffset? Answered { get; init; }

    private bool Last { get; init; }

    private int InARow { get; init; }

    /// <summary>The state after one more answer.</summary>
    public ProbeState After(ProbeSpec spec, bool success, DateTimeOffset at)
    {
        var inARow = InARow > 0 && Last == success ? InARow + 1 : 1;
        return this with
        {
            Last = success,
            InARow = inARow,
            Answered = at,
            Verdict = inARow >= (success ? spec.SuccessThreshold : spec.FailureThreshold) ? success : Verdict,
        };
    }
}

/// <summary>The probes of one run of a container.</summary>
internal sealed record ProbeStates
{
    /// <summary>A container that has just started.</summary>
    public static ProbeStates Fresh { get; } = new();

    private ProbeState Startup { get; init; } = ProbeState.Unasked;

    private ProbeState Readiness { get; init; } = ProbeState.Unasked;

    private ProbeState Liveness { get; init; } = ProbeState.Unasked;

    /// <summary>The state of one.</summary>
    public ProbeState this[ProbeKind kind] => kind switch
    {
        ProbeKind.Startup => Startup,
        ProbeKind.Readiness => Readiness,
        _ => Liveness,
    };

    /// <summary>The same with one more answer.</summary>
    public ProbeStates After(ProbeKind kind, ProbeSpec spec, bool success, DateTimeOffset at)
    {
        var next = this[kind].After(spec, success, at);
        return kind switch
        {
            ProbeKind.Startup => this with { Startup = next },
            ProbeKind.Readiness => this with { Readiness = next },
            _ => this with { Liveness = next },
        };
    }

    /// <summary>Whether the container counts as started: without a startup probe it does at once.</summary>
    public bool HasStarted(ContainerProbes probes) => probes.Startup is null || Startup.Verdict == true;

    /// <summary>Whether the container counts as ready.</summary>
    public bool IsReady(ContainerProbes probes) => HasStarted(probes) && (probes.Readiness is null || Readiness.Verdict == true);

    /// <summary>Whether it must be killed: the probe that says so, or null.</summary>
    public ProbeKind? Condemned(ContainerProbes probes)
    {
        if (probes.Startup is not null && Startup.Verdict == false) return ProbeKind.Startup;
        return probes.Liveness is not null && Liveness.Verdict == false ? ProbeKind.Liveness : null;
    }

    /// <summary>When a probe is next to be asked, or null for never. A condemned container is asked nothing more.</summary>
    /// <param name="kind">The probe.</param>
    /// <param name="probes">The container's probes.</param>
    /// <param name="started">When the container started.</param>
    public DateTimeOffset? Due(ProbeKind kind, ContainerProbes probes, DateTimeOffset started)
    {
        if (probes[kind] is not { } spec || Condemned(probes) is not null) return null;
        if (kind == ProbeKind.Startup ? Startup.Verdict == true : !HasStarted(probes)) return null;
        if (this[kind].Answered is { } answered) return answered + spec.Period;
        // The real kubelet asks for readiness at once when a container has started, and for the rest within a period.
        var first = started + spec.InitialDelay;
        return probes.Startup is not null && kind != ProbeKind.Startup && Startup.Answered > first ? Startup.Answered : first;
    }
}
