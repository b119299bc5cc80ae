using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Services;

/// <summary>One EndpointSlice as it should be: ports, and the endpoints that have them.</summary>
/// <param name="Ports">The slice's <c>ports</c>.</param>
/// <param name="Endpoints">The slice's <c>endpoints</c>, at most <see cref="EndpointDecision.MostPerSlice"/>.</param>
internal sealed record SliceContent(JsonArray Ports, JsonArray Endpoints);

/// <summary>What a Service's EndpointSlices should hold.</summary>
internal static class EndpointDecision
{
    /// <summary>Endpoints per slice, as the real controller's default.</summary>
    public const int MostPerSlice = 100;

    /// <summary>The wanted slices: pods grouped by the ports they resolve to, in order of name.</summary>
    /// <param name="service">The Service as served.</param>
    /// <param name="pods">The pods it selects.</param>
    /// <param name="zoneOf">The zone of a node, or null.</param>
    public static IReadOnlyList<SliceContent> Decide(JsonObject service, IEnumerable<JsonObject> pods, Func<string, string?> zoneOf)
    {
        var publishUnready = service.Flag("spec", "publishNotReadyAddresses");
        var groups = new SortedDictionary<string, (JsonArray Ports, List<JsonObject> Endpoints)>(StringComparer.Ordinal);
        foreach (var pod in pods.OrderBy(pod => pod.Name(), StringComparer.Ordinal))
        {
            if (pod.Text("status", "podIP") is null or "" || pod.Text("status", "phase") is "Succeeded" or "Failed") continue;
            var ports = PortsOf(service, pod);
            var key = ports.ToJsonString();
            if (!groups.TryGetValue(key, out var group)) groups[key] = group = (ports, []);
            group.Endpoints.Add(Endpoint(pod, publishUnready, zoneOf));
        }

        // A Service without pods still has one slice, so that clients learn of its emptiness.
        if (groups.Count == 0) return [new([], [])];
        return
        [
            .. groups.Values.SelectMany(group => group.Endpoints.Chunk(MostPerSlice)
                .Select(chunk => new SliceContent((JsonArray)group.Ports.DeepClone(), new JsonArray([.. chunk])))),
        ];
    }

    private static JsonArray PortsOf(JsonObject service, JsonObject pod)
    {
        var ports = new JsonArray();
        foreach (var port in service.Items("spec", "ports"))
        {
            var protocol = port.Text("protocol") ?? "TCP";
            if (Resolve(port.At("targetPort"), port.Whole("port"), protocol, pod) is not { } number) continue;
            var item = new JsonObject { ["name"] = port.Text("name") ?? "", ["protocol"] = protocol, ["port"] = number };
            if (port.Text("appProtocol") is { } application) item["appProtocol"] = application;
            ports.Add(item);
        }

        return ports;
    }

    private static long? Resolve(JsonNode? target, long? port, string protocol, JsonObject pod)
    {
        if (target.Whole() is { } number and > 0) return number;
        if (target.Text() is not { Length: > 0 } name) return port;
        foreach (var container in pod.Items("spec", "containers").Concat(pod.Items("spec", "initContainers").Where(init => init.Text("restartPolicy") == "Always")))
        {
            foreach (var declared in container.Items("ports"))
            {
                if (declared.Text("name") == name && (declared.Text("protocol") ?? "TCP") == protocol) return declared.Whole("containerPort");
            }
        }

        return null;
    }

    private static JsonObject Endpoint(JsonObject pod, bool publishUnready, Func<string, string?> zoneOf)
    {
        var serving = pod.ConditionIsTrue("Ready");
        var terminating = pod.IsDeleting();
        var endpoint = new JsonObject
        {
            ["addresses"] = new JsonArray(pod.Text("status", "podIP")),
            ["conditions"] = new JsonObject
            {
                ["ready"] = publishUnready || (serving && !terminating),
                ["serving"] = serving,
                ["terminating"] = terminating,
            },
            ["targetRef"] = new JsonObject { ["kind"] = "Pod", ["namespace"] = pod.Namespace(), ["name"] = pod.Name(), ["uid"] = pod.Uid() },
        };
        if (pod.Text("spec", "hostname") is { Length: > 0 } host) endpoint["hostname"] = host;
        if (pod.Text("spec", "nodeName") is not { Length: > 0 } node) return endpoint;
        endpoint["nodeName"] = node;
        if (zoneOf(node) is { } zone) endpoint["zone"] = zone;
        return endpoint;
    }
}
