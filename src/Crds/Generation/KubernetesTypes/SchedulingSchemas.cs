using System.Text.Json.Nodes;
using static Nemotron.Crds.Generation.SchemaShape;

namespace Nemotron.Crds.Generation;

/// <summary>Types that say where pods may run.</summary>
internal static class SchedulingSchemas
{
    internal static JsonObject Taint() => Object(
        "A mark that keeps pods away which do not tolerate it.",
        ("key!", String("The taint's key.", 317, 1, Patterns.QualifiedName)),
        ("value", String("The taint's value.", 63, 0, Patterns.LabelValue)),
        ("effect!", SchemaShape.Enum("What it does to pods that do not tolerate it.", "NoSchedule", "PreferNoSchedule", "NoExecute")));

    internal static JsonObject Toleration() => Object(
        "A taint that the pods tolerate.",
        ("key", String("The taint's key; absent, with operator Exists, for every taint.", 317, 1, Patterns.QualifiedName)),
        ("operator", SchemaShape.Enum("Equal (as when absent): the value must be the same. Exists: any value.", "Equal", "Exists")),
        ("value", String("The taint's value.", 63, 0, Patterns.LabelValue)),
        ("effect", SchemaShape.Enum("The taint's effect; absent for every effect.", "NoSchedule", "PreferNoSchedule", "NoExecute")),
        ("tolerationSeconds", Integer("How long a NoExecute taint is tolerated, in seconds; absent for ever.", "int64", 0)));

    internal static JsonObject Affinity() => Object(
        "Where the pods may or would rather run.",
        ("nodeAffinity", Object(
            "By the labels of nodes.",
            ("requiredDuringSchedulingIgnoredDuringExecution", Atomic(Object(
                "A node must meet one of the terms.",
                ("nodeSelectorTerms!", List("The terms.", 16, Bare(NodeSelectorTerm())))))),
            ("preferredDuringSchedulingIgnoredDuringExecution", List("Terms that count for a node by their weight.", 16, Bare(Object(
                string.Empty,
                ("weight!", Integer("What the term counts.", "int32", 1, 100)),
                ("preference!", NodeSelectorTerm()))))))),
        ("podAffinity", PodAffinity("Near which pods.")),
        ("podAntiAffinity", PodAffinity("Away from which pods.")));

    internal static JsonObject TopologySpreadConstraint() => Object(
        "How evenly the pods spread over parts of the cluster.",
        ("maxSkew!", Integer("Most pods that one part may have more than the emptiest.", "int32", 1)),
        ("topologyKey!", String("The node label whose values are the parts, such as topology.kubernetes.io/zone.", 317, 1, Patterns.QualifiedName)),
        ("whenUnsatisfiable!", SchemaShape.Enum("What happens to a pod that would be too many.", "DoNotSchedule", "ScheduleAnyway")),
        ("minDomains", Integer("Fewest parts there should be.", "int32", 1)),
        ("labelSelector", MetaSchemas.LabelSelector()),
        ("nodeAffinityPolicy", SchemaShape.Enum("Whether nodes that the pod's affinity excludes count.", "Honor", "Ignore")),
        ("nodeTaintsPolicy", SchemaShape.Enum("Whether nodes with taints that the pod does not tolerate count.", "Honor", "Ignore")));

    private static JsonObject NodeSelectorTerm() => Atomic(Object(
        "What a node must be like; all of it.",
        ("matchExpressions", List("By the labels of the node.", 32, Bare(NodeSelectorRequirement()))),
        ("matchFields", List("By the fields of the node: only metadata.name.", 4, Bare(NodeSelectorRequirement())))));

    private static JsonObject NodeSelectorRequirement() => Object(
        string.Empty,
        ("key!", String("The label or field.", 317, 1, Patterns.QualifiedName)),
        ("operator!", SchemaShape.Enum("How its value compares.", "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")),
        ("values", List("What it is compared with.", 256, Bare(String(string.Empty, 253)))));

    private static JsonObject PodAffinity(string description) => Object(
        description,
        ("requiredDuringSchedulingIgnoredDuringExecution", List("Terms that must hold, all of them.", 16, Bare(PodAffinityTerm()))),
        ("preferredDuringSchedulingIgnoredDuringExecution", List("Terms that count for a node by their weight.", 16, Bare(Object(
            string.Empty,
            ("weight!", Integer("What the term counts.", "int32", 1, 100)),
            ("podAffinityTerm!", PodAffinityTerm()))))));

    private static JsonObject PodAffinityTerm() => Object(
        "Pods, and how near.",
        ("labelSelector", MetaSchemas.LabelSelector()),
        ("namespaces", List("The pods' namespaces; absent, with no namespaceSelector, for the own one.", 32, Bare(String(string.Empty, 63, 1, Patterns.DnsLabel)))),
        ("namespaceSelector", MetaSchemas.LabelSelector()),
        ("topologyKey!", String("The node label that is equal on near nodes.", 317, 1, Patterns.QualifiedName)));
}
