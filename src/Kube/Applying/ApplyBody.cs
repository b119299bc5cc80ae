using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>The body of a server-side apply, made from a model: what is desired and nothing else.</summary>
internal static class ApplyBody
{
    /// <summary>Set by the API server, or by preconditions; never desired.</summary>
    private static readonly string[] ServerMetadata =
        ["managedFields", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion", "uid", "generation", "selfLink"];

    /// <summary>Maps that the API server drops when they are empty; an empty one means nothing.</summary>
    private static readonly HashSet<string> PlainMaps = new(StringComparer.Ordinal)
    {
        "labels", "annotations", "matchLabels", "nodeSelector", "limits", "requests", "data", "binaryData", "stringData",
    };

    /// <summary>The body without the hash annotation.</summary>
    internal static JsonObject From<T>(T desired, IKubernetesObject<V1ObjectMeta>? owner)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var type = ResourceType.Of<T>();
        var body = KubeJson.ToTree(desired);

        // The status has its own writer; models that make an empty one in their constructor must not claim it.
        body.Remove("status");
        body["apiVersion"] = type.ApiVersion;
        body["kind"] = type.Kind;
        var metadata = body["metadata"]!.AsObject();
        foreach (var name in ServerMetadata)
        {
            metadata.Remove(name);
        }

        if (owner is not null)
        {
            metadata["ownerReferences"] = WithController(metadata["ownerReferences"] as JsonArray, owner);
        }

        Prune(body);
        return body;
    }

    /// <summary>Adds the annotation that says what was applied, by which the next apply notices fields that are no longer desired.</summary>
    internal static void Annotate(JsonObject body, string annotation, string hash)
    {
        var metadata = body["metadata"]!.AsObject();
        if (metadata["annotations"] is not JsonObject annotations)
        {
            metadata["annotations"] = annotations = [];
        }

        annotations[annotation] = hash;
    }

    /// <summary>A hash of the content, the same whatever the order of properties: 20 hexadecimal digits of SHA-256.</summary>
    internal static string Hash(JsonObject body)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            WriteSorted(writer, body);
        }

        return Convert.ToHexStringLower(SHA256.HashData(buffer.WrittenSpan).AsSpan(0, 10));
    }

    private static JsonArray WithController(JsonArray? existing, IKubernetesObject<V1ObjectMeta> owner)
    {
        var ownerType = ResourceType.Of(owner.GetType());
        var references = new JsonArray();
        foreach (var reference in existing ?? [])
        {
            if (reference?["uid"]?.GetValue<string>() != owner.Metadata.Uid)
            {
                references.Add(reference?.DeepClone());
            }
        }

        references.Add(new JsonObject
        {
            ["apiVersion"] = ownerType.ApiVersion,
            ["kind"] = ownerType.Kind,
            ["name"] = owner.Metadata.Name,
            ["uid"] = owner.Metadata.Uid,
            ["controller"] = true,
            ["blockOwnerDeletion"] = true,
        });
        return references;
    }

    private static void Prune(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject obj:
                foreach (var (key, value) in obj.ToArray())
                {
                    Prune(value);
                    if (value is null || (value is JsonObject { Count: 0 } && PlainMaps.Contains(key)))
                    {
                        obj.Remove(key);
                    }
                }

                break;
            case JsonArray array:
                foreach (var item in array)
                {
                    Prune(item);
                }

                break;
            default:
                break;
        }
    }

    private static void WriteSorted(Utf8JsonWriter writer, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject obj:
                writer.WriteStartObject();
                foreach (var (key, value) in obj.OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(key);
                    WriteSorted(writer, value);
                }

                writer.WriteEndObject();
                break;
            case JsonArray array:
                writer.WriteStartArray();
                foreach (var item in array)
                {
                    WriteSorted(writer, item);
                }

                writer.WriteEndArray();
                break;
            case null:
                writer.WriteNullValue();
                break;
            default:
                node.WriteTo(writer);
                break;
        }
    }
}
