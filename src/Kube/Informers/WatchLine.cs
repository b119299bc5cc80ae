using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using k8s;
using k8s.Models;

namespace Nemotron.Kube;

internal enum WatchLineKind
{
    /// <summary>ADDED or MODIFIED.</summary>
    Upsert,
    Deleted,
    Bookmark,
    Error,
}

/// <summary>One line of a watch, parsed once: <c>{"type":"MODIFIED","object":{"apiVersion":"v1","kind":"Pod","metadata":{…},…}}</c>.</summary>
/// <param name="Kind">The event's type.</param>
/// <param name="Object">The object; null for bookmarks and errors, and when it cannot be read.</param>
/// <param name="Identity">The metadata of a bookmark or of an object that cannot be read.</param>
/// <param name="Unreadable">Why the object cannot be read; null when it can.</param>
/// <param name="Status">The status of an error.</param>
internal readonly record struct WatchLine<T>(WatchLineKind Kind, T? Object, V1ObjectMeta? Identity, string? Unreadable, V1Status? Status)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>The bookmark that ends the initial events of a streamed list.</summary>
    internal bool EndsInitialEvents =>
        Kind == WatchLineKind.Bookmark && Identity?.Annotations is { } a && a.TryGetValue("k8s.io/initial-events-end", out var value) && value == "true";
}

/// <summary>What any object has; read when the rest cannot be.</summary>
internal sealed class ObjectIdentity
{
    /// <summary>The object's metadata.</summary>
    public V1ObjectMeta? Metadata { get; set; }
}

internal sealed class WatchLineParser<T>(InformerOptions<T> options)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly JsonSerializerOptions json = options.Skipped.Count == 0 ? KubeJson.Reading : KubeJson.ReadingWithout(options.Skipped);
    private readonly ResourceType type = ResourceType.Of<T>();

    private JsonTypeInfo<T> TypeInfo => field ??= KubeJson.TypeInfo<T>(json);

    /// <summary>Parses a line.</summary>
    /// <exception cref="JsonException">It is not a watch event.</exception>
    internal WatchLine<T> Parse(in ReadOnlySequence<byte> line)
    {
        if (line.IsSingleSegment)
        {
            return ParseWhole(line);
        }

        // A copy costs less than reading from pieces.
        var length = (int)line.Length;
        var copy = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            line.CopyTo(copy);
            return ParseWhole(new ReadOnlySequence<byte>(copy, 0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    private WatchLine<T> ParseWhole(in ReadOnlySequence<byte> line)
    {
        var eventType = TypeOf(line);
        var reader = ObjectIn(line);
        switch (eventType)
        {
            case "ADDED" or "MODIFIED":
                return Read(WatchLineKind.Upsert, reader);
            case "DELETED":
                return Read(WatchLineKind.Deleted, reader);
            case "BOOKMARK":
                return new WatchLine<T>(WatchLineKind.Bookmark, null, IdentityOf(reader), null, null);
            case "ERROR":
                return new WatchLine<T>(WatchLineKind.Error, null, null, null, JsonSerializer.Deserialize(ref reader, KubeJson.TypeInfo<V1Status>(KubeJson.Reading)));
            default:
                throw new JsonException($"Unknown watch event type \"{eventType}\".");
        }
    }

    /// <summary>Reads the object at the reader; what cannot be read comes back with its identity and the reason, so that one bad object stops nothing.</summary>
    internal WatchLine<T> Read(WatchLineKind kind, Utf8JsonReader reader)
    {
        var identity = reader;
        try
        {
            var obj = JsonSerializer.Deserialize(ref reader, TypeInfo) ?? throw new JsonException("The object is null.");
            obj.ApiVersion ??= type.ApiVersion;
            obj.Kind ??= type.Kind;
            if (obj.Metadata?.Name is null)
            {
                throw new JsonException("The object has no metadata.name.");
            }

            return new WatchLine<T>(kind, options.Transform is null ? obj : options.Transform(obj), null, null, null);
        }
#pragma warning disable CA1031 // Converters of fields and a caller's transform may throw anything; none of it may end the informer.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var metadata = IdentityOf(identity);
            if (metadata.Name is null)
            {
                throw new JsonException($"The object has no name: {e.Message}", e);
            }

            return new WatchLine<T>(kind, null, metadata, e.Message, null);
        }
    }

    private static V1ObjectMeta IdentityOf(Utf8JsonReader reader) =>
        JsonSerializer.Deserialize(ref reader, KubeJson.TypeInfo<ObjectIdentity>(KubeJson.Reading))?.Metadata
        ?? throw new JsonException("The object has no metadata.");

    private static string TypeOf(in ReadOnlySequence<byte> line)
    {
        var reader = PropertyIn(line, "type"u8);
        return reader.ValueTextEquals("MODIFIED"u8) ? "MODIFIED" : reader.ValueTextEquals("ADDED"u8) ? "ADDED" : reader.GetString() ?? "";
    }

    private static Utf8JsonReader ObjectIn(in ReadOnlySequence<byte> line) => PropertyIn(line, "object"u8);

    /// <summary>A reader at the value of a property of the outermost object. The API server writes the type first, but JSON promises no order.</summary>
    private static Utf8JsonReader PropertyIn(in ReadOnlySequence<byte> line, ReadOnlySpan<byte> name)
    {
        var reader = line.IsSingleSegment ? new Utf8JsonReader(line.FirstSpan) : new Utf8JsonReader(line);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("A watch event is not an object.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals(name);
            reader.Read();
            if (found)
            {
                return reader;
            }

            reader.Skip();
        }

        throw new JsonException($"A watch event has no \"{Encoding.UTF8.GetString(name)}\".");
    }
}
