using System.Text.Json.Nodes;
using static Nemotron.Crds.Generation.SchemaShape;

namespace Nemotron.Crds.Generation;

/// <summary>Types of <c>meta/v1</c> and references.</summary>
internal static class MetaSchemas
{
    internal static JsonObject Condition() => Object(
        "The answer to one question about the state.",
        ("type!", String("The question, such as Ready.", 316, 1, Patterns.QualifiedName)),
        ("status!", SchemaShape.Enum("The answer.", "True", "False", "Unknown")),
        ("observedGeneration", Integer("The generation of the spec that the answer is about.", "int64", 0)),
        ("lastTransitionTime!", new JsonObject
        {
            ["description"] = "When the answer last changed.",
            ["type"] = "string",
            ["format"] = "date-time",
        }),
        ("reason!", String("Why, in one word that programs may depend on.", 1024, 1, "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")),
        ("message!", String("Why, in a sentence for people.", 32_768)));

    internal static JsonObject LabelSelector() => Atomic(Object(
        "Objects by their labels; all of matchLabels and matchExpressions must hold, and none selects everything.",
        ("matchLabels", LabelMap("Labels with exactly these values.")),
        ("matchExpressions", List("Labels by what their values are like.", 32, Bare(Object(
            string.Empty,
            ("key!", String("The label.", 317, 1, Patterns.QualifiedName)),
            ("operator!", SchemaShape.Enum("How its value compares.", "In", "NotIn", "Exists", "DoesNotExist")),
            ("values", LabelValues("What it is compared with; empty with Exists and DoesNotExist."))))))));

    internal static JsonObject LocalObjectReference() => Atomic(Object(
        "An object of the same namespace.",
        ("name!", Name("Its name."))));

    /// <summary>The name of an object.</summary>
    internal static JsonObject Name(string description) => String(description, 253, 1, Patterns.DnsSubdomain);

    /// <summary>A map of labels.</summary>
    internal static JsonObject LabelMap(string description) =>
        Map(description, 32, Bare(String(string.Empty, 63, 0, Patterns.LabelValue)));

    /// <summary>A list of label values.</summary>
    internal static JsonObject LabelValues(string description) =>
        List(description, 64, Bare(String(string.Empty, 63, 0, Patterns.LabelValue)));
}
