using k8s;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Nemotron.Kube;

/// <summary>The options that a caller set for a type's cache; several add up.</summary>
internal sealed record InformerConfiguration<T>(Action<InformerOptions<T>> Configure)
    where T : class, IKubernetesObject<V1ObjectMeta>;

/// <summary>One informer per type, made when first asked for.</summary>
internal sealed class InformerCaches(
    IServiceProvider services, OperatorSettings settings, TimeProvider time, Jitter jitter, ILoggerFactory loggers) : IInformerCaches
{
    private readonly Lock gate = new();
    private readonly Dictionary<Type, IInformer> informers = [];
    private readonly List<Task> running = [];
    private (KubeApi Api, CancellationToken Stop)? started;

    public IReadOnlyList<IInformerState> All => Informers;

    internal IReadOnlyList<IInformer> Informers
    {
        get
        {
            lock (gate)
            {
                return [.. informers.Values];
            }
        }
    }

    public IInformerCache<T> Get<T>()
        where T : class, IKubernetesObject<V1ObjectMeta> => Informer<T>();

    internal Informer<T> Informer<T>()
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        lock (gate)
        {
            if (informers.TryGetValue(typeof(T), out var known))
            {
                return (Informer<T>)known;
            }

            var options = new InformerOptions<T>();
            foreach (var configuration in services.GetServices<InformerConfiguration<T>>())
            {
                configuration.Configure(options);
            }

            var logger = loggers.CreateLogger("Nemotron.Kube.Informer");
            var informer = new Informer<T>(
                options, settings.Namespaces,
                (self, scope, api, stop) => new Reflector<T>(self, scope, api, settings.MissingResourceHint, time, jitter, logger).RunAsync(stop));
            informers.Add(typeof(T), informer);
            if (started is { } run)
            {
                running.Add(RunAsync(informer, run.Api, run.Stop));
            }

            return informer;
        }
    }

    /// <summary>The informer of a type known only at run time, if it exists.</summary>
    internal IInformer? Find(Type type)
    {
        lock (gate)
        {
            return informers.GetValueOrDefault(type);
        }
    }

    /// <summary>Starts all informers, and those that are asked for later, until cancelled.</summary>
    internal void Start(KubeApi api, CancellationToken stop)
    {
        lock (gate)
        {
            started = (api, stop);
            running.AddRange(informers.Values.Select(i => RunAsync(i, api, stop)));
        }
    }

    /// <summary>Completes when all informers have ended after the stop.</summary>
    internal Task WhenStopped()
    {
        lock (gate)
        {
            return Task.WhenAll(running);
        }
    }

    private static Task RunAsync(IInformer informer, KubeApi api, CancellationToken stop) => Task.Run(() => informer.RunAsync(api, stop), CancellationToken.None);
}

/// <summary>What is injected for <see cref="IInformerCache{T}"/>: the one shared informer of the type.</summary>
internal sealed class InjectedCache<T>(IInformerCaches caches) : IInformerCache<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly IInformerCache<T> inner = caches.Get<T>();

    public string Resource => inner.Resource;

    public bool Synced => inner.Synced;

    public bool Served => inner.Served;

    public string? Trouble => inner.Trouble;

    public int Count => inner.Count;

    public long Changes => inner.Changes;

    public IReadOnlyDictionary<NamespacedName, string> Unreadable => inner.Unreadable;

    public T? Get(string? ns, string name) => inner.Get(ns, name);

    public T? Get(NamespacedName key) => inner.Get(key);

    public IReadOnlyList<T> List(string? ns = null) => inner.List(ns);

    public IReadOnlyList<T> ByIndex(string indexName, string key) => inner.ByIndex(indexName, key);

    public IReadOnlyList<T> ByOwner(string ownerUid) => inner.ByOwner(ownerUid);

    public IReadOnlyList<T> ByLabel(string label, string value) => inner.ByLabel(label, value);

    public Task WaitForSyncAsync(CancellationToken cancellationToken) => inner.WaitForSyncAsync(cancellationToken);
}
