using System.Text.Json.Nodes;
using static Nemotron.Crds.Generation.SchemaShape;

namespace Nemotron.Crds.Generation;

/// <summary>Volumes and where they are mounted.</summary>
internal static class VolumeSchemas
{
    private static readonly string[] Sources = ["configMap", "secret", "persistentVolumeClaim", "emptyDir", "hostPath", "nfs", "csi"];

    internal static JsonObject Volume() => WithRule(
        Object(
            "A volume of the pods.",
            ("name!", String("Its name, by which volumeMounts refer to it.", 63, 1, Patterns.DnsLabel)),
            ("configMap", Object(
                "The keys of a ConfigMap as files.",
                ("name!", MetaSchemas.Name("The ConfigMap.")),
                ("items", KeysToPaths()),
                ("defaultMode", FileMode("Permissions of the files.")),
                ("optional", Boolean("Whether the ConfigMap may be missing.")))),
            ("secret", Object(
                "The keys of a Secret as files.",
                ("secretName!", MetaSchemas.Name("The Secret.")),
                ("items", KeysToPaths()),
                ("defaultMode", FileMode("Permissions of the files.")),
                ("optional", Boolean("Whether the Secret may be missing.")))),
            ("persistentVolumeClaim", Object(
                "A PersistentVolumeClaim.",
                ("claimName!", MetaSchemas.Name("The claim.")),
                ("readOnly", Boolean("Whether it is mounted read-only.")))),
            ("emptyDir", Object(
                "A directory that lives as long as the pod.",
                ("medium", SchemaShape.Enum("Memory for a directory in memory; empty for the node's disk.", "", "Memory")),
                ("sizeLimit", Quantity("Most it may hold.")))),
            ("hostPath", Object(
                "A path on the node.",
                ("path!", String("The path.", 1024, 1)),
                ("type", SchemaShape.Enum(
                    "What must be there.",
                    "", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice")))),
            ("nfs", Object(
                "A directory on an NFS server.",
                ("server!", String("The server.", 253, 1)),
                ("path!", String("The directory.", 1024, 1)),
                ("readOnly", Boolean("Whether it is mounted read-only.")))),
            ("csi", Object(
                "A volume that a storage driver makes for the pod.",
                ("driver!", String("The driver.", 253, 1)),
                ("fsType", String("The file system.", 64)),
                ("readOnly", Boolean("Whether it is mounted read-only.")),
                ("volumeAttributes", Map("The driver's settings.", 32, Bare(String(string.Empty, 1024)))),
                ("nodePublishSecretRef", MetaSchemas.LocalObjectReference())))),
        string.Join(" + ", Sources.Select(s => $"(has(self.{s}) ? 1 : 0)")) + " == 1",
        $"exactly one of {string.Join(", ", Sources[..^1])} and {Sources[^1]} must be set");

    internal static JsonObject VolumeMount() => Object(
        "Where a volume is mounted.",
        ("name!", String("The volume.", 63, 1, Patterns.DnsLabel)),
        ("mountPath!", String("The path in the container.", 1024, 1, "^/[^:]*$")),
        ("subPath", String("The path within the volume.", 1024, 1, Patterns.RelativePath)),
        ("readOnly", Boolean("Whether it is mounted read-only.")),
        ("mountPropagation", SchemaShape.Enum("Whether mounts made inside are seen outside, and the other way round.", "None", "HostToContainer", "Bidirectional")));

    private static JsonObject KeysToPaths() => List(
        "Which keys, and as which files; absent for all, by their names.",
        64,
        Bare(Object(
            string.Empty,
            ("key!", String("The key.", 253, 1)),
            ("path!", String("The file.", 1024, 1, Patterns.RelativePath)),
            ("mode", FileMode("Permissions of the file.")))));

    private static JsonObject FileMode(string description) => Integer(description, "int32", 0, 511);
}
