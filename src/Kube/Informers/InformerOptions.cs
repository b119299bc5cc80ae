using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>What the cache of a type holds and how it is indexed.</summary>
/// <typeparam name="T">The cached type.</typeparam>
public sealed class InformerOptions<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    internal Dictionary<string, Func<T, IEnumerable<string>>> Indexes { get; } = new(StringComparer.Ordinal);

    internal HashSet<(Type Part, string JsonName)> Skipped { get; } = [];

    /// <summary>Only objects with these labels. Null, the default: all.</summary>
    public string? LabelSelector { get; set; }

    /// <summary>Only objects with these fields. Null, the default: all.</summary>
    public string? FieldSelector { get; set; }

    /// <summary>
    /// Changes each object before it is cached, to drop what nobody reads. Null, the default: none. <c>managedFields</c> are always dropped.
    /// An exception makes the object unreadable (see <see cref="IInformerState.Unreadable"/>).
    /// </summary>
    public Func<T, T>? Transform { get; set; }

    /// <summary>
    /// Keeps objects as JSON and reads them anew for every look, which takes a quarter of the memory: for types that are many and seldom looked at, such as children that
    /// are compared once and then left alone. The default value is false.
    /// </summary>
    public bool Packed { get; set; }

    /// <summary>Objects per page when the list is paged. The default value is 500, as client-go's.</summary>
    public int PageSize { get; set; } = 500;

    /// <summary>
    /// Whether the type may be missing from the API server: the cache is then empty and counts as synced, so that nothing waits for it, and fills once the type is
    /// installed (it is asked for every half minute to minute). The default value is false.
    /// </summary>
    public bool Optional { get; set; }

    /// <summary>Whether cached objects are less than the API server has, so that they are no basis for a comparison with what should be.</summary>
    internal bool IsSlim => Transform is not null || Skipped.Count > 0;

    /// <summary>Adds an index for <see cref="IInformerCache{T}.ByIndex"/>.</summary>
    /// <param name="name">The index's name.</param>
    /// <param name="keysOf">The keys of an object: pure and quick.</param>
    public InformerOptions<T> AddIndex(string name, Func<T, IEnumerable<string>> keysOf)
    {
        Indexes[name] = keysOf;
        return this;
    }

    /// <summary>
    /// Leaves properties of a part out while objects are read, which costs neither memory nor time:
    /// <c>Without&lt;V1PodSpec&gt;("volumes", "tolerations")</c>.
    /// </summary>
    /// <typeparam name="TPart">The part's type, anywhere within the object.</typeparam>
    /// <param name="jsonNames">The properties' names in JSON.</param>
    public InformerOptions<T> Without<TPart>(params string[] jsonNames)
    {
        foreach (var name in jsonNames)
        {
            Skipped.Add((typeof(TPart), name));
        }

        return this;
    }
}
