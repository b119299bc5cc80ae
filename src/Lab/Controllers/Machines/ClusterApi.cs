using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers.Machines;

/// <summary>The names that Cluster API fixes, and definitions of the two kinds of it that are simulated: with the fields that anybody scales by, and no others.</summary>
internal static class ClusterApi
{
    public const string Group = "cluster.x-k8s.io";
    public const string Version = "v1beta1";

    /// <summary>On Machines: the MachineDeployment they belong to.</summary>
    public const string DeploymentLabel = Group + "/deployment-name";

    /// <summary>On a Machine: it goes first.</summary>
    public const string DeleteFirst = Group + "/delete-machine";

    /// <summary>On a MachineDeployment, in the Lab only: what its machines are, such as <c>H100:8</c>, and how many seconds each takes to join.</summary>
    public const string MachineAnnotation = "lab.nemotron.dev/machine";

    /// <inheritdoc cref="MachineAnnotation"/>
    public const string JoinSecondsAnnotation = "lab.nemotron.dev/join-seconds";

    public static readonly Gvr Deployments = new(Group, Version, "machinedeployments");
    public static readonly Gvr Machines = new(Group, Version, "machines");

    /// <summary>Creates the definitions unless they are there.</summary>
    public static void Ensure(IApi api)
    {
        Definitions.Ensure(api, Definitions.Of(Group, Version, "MachineDeployment", "machinedeployments", namespaced: true,
            """{ "replicas": { "type": "integer", "format": "int32", "minimum": 0 }, "clusterName": { "type": "string" }, "template": { "type": "object", "x-kubernetes-preserve-unknown-fields": true } }""",
            scale: true));
        Definitions.Ensure(api, Definitions.Of(Group, Version, "Machine", "machines", namespaced: true,
            """{ "clusterName": { "type": "string" } }"""));
    }
}

/// <summary>Small CustomResourceDefinitions.</summary>
internal static class Definitions
{
    /// <summary>Creates a definition unless one of its name is there.</summary>
    public static void Ensure(IApi api, JsonObject definition)
    {
        if (api.Get(BuiltIn.CustomResourceDefinitions, null, definition.Name()) is null) api.Create(BuiltIn.CustomResourceDefinitions, null, definition, "nemotron-lab");
    }

    /// <summary>A definition with one version, a status subresource, and a status that takes anything.</summary>
    public static JsonObject Of(string group, string version, string kind, string plural, bool namespaced, string specProperties, bool scale = false, string[]? specRequired = null)
    {
        var spec = new JsonObject { ["type"] = "object", ["properties"] = JsonNode.Parse(specProperties) };
        if (specRequired is not null) spec["required"] = new JsonArray([.. specRequired.Select(name => (JsonNode)name)]);
        var subresources = new JsonObject { ["status"] = new JsonObject() };
        if (scale) subresources["scale"] = new JsonObject { ["specReplicasPath"] = ".spec.replicas", ["statusReplicasPath"] = ".status.replicas" };
        return new JsonObject
        {
            ["apiVersion"] = "apiextensions.k8s.io/v1",
            ["kind"] = "CustomResourceDefinition",
            ["metadata"] = new JsonObject { ["name"] = $"{plural}.{group}" },
            ["spec"] = new JsonObject
            {
                ["group"] = group,
                ["scope"] = namespaced ? "Namespaced" : "Cluster",
                ["names"] = new JsonObject { ["kind"] = kind, ["listKind"] = $"{kind}List", ["plural"] = plural, ["singular"] = kind.ToLowerInvariant() },
                ["versions"] = new JsonArray(new JsonObject
                {
                    ["name"] = version,
                    ["served"] = true,
                    ["storage"] = true,
                    ["subresources"] = subresources,
                    ["schema"] = new JsonObject
                    {
                        ["openAPIV3Schema"] = new JsonObject
                        {
                            ["type"] = "object",
                            ["properties"] = new JsonObject
                            {
                                ["apiVersion"] = new JsonObject { ["type"] = "string" },
                                ["kind"] = new JsonObject { ["type"] = "string" },
                                ["metadata"] = new JsonObject { ["type"] = "object" },
                                ["spec"] = spec,
                                ["status"] = new JsonObject { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true },
                            },
                        },
                    },
                }),
            },
        };
    }
}
