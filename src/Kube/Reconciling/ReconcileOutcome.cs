namespace Nemotron.Kube;

internal enum OutcomeKind
{
    /// <summary>Well; nothing more to do until something changes.</summary>
    Success,

    /// <summary>Well; look again after a time.</summary>
    RequeueAfter,

    /// <summary>Failed; after the backoff, or a time of the controller's choice.</summary>
    Error,

    /// <summary>Failed for good.</summary>
    Terminal,

    /// <summary>Took too long; after the backoff.</summary>
    TimedOut,

    /// <summary>Not begun, or left: the cache is known to be behind, of this process's own writes or of the entity itself.</summary>
    NotYet,

    /// <summary>Cut off by the end of the process.</summary>
    Aborted,
}

/// <summary>How a reconcile ended.</summary>
internal readonly record struct ReconcileOutcome(OutcomeKind Kind, TimeSpan? After = null, string? Why = null, Exception? Error = null)
{
    internal static readonly ReconcileOutcome Success = new(OutcomeKind.Success);

    internal static ReconcileOutcome Of<T>(ReconciliationResult<T> result)
        where T : class, k8s.IKubernetesObject<k8s.Models.V1ObjectMeta> => result switch
        {
            { IsSuccess: true, RequeueAfter: null } => Success,
            { IsSuccess: true } => new(OutcomeKind.RequeueAfter, result.RequeueAfter),
            { Error: TerminalException } => new(OutcomeKind.Terminal, null, result.ErrorMessage, result.Error),
            _ => new(OutcomeKind.Error, result.RequeueAfter, result.ErrorMessage, result.Error),
        };

    /// <summary>The worse of two, or the sooner.</summary>
    internal ReconcileOutcome Then(ReconcileOutcome next) => Kind != OutcomeKind.Success && next.Kind == OutcomeKind.Success ? this : next;
}
