using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>An object cannot be had in the version asked for; the message says which and why.</summary>
internal sealed class ConversionException(string message) : Exception(message);

/// <summary>Converts JSON objects between the versions of one kind, each through the one in the middle.</summary>
internal sealed class VersionConversion<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    private static readonly string[] OfTheConverter = ["labels", "annotations"];

    private readonly ResourceType hub = ResourceType.Of<TEntity>();
    private readonly Dictionary<string, IEntityConverter<TEntity>> converters;

    /// <param name="converters">One for each other version.</param>
    /// <exception cref="ArgumentException">Two are for the same version, or one is for another group or kind.</exception>
    internal VersionConversion(IEnumerable<IEntityConverter<TEntity>> converters)
    {
        this.converters = new(StringComparer.Ordinal);
        foreach (var converter in converters)
        {
            var type = ResourceType.Of(converter.FromType);
            if (type.Group != hub.Group || type.Kind != hub.Kind)
            {
                throw new ArgumentException($"{converter.FromType.Name} is {type.ApiVersion} {type.Kind}, which is no version of {hub.Group} {hub.Kind}.");
            }

            if (type.Version == hub.Version || !this.converters.TryAdd(type.ApiVersion, converter))
            {
                throw new ArgumentException($"{type.ApiVersion} {type.Kind} has two ways to be converted.");
            }
        }
    }

    /// <summary>One object in another version; it itself, when it has that already.</summary>
    /// <exception cref="ConversionException">There is no such version, or the object cannot be read or converted.</exception>
    internal JsonObject Convert(JsonObject obj, string desired)
    {
        var (from, kind) = (ConversionReview.Text(obj, "apiVersion"), ConversionReview.Text(obj, "kind"));
        if (kind != hub.Kind)
        {
            throw new ConversionException($"this webhook converts {hub.Group} {hub.Kind}, not {from} {kind}");
        }

        if (from == desired)
        {
            return obj.DeepClone().AsObject();
        }

        try
        {
            var middle = from == hub.ApiVersion ? Read(typeof(TEntity), obj) : Of(from).Convert(Read(Of(from).FromType, obj));
            var result = desired == hub.ApiVersion ? Write(typeof(TEntity), middle) : Write(Of(desired).FromType, Of(desired).Revert((TEntity)middle));
            result["apiVersion"] = desired;
            result["kind"] = hub.Kind;
            result["metadata"] = Metadata(obj["metadata"]!.AsObject(), result["metadata"]?.AsObject());
            return result;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new ConversionException($"{hub.Kind} {ConversionReview.Text(obj["metadata"], "name")} from {from} to {desired}: {e.Message}");
        }
    }

    private IEntityConverter<TEntity> Of(string apiVersion) => converters.TryGetValue(apiVersion, out var converter)
        ? converter
        : throw new ConversionException($"{hub.Kind} has no version {apiVersion}; there are {string.Join(", ", converters.Keys.Append(hub.ApiVersion).Order(StringComparer.Ordinal))}");

    // What the object is must not change, managedFields among it, which no model here has.
    private static JsonObject Metadata(JsonObject before, JsonObject? after)
    {
        var metadata = before.DeepClone().AsObject();
        foreach (var field in OfTheConverter)
        {
            metadata.Remove(field);
            if (after?[field] is { } value)
            {
                metadata[field] = value.DeepClone();
            }
        }

        return metadata;
    }

    private static object Read(Type type, JsonObject obj) => obj.Deserialize(KubeJson.Reading.GetTypeInfo(type))!;

    private static JsonObject Write(Type type, object model) => JsonSerializer.SerializeToNode(model, KubeJson.Writing.GetTypeInfo(type))!.AsObject();
}
