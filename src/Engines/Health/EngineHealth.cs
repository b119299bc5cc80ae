namespace Nemotron.Engines.Health;

/// <summary>How an engine is, as one word.</summary>
public enum EngineState
{
    /// <summary>Not asked yet, or it answered in a way that says nothing of its health.</summary>
    Unknown,

    /// <summary>Has never been ready since it started: loading weights, building, warming up.</summary>
    Starting,

    /// <summary>Serves.</summary>
    Ready,

    /// <summary>Runs, but does not serve everything it should, or has stopped saying that it is ready.</summary>
    Degraded,

    /// <summary>Finishes what it has and takes nothing new.</summary>
    Draining,

    /// <summary>Was ready and will not be again without a restart, or never became ready in its time.</summary>
    Dead,

    /// <summary>No answer came over the network. Says nothing of the engine: never a reason to restart it.</summary>
    Unreachable,
}

/// <summary>An engine's health at its last poll. The same object is kept as long as nothing in it changes.</summary>
/// <param name="State">In one word.</param>
/// <param name="Reason">Why, one stable CamelCase word of <see cref="HealthReasons"/>.</param>
/// <param name="Message">A sentence a person can act on.</param>
/// <param name="Since">When <paramref name="State"/> was entered.</param>
public sealed record EngineHealth(EngineState State, string Reason, string Message, DateTimeOffset Since)
{
    /// <summary>When this incarnation of the engine was first asked.</summary>
    public required DateTimeOffset FirstAsked { get; init; }

    /// <summary>Whether this incarnation has ever served.</summary>
    public bool EverReady { get; init; }

    /// <summary>Since when it has said, after having been ready, that it is not; null while it serves or loads.</summary>
    public DateTimeOffset? UnreadySince { get; init; }

    /// <summary>Before the first answer. <paramref name="everReady"/>: known from elsewhere, such as a startup probe that passed.</summary>
    public static EngineHealth NotAsked(DateTimeOffset now, bool everReady = false) =>
        new(EngineState.Unknown, HealthReasons.NotAsked, "The engine has not been asked yet.", now) { FirstAsked = now, EverReady = everReady };
}

/// <summary>The words of <see cref="EngineHealth.Reason"/>.</summary>
public static class HealthReasons
{
    /// <summary>No poll has ended yet.</summary>
    public const string NotAsked = "NotAsked";

    /// <summary>It serves.</summary>
    public const string Serving = "Serving";

    /// <summary>Nothing listens yet, as with every engine while it loads.</summary>
    public const string NotListeningYet = "NotListeningYet";

    /// <summary>It answers and says that it loads.</summary>
    public const string Loading = "Loading";

    /// <summary>It answers and says that it is not ready.</summary>
    public const string NotReady = "NotReady";

    /// <summary>The served model is not loaded though the server runs.</summary>
    public const string ModelNotLoaded = "ModelNotLoaded";

    /// <summary>The served model is ready; the server is not, because of another model.</summary>
    public const string OtherModelNotReady = "OtherModelNotReady";

    /// <summary>It was never ready within the time a start may take.</summary>
    public const string StartTimedOut = "StartTimedOut";

    /// <summary>It has said for too long, after having been ready, that it is not.</summary>
    public const string UnreadyTooLong = "UnreadyTooLong";

    /// <summary>Nothing listens any more.</summary>
    public const string ConnectionRefused = "ConnectionRefused";

    /// <summary>It drained and is gone.</summary>
    public const string Exited = "Exited";

    /// <summary>It says that it is exiting.</summary>
    public const string ServerExiting = "ServerExiting";

    /// <summary>Its pod is being deleted.</summary>
    public const string PodTerminating = "PodTerminating";

    /// <summary>No route, no name, or the connection did not come about in time.</summary>
    public const string NoConnection = "NoConnection";

    /// <summary>The connection stood but no answer came before the deadline, or it broke.</summary>
    public const string NoReply = "NoReply";

    /// <summary>TLS could not be agreed on: certificate, authority or name.</summary>
    public const string TlsFailed = "TlsFailed";

    /// <summary>It asks for credentials or a header that was not sent.</summary>
    public const string AccessRefused = "AccessRefused";

    /// <summary>It does not speak the protocol it was asked in.</summary>
    public const string WrongProtocol = "WrongProtocol";
}
