using Nemotron.Lab.Api;
using Nemotron.Lab.Controllers.Machines;

namespace Nemotron.Lab.Controllers.Karpenter;

/// <summary>The names that Karpenter fixes (karpenter.sh/v1), and definitions of the kinds that are simulated.</summary>
internal static class KarpenterApi
{
    public const string Group = "karpenter.sh";
    public const string PoolLabel = Group + "/nodepool";
    public const string Finalizer = Group + "/termination";

    public static readonly Gvr Pools = new(Group, "v1", "nodepools");
    public static readonly Gvr Claims = new(Group, "v1", "nodeclaims");

    /// <summary>The node class of the simulated cloud.</summary>
    public static readonly Gvr Classes = new("karpenter.lab.nemotron.dev", "v1", "labnodeclasses");

    private const string Requirements = """
        { "type": "array", "maxItems": 100, "items": { "type": "object", "required": ["key", "operator"], "properties": {
            "key": { "type": "string", "maxLength": 316 },
            "operator": { "type": "string", "enum": ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"] },
            "values": { "type": "array", "items": { "type": "string" } } } } }
        """;

    private const string Taints = """
        { "type": "array", "items": { "type": "object", "required": ["key", "effect"], "properties": {
            "key": { "type": "string" }, "value": { "type": "string" }, "effect": { "type": "string", "enum": ["NoSchedule", "PreferNoSchedule", "NoExecute"] } } } }
        """;

    private const string ClassReference = """
        { "type": "object", "required": ["group", "kind", "name"], "properties": { "group": { "type": "string" }, "kind": { "type": "string" }, "name": { "type": "string" } } }
        """;

    /// <summary>Creates the definitions unless they are there.</summary>
    public static void Ensure(IApi api)
    {
        Definitions.Ensure(api, Definitions.Of(Group, "v1", "NodePool", "nodepools", namespaced: false, $$"""
            {
              "template": { "type": "object", "required": ["spec"], "properties": {
                "metadata": { "type": "object", "properties": {
                  "labels": { "type": "object", "additionalProperties": { "type": "string", "maxLength": 63 } },
                  "annotations": { "type": "object", "additionalProperties": { "type": "string" } } } },
                "spec": { "type": "object", "required": ["nodeClassRef", "requirements"], "properties": {
                  "nodeClassRef": {{ClassReference}},
                  "requirements": {{Requirements}},
                  "taints": {{Taints}},
                  "expireAfter": { "type": "string", "default": "720h", "pattern": "^(([0-9]+(s|m|h))+|Never)$" } } } } },
              "limits": { "type": "object", "additionalProperties": { "x-kubernetes-int-or-string": true, "anyOf": [{ "type": "integer" }, { "type": "string" }] } },
              "weight": { "type": "integer", "format": "int32", "minimum": 1, "maximum": 100 },
              "disruption": { "type": "object", "required": ["consolidateAfter"], "properties": {
                "consolidateAfter": { "type": "string", "pattern": "^(([0-9]+(s|m|h))+|Never)$" },
                "consolidationPolicy": { "type": "string", "default": "WhenEmptyOrUnderutilized", "enum": ["WhenEmpty", "WhenEmptyOrUnderutilized"] },
                "budgets": { "type": "array", "maxItems": 50, "items": { "type": "object", "required": ["nodes"], "properties": {
                  "nodes": { "type": "string", "pattern": "^((100|[0-9]{1,2})%|[0-9]+)$" },
                  "reasons": { "type": "array", "items": { "type": "string", "enum": ["Underutilized", "Empty", "Drifted"] } },
                  "schedule": { "type": "string" },
                  "duration": { "type": "string", "pattern": "^((([0-9]+(h|m))|([0-9]+h[0-9]+m))(0s)?)$" } } } } } }
            }
            """, specRequired: ["template"]));
        Definitions.Ensure(api, Definitions.Of(Group, "v1", "NodeClaim", "nodeclaims", namespaced: false, $$"""
            { "nodeClassRef": {{ClassReference}}, "requirements": {{Requirements}}, "taints": {{Taints}}, "expireAfter": { "type": "string" } }
            """));
        Definitions.Ensure(api, Definitions.Of(Classes.Group, Classes.Version, "LabNodeClass", Classes.Plural, namespaced: false, """
            {
              "machine": { "type": "string", "default": "H100:8", "description": "What each machine is." },
              "launchSeconds": { "type": "integer", "default": 10, "minimum": 0, "description": "Until the simulated cloud answers." },
              "joinSeconds": { "type": "integer", "default": 60, "minimum": 0, "description": "From then until the machine joins as a node." },
              "available": { "type": "integer", "minimum": 0, "description": "Machines that the simulated cloud has left; absent is any number." },
              "withGpus": { "type": "boolean", "default": true, "description": "Whether the GPUs of a machine that joins are there." }
            }
            """));
    }
}
