using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Storage;

/// <summary>
/// One version of one object: its serialised form, which is kept, and its tree, which is parsed when somebody looks
/// and let go when a newer version takes its place. Both are shared by all readers; neither may be changed.
/// </summary>
internal sealed class StoredObject(string? ns, string name, long revision, byte[] utf8)
{
    /// <summary>How the store and the wire write JSON: no escaping beyond what JSON demands.</summary>
    public static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
        MaxDepth = 512,
    };

    private static readonly JsonDocumentOptions ReaderOptions = new() { MaxDepth = 512 };

    private JsonObject? tree;

    /// <summary>The namespace, or null for cluster scope.</summary>
    public string? Namespace { get; } = ns;

    /// <summary>The object's name.</summary>
    public string Name { get; } = name;

    /// <summary>The revision at which this version was written; the object's <c>metadata.resourceVersion</c>.</summary>
    public long Revision { get; } = revision;

    /// <summary>The whole object as JSON.</summary>
    public ReadOnlyMemory<byte> Utf8 => utf8;

    /// <summary>The object, parsed lazily, level by level, over the same bytes. Never mutate it: <c>DeepClone</c> first.</summary>
    public JsonObject Tree
    {
        get
        {
            var seen = Volatile.Read(ref tree);
            if (seen is not null) return seen;
            seen = JsonObject.Create(JsonDocument.Parse(utf8, ReaderOptions).RootElement)!;
            return Interlocked.CompareExchange(ref tree, seen, null) ?? seen;
        }
    }

    /// <summary>A tree of the caller's own to change.</summary>
    public JsonObject Copy() => JsonObject.Create(JsonDocument.Parse(utf8, ReaderOptions).RootElement)!;

    /// <summary>Lets the tree go; a later look parses it again. Called when a newer version replaces this one.</summary>
    public void ReleaseTree() => Volatile.Write(ref tree, null);

    /// <summary>Serialises a tree as the store keeps it.</summary>
    public static byte[] Serialise(JsonNode node)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions)) node.WriteTo(writer);
        return buffer.WrittenSpan.ToArray();
    }
}
