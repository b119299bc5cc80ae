using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds.Defaults;

/// <summary>What the server fills into Services when it reads them; addresses come later, see <see cref="Writing.ServiceAddresses"/>.</summary>
internal static class ServiceDefaults
{
    /// <summary>A Service.</summary>
    public static void Service(JsonObject service)
    {
        var spec = service.Ensure("spec");
        spec.Fill("sessionAffinity", "None");
        if (spec.TextAt("sessionAffinity") == "None") spec.Remove("sessionAffinityConfig");
        else spec.Ensure("sessionAffinityConfig").Ensure("clientIP").Fill("timeoutSeconds", 10800);
        spec.Fill("type", "ClusterIP");
        var type = spec.TextAt("type");
        foreach (var port in spec.ObjectsAt("ports"))
        {
            port.Fill("protocol", "TCP");
            var target = port["targetPort"];
            if (target is null || target.NumberAt() == 0 || target.TextAt() == "") port["targetPort"] = port["port"]?.DeepClone();
        }
        if (type is "NodePort" or "LoadBalancer") spec.Fill("externalTrafficPolicy", "Cluster");
        if (type is "ClusterIP" or "NodePort" or "LoadBalancer") spec.Fill("internalTrafficPolicy", "Cluster");
        if (type is "LoadBalancer") spec.Fill("allocateLoadBalancerNodePorts", true);
        foreach (var ingress in service.ObjectsAt("status", "loadBalancer", "ingress"))
        {
            if (ingress.ContainsKey("ip")) ingress.Fill("ipMode", "VIP");
        }
    }
}
