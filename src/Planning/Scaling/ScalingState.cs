namespace Nemotron.Planning.Scaling;

/// <summary>
/// Everything that a decision takes over from the decisions before: small enough for an object's status, so that after a restart, or under a
/// new leader, the next decision is the same as it would have been. Plain data; serialises as it is.
/// </summary>
public sealed record ScalingState
{
    /// <summary>The state of a deployment that nothing has been decided for.</summary>
    public static ScalingState Empty { get; } = new();

    /// <summary>When the last decision was made; null before the first.</summary>
    public DateTimeOffset? LastTick { get; init; }

    /// <summary>Since when metrics have been there without a gap; null where they are not.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The number last decided; null before the first decision.</summary>
    public int? LastDesired { get; init; }

    /// <summary>Mean lengths of requests that do not think, as seen.</summary>
    public LengthEstimate LengthsOff { get; init; } = new();

    /// <summary>Mean lengths of requests that think, as seen.</summary>
    public LengthEstimate LengthsOn { get; init; } = new();

    /// <summary>Mean square of the output lengths over the square of their mean, as the cache in use shows it; null before it was seen.</summary>
    public double? Spread { get; init; }

    /// <summary>Work that requests turn out to be, over what the capacity model says; null before it was seen.</summary>
    public double? WorkFactor { get; init; }

    /// <summary>What latency has shown: the seconds at no load of each objective, measured as seconds × (1 − load).</summary>
    public LatencyEstimates Latency { get; init; } = new();

    /// <summary>Replicas that served at the tick before; null before the first.</summary>
    public int? Ready { get; init; }

    /// <summary>When a replica was last seen to begin to serve; null where none was.</summary>
    public DateTimeOffset? ReadyRose { get; init; }

    /// <summary>Time from created to ready, as measured; null where none was.</summary>
    public TimeSpan? LeadTime { get; init; }

    /// <summary>Arrival rates of the last minutes, oldest first.</summary>
    public IReadOnlyList<ArrivalSample> Arrivals { get; init; } = [];

    /// <summary>Falling recommendations of the stabilisation window: each the highest since its time, oldest first.</summary>
    public IReadOnlyList<Recommendation> Highest { get; init; } = [];

    /// <summary>Rising recommendations of the window upwards: each the lowest since its time, oldest first.</summary>
    public IReadOnlyList<Recommendation> Lowest { get; init; } = [];

    /// <summary>Requests that waited at the tick before; null where unknown.</summary>
    public double? Queued { get; init; }

    /// <summary>Ticks in a row that the queue has grown.</summary>
    public int QueueGrowth { get; init; }

    /// <summary>Until when nothing is taken away because a queue grew.</summary>
    public DateTimeOffset? PanicUntil { get; init; }

    /// <summary>When a request was last known; null where none ever was.</summary>
    public DateTimeOffset? LastRequest { get; init; }

    /// <summary>When the number last rose.</summary>
    public DateTimeOffset? LastUp { get; init; }

    /// <summary>When the number last fell.</summary>
    public DateTimeOffset? LastDown { get; init; }

    /// <summary>When the number last changed its direction.</summary>
    public DateTimeOffset? LastTurn { get; init; }

    /// <summary>When it changed its direction the time before that.</summary>
    public DateTimeOffset? TurnBefore { get; init; }

    /// <summary>The state where the clock was set back: what lies ahead of it was just now, or would hold everything for as long as the step was.</summary>
    /// <param name="now">The time.</param>
    internal ScalingState SetBack(DateTimeOffset now)
    {
        return this with
        {
            LastTick = null,
            Since = Known(Since),
            ReadyRose = Known(ReadyRose),
            PanicUntil = null,
            LastRequest = LastRequest > now ? now : LastRequest,
            LastUp = Known(LastUp),
            LastDown = Known(LastDown),
            LastTurn = Known(LastTurn),
            TurnBefore = Known(TurnBefore),
        };

        DateTimeOffset? Known(DateTimeOffset? time) => time > now ? null : time;
    }

    /// <summary>The last change was a rise.</summary>
    internal bool LastRose => LastUp > (LastDown ?? DateTimeOffset.MinValue);

    /// <summary>The last change was a fall.</summary>
    internal bool LastFell => LastDown > (LastUp ?? DateTimeOffset.MinValue);
}

/// <summary>Mean lengths of requests, with forgetting.</summary>
/// <param name="PromptTokens">Tokens of a prompt.</param>
/// <param name="OutputTokens">Tokens of an output.</param>
/// <param name="Weight">Requests that the means stand for; 0 before any was seen.</param>
public sealed record LengthEstimate(double PromptTokens = 0, double OutputTokens = 0, double Weight = 0);

/// <summary>Seconds × (1 − load) of each objective that has been measured, with forgetting; null where none was.</summary>
/// <param name="TtftOff">Time to first token without thinking.</param>
/// <param name="TtftOn">Time to first token of thinking requests.</param>
/// <param name="ItlOff">Time between tokens without thinking.</param>
/// <param name="ItlOn">Time between tokens of thinking requests.</param>
public sealed record LatencyEstimates(double? TtftOff = null, double? TtftOn = null, double? ItlOff = null, double? ItlOn = null);

/// <summary>Arrival rates at a time.</summary>
/// <param name="At">When.</param>
/// <param name="Off">Requests per second that do not think.</param>
/// <param name="On">Requests per second that think.</param>
/// <param name="InFlight">Requests in flight of both modes.</param>
public sealed record ArrivalSample(DateTimeOffset At, double Off, double On, double InFlight);

/// <summary>What was recommended at a time, before the pace is applied.</summary>
/// <param name="At">When.</param>
/// <param name="Replicas">How many.</param>
public sealed record Recommendation(DateTimeOffset At, int Replicas);
