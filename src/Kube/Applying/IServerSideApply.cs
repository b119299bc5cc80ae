using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>What an apply did.</summary>
public enum ApplyAction
{
    /// <summary>Nothing: the object already says all that is desired. No request was made if the type has a cache that holds whole objects.</summary>
    Unchanged,

    /// <summary>The object was created.</summary>
    Created,

    /// <summary>The object was changed.</summary>
    Updated,
}

/// <summary>The outcome of an apply.</summary>
/// <typeparam name="T">The object's type.</typeparam>
/// <param name="Action">What was done.</param>
/// <param name="Object">The object as the API server has it now.</param>
/// <param name="Differences">The paths that differed, such as <c>spec.replicas</c>; at most 32. Empty when created or unchanged.</param>
public sealed record ApplyResult<T>(ApplyAction Action, T Object, IReadOnlyList<string> Differences)
    where T : class, IKubernetesObject<V1ObjectMeta>;

/// <summary>Writes objects by server-side apply, only when something differs.</summary>
public interface IServerSideApply
{
    /// <summary>
    /// Makes the API server's object say what <paramref name="desired"/> says. Null members are not part of it: other managers may own them.
    /// Members that an earlier apply had and this one lacks are removed. Conflicts with other managers are forced.
    /// </summary>
    /// <typeparam name="T">The object's type.</typeparam>
    /// <param name="desired">Name, namespace and every field that must hold, and no more. Not kept, not modified.</param>
    /// <param name="owner">
    /// Becomes the controller in the object's owner references, so that it goes when the owner goes, and is not reconciled again before the cache has seen this write.
    /// What others made is not taken over: before one is created, the API server is asked whether there is one, since a cache that selects by label does not have it.
    /// Null: no owner.
    /// </param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="OwnedByAnotherException">The object exists and another owner controls it, or it has an owner to come and was not made here. It is left as it is.</exception>
    /// <exception cref="OwnerGoneException">An object that this process made for the owner is gone, and so is the owner, though its cache still has it. Let it pass: the runtime waits for the news.</exception>
    /// <exception cref="k8s.Autorest.HttpOperationException">The API server refused; <see cref="ApiErrors.Describe"/> says why in a sentence.</exception>
    Task<ApplyResult<T>> ApplyAsync<T>(T desired, IKubernetesObject<V1ObjectMeta>? owner, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>
    /// As the other overload, for a subresource or under a field manager of its own: such as labels of objects that belong to somebody else.
    /// </summary>
    /// <typeparam name="T">The object's type.</typeparam>
    /// <param name="desired">Name, namespace and every field that must hold, and no more.</param>
    /// <param name="options">How to apply.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    Task<ApplyResult<T>> ApplyAsync<T>(T desired, ApplyOptions options, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Deletes an object if it is still the one that <paramref name="live"/> is (by uid). Gone, replaced or already going is no error.</summary>
    /// <typeparam name="T">The object's type.</typeparam>
    /// <param name="live">The object as last read.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <param name="propagation">What happens to its dependents. The default is in the background.</param>
    /// <returns>Whether a deletion was asked for.</returns>
    Task<bool> DeleteAsync<T>(T live, CancellationToken cancellationToken, DeletePropagation propagation = DeletePropagation.Background)
        where T : class, IKubernetesObject<V1ObjectMeta>;
}

/// <summary>What happens to the dependents of a deleted object.</summary>
public enum DeletePropagation
{
    /// <summary>They are deleted afterwards.</summary>
    Background,

    /// <summary>They are deleted first.</summary>
    Foreground,

    /// <summary>They stay.</summary>
    Orphan,
}

/// <summary>How to apply.</summary>
public sealed record ApplyOptions
{
    /// <summary>The controller of the object. Null, the default: none.</summary>
    public IKubernetesObject<V1ObjectMeta>? Owner { get; init; }

    /// <summary>The field manager. Null, the default: the operator's.</summary>
    public string? FieldManager { get; init; }

    /// <summary>
    /// Whether the annotation with the hash of what was applied is written, by which removed fields are noticed. The default value is true.
    /// Turn it off for objects of others; then fields that an apply lacks are removed only by the next write.
    /// </summary>
    public bool RecordHash { get; init; } = true;

    /// <summary>Only changes an object that exists; when it does not, the result is an exception with status 404. The default value is false.</summary>
    public bool MustExist { get; init; }
}

/// <summary>An object exists under the desired name, and another owner controls it or it was made by somebody else.</summary>
public sealed class OwnedByAnotherException : Exception
{
    /// <summary>Creates one.</summary>
    /// <param name="message">Which object, and whose it is.</param>
    public OwnedByAnotherException(string message)
        : base(message)
    {
    }
}

/// <summary>What was to be made has an owner that is gone or was made anew under its name; the cache is behind.</summary>
public sealed class OwnerGoneException : Exception
{
    /// <summary>Creates one.</summary>
    /// <param name="message">Which owner.</param>
    public OwnerGoneException(string message)
        : base(message)
    {
    }
}
