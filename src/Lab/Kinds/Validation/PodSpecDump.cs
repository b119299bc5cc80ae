using System.Text;
using System.Text.Json.Nodes;
using Nemotron.Lab.Patching;

namespace Nemotron.Lab.Kinds.Validation;

/// <summary>
/// A pod spec as the server prints it inside the refusal of a pod update: its internal Go struct as JSON, every field named, indented by one
/// space. Faithful down to containers and the security context; what lies deeper is printed with the fields that are set.
/// </summary>
internal static class PodSpecDump
{
    /// <summary>Fields in Go's order; after a colon the zero value where it is not null, or the layout of a nested struct.</summary>
    private const string Spec =
        "Volumes InitContainers[Container Containers[Container EphemeralContainers RestartPolicy:\"\" TerminationGracePeriodSeconds ActiveDeadlineSeconds "
        + "DNSPolicy:\"\" NodeSelector ServiceAccountName:\"\" AutomountServiceAccountToken NodeName:\"\" SecurityContext{SecurityContext ImagePullSecrets "
        + "Hostname:\"\" Subdomain:\"\" SetHostnameAsFQDN Affinity SchedulerName:\"\" Tolerations HostAliases PriorityClassName:\"\" Priority "
        + "PreemptionPolicy DNSConfig ReadinessGates RuntimeClassName Overhead EnableServiceLinks TopologySpreadConstraints OS SchedulingGates "
        + "ResourceClaims Resources HostnameOverride";

    private const string Container =
        "Name:\"\" Image:\"\" Command Args WorkingDir:\"\" Ports EnvFrom Env Resources{Resources ResizePolicy RestartPolicy RestartPolicyRules "
        + "VolumeMounts VolumeDevices LivenessProbe ReadinessProbe StartupProbe Lifecycle TerminationMessagePath:\"\" TerminationMessagePolicy:\"\" "
        + "ImagePullPolicy:\"\" SecurityContext Stdin:false StdinOnce:false TTY:false";

    private const string Resources = "Limits Requests Claims";

    private const string SecurityContext =
        "HostNetwork:false HostPID:false HostIPC:false ShareProcessNamespace HostUsers SELinuxOptions WindowsOptions RunAsUser RunAsGroup RunAsNonRoot "
        + "SupplementalGroups SupplementalGroupsPolicy FSGroup FSGroupChangePolicy Sysctls SeccompProfile AppArmorProfile SELinuxChangePolicy";

    /// <summary>In the API these stand in the pod spec; internally in its security context.</summary>
    private static readonly string[] Moved = ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"];

    /// <summary>Field names whose Go name is not the JSON name with a capital.</summary>
    private static readonly Dictionary<string, string> JsonNames = new(StringComparer.Ordinal)
    {
        ["DNSPolicy"] = "dnsPolicy", ["DNSConfig"] = "dnsConfig", ["OS"] = "os", ["TTY"] = "tty", ["SELinuxOptions"] = "seLinuxOptions",
        ["FSGroup"] = "fsGroup", ["FSGroupChangePolicy"] = "fsGroupChangePolicy", ["SELinuxChangePolicy"] = "seLinuxChangePolicy",
    };

    /// <summary>The lines of the print.</summary>
    public static IReadOnlyList<string> Of(JsonObject spec)
    {
        var shaped = (JsonObject)spec.DeepClone();
        var context = shaped.Ensure("securityContext");
        foreach (var name in Moved)
        {
            if (shaped[name] is { } value) context[name] = value.DeepClone();
        }
        var text = new StringBuilder();
        WriteStruct(text, shaped, Spec, depth: 0);
        return text.ToString().Split('\n');
    }

    private static void WriteStruct(StringBuilder text, JsonObject value, string layout, int depth)
    {
        text.Append('{');
        var first = true;
        foreach (var entry in layout.Split(' '))
        {
            var end = entry.IndexOfAny([':', '{', '[']);
            var name = end < 0 ? entry : entry[..end];
            var field = value[JsonNames.GetValueOrDefault(name, char.ToLowerInvariant(name[0]) + name[1..])];
            NewLine(text, ref first, depth + 1).Append(FieldPath.Json(name)).Append(": ");
            if (end >= 0 && entry[end] == '{') WriteStruct(text, field as JsonObject ?? [], Layout(entry[(end + 1)..]), depth + 1);
            else if (end >= 0 && entry[end] == '[' && field is JsonArray { Count: > 0 } items) WriteStructs(text, items, Layout(entry[(end + 1)..]), depth + 1);
            else if (field is null or JsonArray { Count: 0 }) text.Append(end >= 0 && entry[end] == ':' ? entry[(end + 1)..] : "null");
            else WriteAny(text, field, depth + 1, isMap: name is "NodeSelector" or "Limits" or "Requests" or "Overhead");
        }
        text.Append('\n').Append(' ', depth).Append('}');
    }

    private static void WriteStructs(StringBuilder text, JsonArray items, string layout, int depth)
    {
        text.Append('[');
        var first = true;
        foreach (var item in items)
        {
            NewLine(text, ref first, depth + 1);
            WriteStruct(text, item as JsonObject ?? [], layout, depth + 1);
        }
        text.Append('\n').Append(' ', depth).Append(']');
    }

    private static void WriteAny(StringBuilder text, JsonNode? value, int depth, bool isMap)
    {
        var first = true;
        switch (value)
        {
            case JsonObject { Count: 0 }:
                text.Append("{}");
                break;
            case JsonObject fields:
                text.Append('{');
                foreach (var (name, field) in isMap ? fields.OrderBy(entry => entry.Key, StringComparer.Ordinal) : fields.AsEnumerable())
                {
                    NewLine(text, ref first, depth + 1).Append(FieldPath.Json(isMap ? name : char.ToUpperInvariant(name[0]) + name[1..])).Append(": ");
                    WriteAny(text, field, depth + 1, isMap: name is "limits" or "requests");
                }
                text.Append('\n').Append(' ', depth).Append('}');
                break;
            case JsonArray items:
                text.Append('[');
                foreach (var item in items)
                {
                    NewLine(text, ref first, depth + 1);
                    WriteAny(text, item, depth + 1, isMap: false);
                }
                text.Append('\n').Append(' ', depth).Append(']');
                break;
            default:
                text.Append(FieldPath.Json(value));
                break;
        }
    }

    private static StringBuilder NewLine(StringBuilder text, ref bool first, int depth)
    {
        if (!first) text.Append(',');
        first = false;
        return text.Append('\n').Append(' ', depth);
    }

    private static string Layout(string name) => name switch
    {
        "Container" => Container,
        "Resources" => Resources,
        _ => SecurityContext,
    };
}
