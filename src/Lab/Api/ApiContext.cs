using System.Text;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api.Access;
using Nemotron.Lab.Kinds.Writing;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api;

/// <summary>What every operation works with: the store, what is served, the clock and the source of names.</summary>
internal sealed class ApiContext(RevisionedStore store, ResourceCatalog catalog, TimeProvider time, int seed)
{
    private const string NameAlphabet = "bcdfghjklmnpqrstvwxz2456789";
    private readonly Random random = new(seed);
    private readonly Lock gate = new();
    private WriteSurroundings? surroundings;

    public RevisionedStore Store { get; } = store;

    public ResourceCatalog Catalog { get; } = catalog;

    public TimeProvider Time { get; } = time;

    public DateTimeOffset Now => Time.GetUtcNow();

    public string Timestamp => ObjectMeta.Timestamp(Now);

    /// <summary>Addresses and priority classes, for the rules of built-in kinds.</summary>
    public WriteSurroundings Surroundings => surroundings ??= new WriteSurroundings(new ServiceAddressPool(this), FindPriorityClass, DefaultStorageClass);

    /// <summary>Who may do what over the wire. Set once, before requests come.</summary>
    public AccessControl Access { get; set; } = null!;

    /// <summary>The first two numbers of Services' addresses.</summary>
    public string ServicePrefix { get; init; } = "10.0";

    /// <summary>Asked after validation and before the write; may refuse or change. Null for none.</summary>
    public IAdmission? Admission { get; set; }

    /// <summary>Told after a write has become visible, on the writer's thread. CRDs are installed here.</summary>
    public Action<ServedResource, StoredObject, bool>? Committed { get; set; }

    /// <summary>A random uid (version 4), from the seed.</summary>
    public string NewUid()
    {
        Span<byte> bytes = stackalloc byte[16];
        lock (gate) random.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString("D");
    }

    /// <summary>The five letters that complete a <c>generateName</c>.</summary>
    public string NameSuffix()
    {
        var text = new StringBuilder(5);
        lock (gate)
        {
            for (int i = 0; i < 5; i++) text.Append(NameAlphabet[random.Next(NameAlphabet.Length)]);
        }
        return text.ToString();
    }

    /// <summary>A number from 0 up to and excluding <paramref name="bound"/>, from the seed.</summary>
    public int NextRandom(int bound)
    {
        lock (gate) return random.Next(bound);
    }

    /// <summary>The default class; of several the one made last, as on the real server.</summary>
    private string? DefaultStorageClass() =>
        Catalog.Find(new Gvr("storage.k8s.io", "v1", "storageclasses"))!.Table.Current.Objects(null).Select(o => o.Tree)
            .Where(c => c["metadata"]?["annotations"]?["storageclass.kubernetes.io/is-default-class"].Text() == "true")
            .OrderByDescending(c => c.MetaText("creationTimestamp"), StringComparer.Ordinal).ThenBy(c => c.Name(), StringComparer.Ordinal)
            .FirstOrDefault()?.Name();

    private JsonObject? FindPriorityClass(string? name)
    {
        var classes = Catalog.Find(new Gvr("scheduling.k8s.io", "v1", "priorityclasses"))!.Table.Current.Objects(null).Select(o => o.Tree);
        return name is null
            ? classes.FirstOrDefault(c => c["globalDefault"]?.GetValueKind() == System.Text.Json.JsonValueKind.True)
            : classes.FirstOrDefault(c => c.Name() == name);
    }
}
