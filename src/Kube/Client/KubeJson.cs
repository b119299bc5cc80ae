using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>JSON as the Kubernetes client's models need it, read without what a cache has no use for.</summary>
internal static class KubeJson
{
    private static readonly HashSet<string> PooledProperties = new(StringComparer.Ordinal)
    {
        "namespace", "kind", "apiVersion", "nodeName", "phase", "type", "status", "reason", "image", "protocol", "serviceAccountName",
        "schedulerName", "hostIP", "terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy", "restartPolicy", "dnsPolicy",
    };

    private static readonly KnownTypes Types = new();

    /// <summary>As the client's own options: converters for quantities, times and int-or-string; nulls are not written.</summary>
    internal static JsonSerializerOptions Writing { get; } = ClientOptions();

    /// <summary>Reads objects without <c>metadata.managedFields</c>, recurring strings pooled.</summary>
    internal static JsonSerializerOptions Reading { get; } = ReadingWithout(new HashSet<(Type, string)>());

    /// <summary>Takes compiled contracts into use, for the whole process. Types that were used before keep the contracts they had, which say the same.</summary>
    internal static void Use(IJsonTypeInfoResolver contracts) => Types.Add(contracts);

    /// <summary>As <see cref="Reading"/>, without further properties.</summary>
    internal static JsonSerializerOptions ReadingWithout(IReadOnlySet<(Type Part, string JsonName)> skipped)
    {
        var options = new JsonSerializerOptions(Writing);
        var resolver = Writing.TypeInfoResolver!;
        options.TypeInfoResolver = resolver.WithAddedModifier(info =>
        {
            if (info.Kind != JsonTypeInfoKind.Object)
            {
                return;
            }

            for (var i = info.Properties.Count - 1; i >= 0; i--)
            {
                var property = info.Properties[i];
                if ((info.Type == typeof(V1ObjectMeta) && property.Name == "managedFields") || skipped.Contains((info.Type, property.Name)))
                {
                    info.Properties.RemoveAt(i);
                }
                else if (property.PropertyType == typeof(string) && property.CustomConverter is null && PooledProperties.Contains(property.Name))
                {
                    property.CustomConverter = new PooledStringConverter();
                }
            }
        });
        options.Converters.Add(new PooledStringMapConverter());
        options.MakeReadOnly();
        return options;
    }

    /// <summary>The metadata of a type for these options.</summary>
    internal static JsonTypeInfo<T> TypeInfo<T>(JsonSerializerOptions options) => (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));

    /// <summary>A model as a JSON tree, nulls left out.</summary>
    internal static JsonObject ToTree<T>(T model) => JsonSerializer.SerializeToNode(model, TypeInfo<T>(Writing))!.AsObject();

    /// <summary>A deep copy by way of JSON.</summary>
    internal static T Clone<T>(T model)
    {
        var info = TypeInfo<T>(Writing);
        return JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(model, info), info)!;
    }

    private static JsonSerializerOptions ClientOptions()
    {
        // The client keeps its options private; this call hands them out, and reading them is allowed at any time.
        JsonSerializerOptions? client = null;
        KubernetesJson.AddJsonOptions(o => client = o);
        Types.Last = client!.TypeInfoResolver!;
        var options = new JsonSerializerOptions(client) { TypeInfoResolver = Types };
        options.MakeReadOnly();
        return options;
    }

    /// <summary>
    /// Contracts of types: the registered ones, the runtime's own, then the client's. The client's list of contracts is searched type by type, and searching it
    /// loads each of its thousand types (20 MiB and a quarter of a second): it is asked last.
    /// </summary>
    private sealed class KnownTypes : IJsonTypeInfoResolver
    {
        private readonly Lock gate = new();
        private volatile IJsonTypeInfoResolver[] registered = [KubeTypes.Default];

        internal IJsonTypeInfoResolver Last { get; set; } = KubeTypes.Default;

        internal void Add(IJsonTypeInfoResolver contracts)
        {
            lock (gate)
            {
                if (!registered.Contains(contracts))
                {
                    registered = [contracts, .. registered];
                }
            }
        }

        public JsonTypeInfo? GetTypeInfo(Type type, JsonSerializerOptions options)
        {
            foreach (var contracts in registered)
            {
                if (contracts.GetTypeInfo(type, options) is { } info)
                {
                    return info;
                }
            }

            return Last.GetTypeInfo(type, options);
        }
    }
}
