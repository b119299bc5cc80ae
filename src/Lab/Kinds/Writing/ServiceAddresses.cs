using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds.Writing;

/// <summary>Gives Services their addresses and keeps them over updates that leave them out.</summary>
internal static class ServiceAddresses
{
    /// <summary>A new Service: an IPv4 cluster IP unless it is headless or external, node ports where its type has them.</summary>
    public static void Create(JsonObject service, WriteSurroundings around)
    {
        service["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() };
        Complete(service.Ensure("spec"), around);
    }

    /// <summary>A changed Service: what the server had given stays unless the type no longer has it.</summary>
    public static void Update(JsonObject service, JsonObject old, WriteSurroundings around)
    {
        var spec = service.Ensure("spec");
        var before = old.ObjectAt("spec") ?? [];
        if (spec.TextAt("type") == "ExternalName")
        {
            if (before.TextAt("type") == "ExternalName") return;
            foreach (var name in new[] { "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy" }) spec.Remove(name);
            return;
        }
        if (before.TextAt("type") != "ExternalName")
        {
            foreach (var name in new[] { "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy" })
            {
                if (spec[name] is null) spec.CopyFrom(name, before);
            }
        }
        if (HasNodePorts(spec) && HasNodePorts(before))
        {
            foreach (var port in spec.ObjectsAt("ports"))
            {
                var same = before.ObjectsAt("ports").FirstOrDefault(
                    was => was.NumberAt("port") == port.NumberAt("port") && was.TextAt("protocol") == port.TextAt("protocol"));
                if (port["nodePort"] is null && same is not null) port.CopyFrom("nodePort", same);
            }
        }
        else if (!HasNodePorts(spec) && HasNodePorts(before))
        {
            // Clients that change the type send the old ports along; the server takes their node ports back.
            foreach (var port in spec.ObjectsAt("ports")) port.Remove("nodePort");
        }
        Complete(spec, around);
    }

    private static void Complete(JsonObject spec, WriteSurroundings around)
    {
        if (spec.TextAt("type") == "ExternalName") return;
        if (spec["clusterIP"] is null) spec["clusterIP"] = spec.TextsAt("clusterIPs").FirstOrDefault() ?? around.Services.NextClusterIp();
        spec.Fill("clusterIPs", new JsonArray(spec.TextAt("clusterIP")));
        spec.Fill("ipFamilies", new JsonArray("IPv4"));
        spec.Fill("ipFamilyPolicy", "SingleStack");
        if (!HasNodePorts(spec)) return;
        foreach (var port in spec.ObjectsAt("ports"))
        {
            if (port["nodePort"] is null) port["nodePort"] = JsonAccess.Number(around.Services.NextNodePort());
        }
    }

    private static bool HasNodePorts(JsonObject spec) => spec.TextAt("type") switch
    {
        "NodePort" => true,
        "LoadBalancer" => spec["allocateLoadBalancerNodePorts"] is null || spec.IsTrueAt("allocateLoadBalancerNodePorts"),
        _ => false,
    };
}
