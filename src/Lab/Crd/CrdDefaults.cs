using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Crd;

/// <summary>What a CustomResourceDefinition takes when it does not say.</summary>
internal static class CrdDefaults
{
    public static void Apply(JsonObject crd)
    {
        if (crd["spec"] is not JsonObject spec) return;
        if (spec["conversion"] is null) spec["conversion"] = new JsonObject { ["strategy"] = "None" };
        if (spec["names"] is not JsonObject names || names["kind"].Text() is not { Length: > 0 } kind) return;
        if (string.IsNullOrEmpty(names["singular"].Text())) names["singular"] = kind.ToLowerInvariant();
        if (string.IsNullOrEmpty(names["listKind"].Text())) names["listKind"] = kind + "List";
    }
}
