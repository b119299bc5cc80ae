using System.Text.Json.Nodes;
using static Nemotron.Crds.Generation.SchemaShape;

namespace Nemotron.Crds.Generation;

/// <summary>Types of containers and their rights.</summary>
internal static class ContainerSchemas
{
    internal static JsonObject EnvVar() => WithRule(
        Object(
            "An environment variable.",
            ("name!", String("Its name.", 256, 1, "^[-._A-Za-z][-._A-Za-z0-9]*$")),
            ("value", String("Its value.", 32_768)),
            ("valueFrom", WithRule(
                Object(
                    "Where its value comes from.",
                    ("configMapKeyRef", KeyReference("A key of a ConfigMap.")),
                    ("secretKeyRef", KeyReference("A key of a Secret.")),
                    ("fieldRef", Atomic(Object(
                        "A field of the pod.",
                        ("apiVersion", String("The version of the path; v1 when absent.", 64)),
                        ("fieldPath!", String("The path, such as metadata.name.", 256, 1))))),
                    ("resourceFieldRef", Atomic(Object(
                        "A request or limit of a container of the pod.",
                        ("containerName", String("The container; the own one when absent.", 63, 1, Patterns.DnsLabel)),
                        ("resource!", String("The resource, such as limits.memory.", 128, 1)),
                        ("divisor", Quantity("The unit of the value.")))))),
                "(has(self.configMapKeyRef) ? 1 : 0) + (has(self.secretKeyRef) ? 1 : 0) + (has(self.fieldRef) ? 1 : 0) + (has(self.resourceFieldRef) ? 1 : 0) == 1",
                "exactly one of configMapKeyRef, secretKeyRef, fieldRef and resourceFieldRef must be set"))),
        "!(has(self.value) && has(self.valueFrom))",
        "value and valueFrom exclude each other");

    internal static JsonObject ResourceRequirements() => Object(
        "What a container asks for and may use.",
        ("requests", Map("What is set aside for it, by resource.", 8, Bare(Quantity(string.Empty)))),
        ("limits", Map("What it may use at most, by resource.", 8, Bare(Quantity(string.Empty)))));

    internal static JsonObject PodSecurityContext() => Object(
        "User, groups and volumes' group of the pods.",
        ("runAsUser", Integer("The user's number.", "int64", 0)),
        ("runAsGroup", Integer("The group's number.", "int64", 0)),
        ("runAsNonRoot", Boolean("Whether the kubelet refuses to run containers as user 0.")),
        ("fsGroup", Integer("The group that owns the volumes.", "int64", 0)),
        ("fsGroupChangePolicy", SchemaShape.Enum("When the volumes' owner is changed: at each start, or only when the root's differs.", "Always", "OnRootMismatch")),
        ("supplementalGroups", List("Further groups.", 32, Bare(Integer(string.Empty, "int64", 0)))),
        ("seccompProfile", Object(
            "Which system calls are allowed.",
            ("type!", SchemaShape.Enum("Where the profile comes from.", "RuntimeDefault", "Localhost", "Unconfined")),
            ("localhostProfile", String("The profile's path below the kubelet's directory, with type Localhost.", 1024, 1)))));

    private static JsonObject KeyReference(string description) => Atomic(Object(
        description,
        ("name!", MetaSchemas.Name("The object's name.")),
        ("key!", String("The key.", 253, 1, "^[-._A-Za-z0-9]+$")),
        ("optional", Boolean("Whether the object or key may be missing."))));
}
