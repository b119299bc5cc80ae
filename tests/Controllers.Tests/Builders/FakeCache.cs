using k8s;
using k8s.Models;
using Nemotron.Kube;

namespace Nemotron.Controllers.Tests.Builders;

/// <summary>A cache that holds what it is given.</summary>
internal sealed class FakeCache<T> : IInformerCache<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    public List<T> Objects { get; } = [];

    public bool Served { get; set; } = true;

    public string Resource => ResourceType.Of<T>().FullName;

    public bool Synced => true;

    public string? Trouble => null;

    public int Count => Objects.Count;

    // Tests change the list as they like, so nothing worked out from it may be kept.
    public long Changes => ++looks;

    public IReadOnlyDictionary<NamespacedName, string> Unreadable => new Dictionary<NamespacedName, string>();

    private long looks;

    /// <summary>Keys of the objects under an index.</summary>
    public Dictionary<string, Func<T, IEnumerable<string>>> Indexes { get; } = [];

    public T? Get(string? ns, string name) => Objects.Find(obj => obj.Metadata.Name == name && (obj.Metadata.NamespaceProperty ?? "") == (ns ?? ""));

    public T? Get(NamespacedName key) => Get(key.Namespace, key.Name);

    public IReadOnlyList<T> List(string? ns = null) => [.. Objects.Where(obj => ns is null || obj.Metadata.NamespaceProperty == ns)];

    public IReadOnlyList<T> ByIndex(string indexName, string key) => [.. Objects.Where(obj => Indexes[indexName](obj).Contains(key))];

    public IReadOnlyList<T> ByOwner(string ownerUid) => [.. Objects.Where(obj => obj.Metadata.OwnerReferences?.Any(owner => owner.Uid == ownerUid) == true)];

    public IReadOnlyList<T> ByLabel(string label, string value) => [.. Objects.Where(obj => obj.Metadata.Labels?.TryGetValue(label, out var found) == true && found == value)];

    public Task WaitForSyncAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
