using System.Text;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Patching;

namespace Nemotron.Lab.Kinds.Validation;

/// <summary>What every object's metadata must be like, custom resources included.</summary>
internal static class MetadataValidation
{
    private const int MaxAnnotationBytes = 256 * 1024;

    private static readonly string[] StandardFinalizers = ["kubernetes", "orphan", "foregroundDeletion"];

    /// <summary>The faults of an object's metadata, in the server's order and words.</summary>
    /// <param name="obj">The object.</param>
    /// <param name="namespaced">Whether the kind lives in namespaces.</param>
    /// <param name="names">How its objects may be called.</param>
    /// <param name="isBuiltin">Whether the kind is built in: those refuse finalizers without a domain, custom resources only warn.</param>
    /// <param name="root">The path of the metadata; <c>metadata</c>, except in templates.</param>
    public static IReadOnlyList<StatusCause> Validate(
        JsonObject obj, bool namespaced, NameRule names = NameRule.Subdomain, bool isBuiltin = false, string root = "metadata")
    {
        var faults = new Faults();
        var metadata = obj.ObjectAt("metadata") ?? [];
        if (metadata.TextAt("generateName") is { Length: > 0 } prefix) faults.InvalidAll($"{root}.generateName", prefix, Names.CheckPrefix(names, prefix));
        var name = metadata.TextAt("name") ?? "";
        if (name.Length == 0) faults.Required($"{root}.name", "name or generateName is required");
        else faults.InvalidAll($"{root}.name", name, Names.Check(names, name));
        var ns = metadata.TextAt("namespace") ?? "";
        if (!namespaced && ns.Length > 0) faults.Forbidden($"{root}.namespace", "not allowed on this type");
        else if (namespaced && ns.Length == 0) faults.Required($"{root}.namespace");
        else if (namespaced) faults.InvalidAll($"{root}.namespace", ns, Names.Label(ns));
        faults.NonNegative($"{root}.generation", metadata.NumberAt("generation"));
        faults.AddRange(ValidateMaps(metadata, root));
        ValidateOwners(metadata, root, faults);
        ValidateFinalizers(metadata, root, isBuiltin, faults);
        return faults.Found;
    }

    /// <summary>The faults of labels and annotations alone, as in a pod template.</summary>
    public static IReadOnlyList<StatusCause> ValidateMaps(JsonObject metadata, string root)
    {
        var faults = new Faults();
        faults.AddRange(ValidateLabels(metadata.ObjectAt("labels"), $"{root}.labels"));
        var bytes = 0;
        foreach (var (key, value) in metadata.EntriesAt("annotations"))
        {
            faults.InvalidAll($"{root}.annotations", key, Names.Qualified(key.ToLowerInvariant()));
            bytes += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value);
        }
        if (bytes > MaxAnnotationBytes) faults.TooLong($"{root}.annotations", MaxAnnotationBytes);
        return faults.Found;
    }

    /// <summary>The faults of a map of labels; the path does not name the key, as on the server.</summary>
    public static IReadOnlyList<StatusCause> ValidateLabels(JsonObject? labels, string path)
    {
        var faults = new Faults();
        foreach (var (key, value) in labels.EntriesAt())
        {
            faults.InvalidAll(path, key, Names.Qualified(key));
            faults.InvalidAll(path, value, Names.LabelValue(value));
        }
        return faults.Found;
    }

    /// <summary>What an update may not change in metadata.</summary>
    /// <param name="obj">The object as it is to be.</param>
    /// <param name="old">The stored object.</param>
    public static IReadOnlyList<StatusCause> ValidateUpdate(JsonObject obj, JsonObject old)
    {
        var faults = new Faults();
        var (now, before) = (obj.ObjectAt("metadata") ?? [], old.ObjectAt("metadata") ?? []);
        if (now["deletionTimestamp"] is not null)
        {
            string[] added = [.. now.TextsAt("finalizers").Except(before.TextsAt("finalizers"))];
            if (added.Length > 0)
            {
                var list = string.Join(", ", added.Select(finalizer => FieldPath.Json(finalizer)));
                faults.Forbidden(
                    "metadata.finalizers",
                    $"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{list}}}");
            }
        }
        foreach (var name in new[] { "name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds" })
            faults.Immutable($"metadata.{name}", now[name], before[name]);
        return faults.Found;
    }

    /// <summary>Finalizers of a custom resource that deserve a warning: they lack a domain.</summary>
    public static IEnumerable<string> FinalizerWarnings(JsonObject obj) =>
        obj.TextsAt("metadata", "finalizers")
            .Where(finalizer => !finalizer.Contains('/', StringComparison.Ordinal) && !StandardFinalizers.Contains(finalizer))
            .Select(finalizer => $"metadata.finalizers: {FieldPath.Json(finalizer)}: prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers");

    private static void ValidateOwners(JsonObject metadata, string root, Faults faults)
    {
        var path = $"{root}.ownerReferences";
        JsonObject? controller = null;
        foreach (var owner in metadata.ObjectsAt("ownerReferences"))
        {
            foreach (var (field, what) in new[] { ("apiVersion", "version"), ("kind", "kind"), ("name", "name"), ("uid", "uid") })
            {
                if (string.IsNullOrEmpty(owner.TextAt(field))) faults.Invalid($"{path}.{field}", "", $"{what} must not be empty");
            }
            if (owner.TextAt("apiVersion") == "v1" && owner.TextAt("kind") == "Event") faults.Invalid(path, Written(owner), "/v1, Kind=Event is disallowed from being an owner");
            if (!owner.IsTrueAt("controller")) continue;
            if (controller is null)
            {
                controller = owner;
                continue;
            }
            var all = new JsonArray([.. metadata.ObjectsAt("ownerReferences").Select(Written)]);
            faults.Invalid(
                path,
                all,
                $"Only one reference can have Controller set to true. Found \"true\" in references for {controller.TextAt("kind")}/{controller.TextAt("name")} and {owner.TextAt("kind")}/{owner.TextAt("name")}");
        }
    }

    /// <summary>An owner reference with its fields in the order in which the server prints them.</summary>
    private static JsonObject Written(JsonObject owner)
    {
        var written = new JsonObject();
        foreach (var name in new[] { "apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion" })
        {
            if (owner[name] is { } value) written[name] = value.DeepClone();
        }
        return written;
    }

    private static void ValidateFinalizers(JsonObject metadata, string root, bool isBuiltin, Faults faults)
    {
        string[] finalizers = [.. metadata.TextsAt("finalizers")];
        foreach (var finalizer in finalizers) faults.InvalidAll($"{root}.finalizers", finalizer, Names.Qualified(finalizer));
        if (finalizers.Contains("orphan") && finalizers.Contains("foregroundDeletion"))
        {
            faults.Invalid(
                $"{root}.finalizers",
                new JsonArray([.. finalizers.Select(finalizer => (JsonNode)finalizer)]),
                "finalizer foregroundDeletion and orphan cannot be both set");
        }
        if (!isBuiltin) return;
        for (var i = 0; i < finalizers.Length; i++)
        {
            if (!finalizers[i].Contains('/', StringComparison.Ordinal) && !StandardFinalizers.Contains(finalizers[i]))
                faults.Invalid($"{root}.finalizers[{i}]", finalizers[i], "name is neither a standard finalizer name nor is it fully qualified");
        }
    }
}
