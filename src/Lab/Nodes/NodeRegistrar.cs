using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;
using ApiException = Nemotron.Lab.Api.ApiException;
using IApi = Nemotron.Lab.Api.IApi;

namespace Nemotron.Lab.Nodes;

/// <summary>Registers nodes with the API as their kubelets would at start.</summary>
internal static class NodeRegistrar
{
    private const string Manager = "kubelet";

    /// <summary>Creates the namespace of node Leases when it is absent.</summary>
    public static void EnsureLeaseNamespace(IApi api)
    {
        if (api.Get(BuiltIn.Namespaces, null, NodeObjects.LeaseNamespace) is not null) return;
        var ns = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Namespace",
            ["metadata"] = new JsonObject { ["name"] = NodeObjects.LeaseNamespace },
        };
        try
        {
            api.Create(BuiltIn.Namespaces, null, ns, Manager);
        }
        catch (ApiException there) when (there.Reason == "AlreadyExists")
        {
            // Made meanwhile by the API server's own bootstrap.
        }
    }

    /// <summary>Creates a node and its status, and gives it back as served.</summary>
    public static JsonObject Register(IApi api, JsonObject node)
    {
        var status = (JsonObject)node["status"]!.DeepClone();
        var name = node.Name();
        api.Create(BuiltIn.Nodes, null, node, Manager);
        return api.MergePatch(BuiltIn.Nodes, null, name, new JsonObject { ["status"] = status }, Manager, "status");
    }
}
