using System.Text.Json;
using System.Text.Json.Nodes;
using Nemotron.Lab.Kinds;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Patching;

/// <summary>
/// The handover from client-side to server-side apply: kubectl's own field manager may take, without force, what the object's
/// last-applied annotation says kubectl had applied and nobody has changed since.
/// </summary>
internal static class LastApplied
{
    /// <summary>The field manager that the handover is for.</summary>
    public const string Kubectl = "kubectl";

    private const string Annotation = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>The fields of the annotation's configuration that the live object still holds as they were applied; none without a readable annotation.</summary>
    public static FieldSet FieldsStillAsApplied(JsonObject live, StructuralSchema root)
    {
        if (Read(live) is not { } configuration) return new FieldSet();
        var changes = TypedCompare.Of(configuration, live, root);
        return TypedFields.Of(configuration, root).Except(changes.Modified.Union(changes.Added).Union(changes.Removed));
    }

    /// <summary>Writes the new configuration into the annotation, if the live object has it, so that a later client-side apply starts from there.</summary>
    public static void Refresh(JsonObject result, JsonObject live, JsonObject applied)
    {
        if (live.TextAt("metadata", "annotations", Annotation) is null) return;
        var configuration = (JsonObject)applied.DeepClone();
        configuration.ObjectAt("metadata", "annotations")?.Remove(Annotation);
        result.Ensure("metadata").Ensure("annotations")[Annotation] = FieldPath.Json(configuration) + "\n";
    }

    private static JsonObject? Read(JsonObject live)
    {
        try
        {
            return live.TextAt("metadata", "annotations", Annotation) is { } text ? JsonNode.Parse(text) as JsonObject : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
