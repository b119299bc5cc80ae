using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds.Validation;

/// <summary>What a Service must be like.</summary>
internal static class ServiceValidation
{
    /// <summary>The faults of a Service.</summary>
    public static void Check(JsonObject obj, JsonObject? old, Faults faults)
    {
        var spec = obj.ObjectAt("spec") ?? [];
        var type = spec.TextAt("type");
        var isHeadless = spec.TextAt("clusterIP") == "None";
        JsonObject[] ports = [.. spec.ObjectsAt("ports")];
        if (ports.Length == 0 && !isHeadless && type != "ExternalName") faults.Required("spec.ports");
        if (type == "ExternalName" && string.IsNullOrEmpty(spec.TextAt("externalName"))) faults.Required("spec.externalName");
        if (isHeadless && type == "LoadBalancer") faults.Invalid("spec.clusterIPs[0]", "None", "may not be set to 'None' for LoadBalancer services");
        CheckPorts(ports, faults);
        faults.AddRange(MetadataValidation.ValidateLabels(spec.ObjectAt("selector"), "spec.selector"));
        PodValidation.OneOf(spec, "sessionAffinity", "spec", faults, "ClientIP", "None");
        PodValidation.OneOf(spec, "type", "spec", faults, "ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
        if (old is null) return;
        var before = old.ObjectAt("spec") ?? [];
        if (type != "ExternalName" && before.TextAt("type") != "ExternalName"
            && before.TextAt("clusterIP") is { Length: > 0 } ip && spec.TextAt("clusterIP") is { } now && now != ip)
        {
            faults.Invalid("spec.clusterIPs[0]", now, "may not change once set");
        }
    }

    private static void CheckPorts(JsonObject[] ports, Faults faults)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var places = new HashSet<(long?, string?)>();
        for (var i = 0; i < ports.Length; i++)
        {
            var at = $"spec.ports[{i}]";
            var name = ports[i].TextAt("name") ?? "";
            if (name.Length == 0 && ports.Length > 1) faults.Required($"{at}.name");
            else if (name.Length > 0)
            {
                faults.InvalidAll($"{at}.name", name, Names.Label(name));
                if (!names.Add(name)) faults.Duplicate($"{at}.name", name);
            }
            if (ports[i].NumberAt("port") is not (>= 1 and <= 65535))
                faults.Invalid($"{at}.port", ports[i].NumberAt("port") ?? 0, "must be between 1 and 65535, inclusive");
            PodValidation.OneOf(ports[i], "protocol", at, faults, "SCTP", "TCP", "UDP");
            if (ports[i].NumberAt("targetPort") is { } target and (< 1 or > 65535))
                faults.Invalid($"{at}.targetPort", target, "must be between 1 and 65535, inclusive");
            if (!places.Add((ports[i].NumberAt("port"), ports[i].TextAt("protocol"))))
                faults.Duplicate(at, new JsonObject { ["port"] = ports[i]["port"]?.DeepClone(), ["protocol"] = ports[i]["protocol"]?.DeepClone() });
        }
    }
}
