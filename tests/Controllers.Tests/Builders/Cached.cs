using k8s;
using k8s.Models;
using Nemotron.Kube;

namespace Nemotron.Controllers.Tests.Builders;

/// <summary>A cache that holds what a test puts in.</summary>
internal sealed class Cached<T>(params T[] objects) : IInformerCache<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    public List<T> Objects { get; } = [.. objects];

    public string Resource => typeof(T).Name;

    public bool Synced => true;

    public string? Trouble => null;

    public int Count => Objects.Count;

    public IReadOnlyDictionary<NamespacedName, string> Unreadable => new Dictionary<NamespacedName, string>();

    public T? Get(string? ns, string name) => Objects.FirstOrDefault(obj => obj.Metadata.Name == name && (ns is null || obj.Metadata.NamespaceProperty == ns));

    public T? Get(NamespacedName key) => Get(key.Namespace, key.Name);

    public IReadOnlyList<T> List(string? ns = null) => [.. Objects.Where(obj => ns is null || obj.Metadata.NamespaceProperty == ns)];

    public IReadOnlyList<T> ByIndex(string indexName, string key) => [];

    public IReadOnlyList<T> ByOwner(string ownerUid) => [.. Objects.Where(obj => obj.Metadata.OwnerReferences?.Any(owner => owner.Uid == ownerUid) == true)];

    public IReadOnlyList<T> ByLabel(string label, string value) => [.. Objects.Where(obj => obj.Metadata.Labels?.TryGetValue(label, out var there) == true && there == value)];

    public Task WaitForSyncAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
