namespace Nemotron.Controllers.Engines;

/// <summary>How quickly and how often sick engines are restarted.</summary>
internal sealed record HealingLimits
{
    /// <summary>The defaults.</summary>
    public static readonly HealingLimits Default = new();

    /// <summary>The age at which what an engine said last is no evidence any more. Default 1 minute: several polls.</summary>
    public TimeSpan Fresh { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long an engine that was heard may refuse connections while its container runs: longer than the kubelet's liveness takes. Default 5 minutes.</summary>
    public TimeSpan NotListening { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Between an engine found sick and its restart. Default 20 s: engines are polled one after the other, and by then each has been asked again, so that a fault which
    /// makes all look sick is seen as one.
    /// </summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>From the first restart of a replica to its second, at least; doubles with each. Default 1 minute.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The longest pause between two restarts of a replica. Default 30 minutes.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long after its last restart a replica that is well is taken for cured. Default twice <see cref="LongestPause"/>, as the kubelet does.</summary>
    public TimeSpan Cured => LongestPause * 2;

    /// <summary>Restarts in a minute over the whole fleet, at most. Default 4.</summary>
    public int PerMinute { get; init; } = 4;

    /// <summary>Sick engines from which on the signal may be doubted. Default 4: of fewer, all may well be hung at once.</summary>
    public int DoubtFrom { get; init; } = 4;

    /// <summary>The pause after the <paramref name="count"/>-th restart of a replica.</summary>
    public TimeSpan PauseAfter(int count)
    {
        if (count <= 0) return TimeSpan.Zero;
        // Past 2^20 minutes every pause is the longest, and a shift does not overflow.
        var doubled = FirstPause * (1L << Math.Min(count - 1, 20));
        return doubled < LongestPause ? doubled : LongestPause;
    }
}
