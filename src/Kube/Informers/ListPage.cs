using System.Buffers;
using System.Text.Json;
using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>A page of a list: <c>{"kind":"PodList","metadata":{"resourceVersion":"7","continue":"…"},"items":[…]}</c>.</summary>
internal sealed class ListPage<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    internal List<T> Items { get; } = [];

    internal Dictionary<NamespacedName, string> Unreadable { get; } = [];

    internal string ResourceVersion { get; private set; } = "";

    internal string? Continue { get; private set; }

    /// <summary>Reads a page, each item on its own, so that one that cannot be read does not hide the others.</summary>
    /// <exception cref="JsonException">It is not a list.</exception>
    internal static ListPage<T> Parse(in ReadOnlySequence<byte> body, WatchLineParser<T> parser)
    {
        var page = new ListPage<T>();
        var reader = new Utf8JsonReader(body);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("A list is not an object.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                reader.Read();
                var metadata = JsonSerializer.Deserialize(ref reader, KubeJson.TypeInfo<V1ListMeta>(KubeJson.Reading));
                page.ResourceVersion = metadata?.ResourceVersion ?? "";
                page.Continue = string.IsNullOrEmpty(metadata?.ContinueProperty) ? null : metadata.ContinueProperty;
            }
            else if (reader.ValueTextEquals("items"u8))
            {
                reader.Read();
                page.ReadItems(ref reader, parser);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return page;
    }

    /// <summary>Adds a later page to this one; the list is then of the later page's version.</summary>
    internal void Append(ListPage<T> next)
    {
        Items.AddRange(next.Items);
        foreach (var (key, why) in next.Unreadable)
        {
            Unreadable[key] = why;
        }

        ResourceVersion = next.ResourceVersion;
        Continue = next.Continue;
    }

    private void ReadItems(ref Utf8JsonReader reader, WatchLineParser<T> parser)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("A list's items are not an array.");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var item = parser.Read(WatchLineKind.Upsert, reader);
            reader.Skip();
            if (item.Object is { } obj)
            {
                Items.Add(obj);
            }
            else
            {
                Unreadable[new NamespacedName(item.Identity!.NamespaceProperty is { Length: > 0 } ns ? ns : null, item.Identity.Name)] = item.Unreadable!;
            }
        }
    }
}
