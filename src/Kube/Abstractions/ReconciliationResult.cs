using k8s;
using k8s.Models;

#pragma warning disable CA1000 // Static factories on the generic type are KubeOps' shape, which controllers are written against.

namespace Nemotron.Kube;

/// <summary>What a reconcile came to.</summary>
/// <typeparam name="TEntity">The entity's type.</typeparam>
public sealed record ReconciliationResult<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    private ReconciliationResult(TEntity entity, bool isSuccess, string? errorMessage, Exception? error, TimeSpan? requeueAfter)
    {
        Entity = entity;
        IsSuccess = isSuccess;
        ErrorMessage = errorMessage;
        Error = error;
        RequeueAfter = requeueAfter;
    }

    /// <summary>The entity the result is about.</summary>
    public TEntity Entity { get; }

    /// <summary>Whether the reconcile did all it could do now.</summary>
    public bool IsSuccess { get; }

    /// <summary>Why it failed; null on success.</summary>
    public string? ErrorMessage { get; }

    /// <summary>The exception behind a failure, if any.</summary>
    public Exception? Error { get; }

    /// <summary>When to look again: exactly this long from now. Null on success: on the next change. Null on failure: after the key's backoff.</summary>
    public TimeSpan? RequeueAfter { get; }

    /// <summary>All is as it should be, as far as it can be now.</summary>
    /// <param name="entity">The entity.</param>
    /// <param name="requeueAfter">Look again after this time even when nothing changes.</param>
    public static ReconciliationResult<TEntity> Success(TEntity entity, TimeSpan? requeueAfter = null) =>
        new(entity, true, null, null, requeueAfter);

    /// <summary>Something went wrong. It is counted, logged and tried again: after <paramref name="requeueAfter"/>, or else after the key's backoff.</summary>
    /// <param name="entity">The entity.</param>
    /// <param name="errorMessage">What went wrong, in a sentence.</param>
    /// <param name="error">The exception behind it. A <see cref="TerminalException"/> is not retried.</param>
    /// <param name="requeueAfter">Try again after this time instead of the backoff.</param>
    public static ReconciliationResult<TEntity> Failure(TEntity entity, string errorMessage, Exception? error = null, TimeSpan? requeueAfter = null) =>
        new(entity, false, errorMessage, error, requeueAfter);
}
