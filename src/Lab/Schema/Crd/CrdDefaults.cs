using System.Text.Json.Nodes;

namespace Nemotron.Lab.Schema;

/// <summary>What the server fills in on a CRD before it looks at it.</summary>
internal static class CrdDefaults
{
    /// <summary>Sets <c>names.singular</c>, <c>names.listKind</c> and <c>conversion.strategy</c> where they are absent. Changes <paramref name="crd"/>.</summary>
    public static void Apply(JsonObject crd)
    {
        if (crd["spec"] is not JsonObject spec) return;
        if (spec["names"] is JsonObject names && CrdJson.Text(names, "kind") is { Length: > 0 } kind)
        {
            if (CrdJson.Text(names, "singular").Length == 0) names["singular"] = kind.ToLowerInvariant();
            if (CrdJson.Text(names, "listKind").Length == 0) names["listKind"] = kind + "List";
        }
        if (spec["conversion"] is not JsonObject) spec["conversion"] = new JsonObject { ["strategy"] = "None" };
    }
}
