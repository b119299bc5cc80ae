using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Nemotron.Kube;

internal sealed class ServerSideApply(
    KubeApi api, InformerCaches caches, PendingWrites pending, OperatorSettings settings, ILogger<ServerSideApply> logger) : IServerSideApply
{
    private const int MostRemembered = 200_000;

    /// <summary>What the last comparison of an object came to, so that a settled object costs no comparison at all.</summary>
    private readonly ConcurrentDictionary<(Type, NamespacedName, string Manager), Verified> verified = new();

    /// <summary>For which owner (its uid) this process created an object last.</summary>
    private readonly ConcurrentDictionary<(Type, NamespacedName), string> createdFor = new();

    public Task<ApplyResult<T>> ApplyAsync<T>(T desired, IKubernetesObject<V1ObjectMeta>? owner, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta> => ApplyAsync(desired, new ApplyOptions { Owner = owner }, cancellationToken);

    public async Task<ApplyResult<T>> ApplyAsync<T>(T desired, ApplyOptions options, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentException.ThrowIfNullOrEmpty(desired.Metadata?.Name, "desired.Metadata.Name");
        var type = ResourceType.Of<T>();
        var key = NamespacedName.Of(desired);
        var manager = options.FieldManager ?? settings.EffectiveFieldManager;
        var body = ApplyBody.From(desired, options.Owner);
        var hash = ApplyBody.Hash(body);
        if (options.RecordHash)
        {
            ApplyBody.Annotate(body, settings.EffectiveAppliedAnnotation, hash);
        }

        var cached = Cached<T>(key, desired, out var certain);
        var last = verified.GetValueOrDefault((typeof(T), key, manager));
        if (cached is not null && last is not null && last.Matches(cached, hash) && last.Refused.Count == 0)
        {
            return new ApplyResult<T>(ApplyAction.Unchanged, cached, []);
        }

        if (options.Owner is not null && (cached is null || NotOurs(type, cached, options.Owner) is not null))
        {
            // What others made may lack the label that the cache selects by; and what the cache has of theirs may be gone by now.
            certain = false;
        }

        var live = certain ? cached : await api.GetAsync<T>(key, cancellationToken);
        List<string> differences = [];
        if (live is not null)
        {
            if (NotOurs(type, live, options.Owner) is { } why) throw new OwnedByAnotherException(why);
            differences = DesiredComparison.Differences(body, KubeJson.ToTree(live));

            // What the API server (or an admission webhook) changed back last time it will change back again.
            if (differences.Count == 0 || (last is not null && last.Hash == hash && last.Uid == live.Metadata.Uid && last.Refused.SequenceEqual(differences)))
            {
                Remember(verified, (typeof(T), key, manager), new Verified(live.Metadata.Uid, live.Metadata.ResourceVersion, hash, differences));
                return new ApplyResult<T>(ApplyAction.Unchanged, live, []);
            }
        }

        if (options.MustExist)
        {
            // With its uid an apply cannot create; without an object, the read says 404.
            live ??= (await api.SendAsync<T>(HttpMethod.Get, type.ObjectPath(key), default, null, cancellationToken)).Object;
            body["metadata"]!["uid"] = live.Metadata.Uid;
        }

        if (live is null && options.Owner is { } owner && createdFor.TryGetValue((typeof(T), key), out var uid) && uid == owner.Metadata.Uid)
        {
            // It was made for this owner before, and is gone. The garbage collector takes it again at once if the owner that the cache shows is no more.
            await RefuseIfGoneAsync(owner, cancellationToken);
        }

        var path = new QueryText(type.ObjectPath(key)).Add("fieldManager", manager).Add("force", "true").ToString();
        var (written, status) = await api.SendAsync<T>(HttpMethod.Patch, path, JsonSerializer.SerializeToUtf8Bytes(body), KubeApi.ApplyPatch, cancellationToken);
        NoteWrite(options.Owner, typeof(T), key, written.Metadata.ResourceVersion);
        if (status == HttpStatusCode.Created && options.Owner is not null)
        {
            Remember(createdFor, (typeof(T), key), options.Owner.Metadata.Uid);
        }

        body["metadata"]!.AsObject().Remove("uid");
        var refused = DesiredComparison.Differences(body, KubeJson.ToTree(written));
        if (refused.Count > 0 && last?.Refused.SequenceEqual(refused) != true)
        {
            ApplyLog.Refused(logger, type.Kind, key, string.Join(", ", refused));
        }

        Remember(verified, (typeof(T), key, manager), new Verified(written.Metadata.Uid, written.Metadata.ResourceVersion, hash, refused));
        var action = status == HttpStatusCode.Created ? ApplyAction.Created
            : live is not null && live.Metadata.ResourceVersion == written.Metadata.ResourceVersion ? ApplyAction.Unchanged
            : ApplyAction.Updated;
        ApplyLog.Applied(logger, type.Kind, key, action, string.Join(", ", differences));
        return new ApplyResult<T>(action, written, action == ApplyAction.Updated ? differences : []);
    }

    public async Task<bool> DeleteAsync<T>(T live, CancellationToken cancellationToken, DeletePropagation propagation = DeletePropagation.Background)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (live.Metadata.DeletionTimestamp is not null)
        {
            return false;
        }

        var key = NamespacedName.Of(live);
        var options = new V1DeleteOptions
        {
            ApiVersion = "v1",
            Kind = "DeleteOptions",
            PropagationPolicy = propagation.ToString(),
            Preconditions = new V1Preconditions { Uid = live.Metadata.Uid },
        };
        try
        {
            await api.SendAsync<JsonElement>(
                HttpMethod.Delete,
                ResourceType.Of<T>().ObjectPath(key),
                JsonSerializer.SerializeToUtf8Bytes(options, KubeJson.TypeInfo<V1DeleteOptions>(KubeJson.Writing)),
                KubeApi.Json,
                cancellationToken);
        }
        catch (HttpOperationException e) when (e.Response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            // Gone, or another object has its name: either way this one is no more.
            return false;
        }

        var onBehalf = ReconcileContext.EntityUid ?? live.Metadata.OwnerReferences?.FirstOrDefault(r => r.Controller == true)?.Uid;
        if (onBehalf is not null)
        {
            pending.Deleted(onBehalf, typeof(T), key, live.Metadata.Uid);
        }

        return true;
    }

    /// <summary>The object as cached, and whether the cache knows for certain all there is to know about it.</summary>
    private T? Cached<T>(NamespacedName key, T desired, out bool certain)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        certain = false;
        if (caches.Find(typeof(T)) is not Informer<T> { Synced: true } informer)
        {
            return null;
        }

        var cached = informer.Get(key);
        var options = informer.Options;
        var coversAll = LabelSelectorText.Selects(options.LabelSelector, desired.Metadata.Labels) && options.FieldSelector is null
            && informer.Scopes.Of(key) is not null
            && !informer.Unreadable.ContainsKey(key);
        certain = !options.IsSlim && (cached is not null ? !informer.Unreadable.ContainsKey(key) : coversAll);
        return cached;
    }

    /// <summary>Why an object is not to become the owner's, or null. What once was made here and lost its owner, as an orphan does, still says so by its annotation.</summary>
    private string? NotOurs(ResourceType type, IKubernetesObject<V1ObjectMeta> live, IKubernetesObject<V1ObjectMeta>? owner)
    {
        if (owner is null) return null;
        var references = live.Metadata.OwnerReferences ?? [];
        if (references.FirstOrDefault(r => r.Controller == true && r.Uid != owner.Metadata.Uid) is { } controller)
            return $"{type.Kind} {NamespacedName.Of(live)} exists and is controlled by {controller.Kind} {controller.Name} (uid {controller.Uid}): rename one of them, or wait until it is deleted.";
        return references.Any(r => r.Uid == owner.Metadata.Uid) || live.Metadata.Annotations?.ContainsKey(settings.EffectiveAppliedAnnotation) == true
            ? null
            : $"{type.Kind} {NamespacedName.Of(live)} exists and was not made by {settings.Name}: rename one of them, or delete it.";
    }

    private void NoteWrite(IKubernetesObject<V1ObjectMeta>? owner, Type type, NamespacedName key, string version)
    {
        if ((owner?.Metadata.Uid ?? ReconcileContext.EntityUid) is { } uid)
        {
            pending.Wrote(uid, type, key, version);
        }
    }

    private static void Remember<TKey, TValue>(ConcurrentDictionary<TKey, TValue> memory, TKey key, TValue value)
        where TKey : notnull
    {
        if (memory.Count >= MostRemembered)
        {
            // Only shortcuts: forgetting costs one comparison per object, or one creation for an owner that is gone.
            memory.Clear();
        }

        memory[key] = value;
    }

    private async Task RefuseIfGoneAsync(IKubernetesObject<V1ObjectMeta> owner, CancellationToken cancellationToken)
    {
        var type = ResourceType.Of(owner.GetType());
        var key = NamespacedName.Of(owner);
        var live = await api.GetMetadataAsync(type, key, cancellationToken);
        if (live?.Uid != owner.Metadata.Uid)
        {
            throw new OwnerGoneException($"{type.Kind} {key} (uid {owner.Metadata.Uid}) {(live is null ? "is gone" : $"was made anew (uid {live.Uid})")}, and the cache has not heard of it: nothing is made for it any more.");
        }
    }

    private sealed record Verified(string Uid, string Version, string Hash, IReadOnlyList<string> Refused)
    {
        internal bool Matches(IKubernetesObject<V1ObjectMeta> live, string hash) =>
            Hash == hash && Uid == live.Metadata.Uid && Version == live.Metadata.ResourceVersion;
    }
}

internal static partial class ApplyLog
{
    [LoggerMessage(301, LogLevel.Information, "{Kind} {Key}: {Action} ({Paths})")]
    internal static partial void Applied(ILogger logger, string kind, NamespacedName key, ApplyAction action, string paths);

    [LoggerMessage(302, LogLevel.Warning, "{Kind} {Key}: the API server does not keep {Paths}; not applied again until something else changes")]
    internal static partial void Refused(ILogger logger, string kind, NamespacedName key, string paths);
}
