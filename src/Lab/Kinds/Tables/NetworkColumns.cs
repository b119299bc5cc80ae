using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds.Tables;

/// <summary>How services and what lies around them are shown.</summary>
internal static class NetworkColumns
{
    private const int EndpointsShown = 3;

    /// <summary>Services.</summary>
    public static IReadOnlyList<TableColumn> Service { get; } =
    [
        Columns.Name,
        Columns.Text("Type", "How the service is exposed.", obj => obj.TextAt("spec", "type")),
        Columns.Text("Cluster-IP", "The address inside the cluster.", obj => obj.TextAt("spec", "clusterIP") is { Length: > 0 } ip ? ip : "<none>"),
        Columns.Text("External-IP", "Addresses from outside the cluster.", External),
        Columns.Text("Port(s)", "The ports served.", Ports),
        Columns.Age,
        Columns.Text("Selector", "Which pods serve.", obj => Columns.OrNone(obj.EntriesAt("spec", "selector").Select(entry => $"{entry.Key}={entry.Value}")), 1),
    ];

    /// <summary>Endpoints.</summary>
    public static IReadOnlyList<TableColumn> Endpoints { get; } =
    [
        Columns.Name,
        Columns.Text("Endpoints", "Addresses and ports that serve.", obj => Few(
            from subset in obj.ObjectsAt("subsets")
            from address in subset.ObjectsAt("addresses")
            from port in subset.ObjectsAt("ports").DefaultIfEmpty()
            select port is null ? address.TextAt("ip") ?? "" : $"{address.TextAt("ip")}:{port.NumberAt("port")}")),
        Columns.Age,
    ];

    /// <summary>EndpointSlices.</summary>
    public static IReadOnlyList<TableColumn> EndpointSlice { get; } =
    [
        Columns.Name,
        Columns.Text("AddressType", "The kind of addresses.", obj => obj.TextAt("addressType")),
        Columns.Text("Ports", "The ports served.", obj => obj.ObjectsAt("ports").Any() ? Few(obj.ObjectsAt("ports").Select(port => port.NumberAt("port")?.ToString() ?? "*")) : "<unset>"),
        Columns.Text("Endpoints", "Addresses that serve.", obj => obj.ObjectsAt("endpoints").Any() ? Few(obj.ObjectsAt("endpoints").SelectMany(endpoint => endpoint.TextsAt("addresses"))) : "<unset>"),
        Columns.Age,
    ];

    /// <summary>Ingresses.</summary>
    public static IReadOnlyList<TableColumn> Ingress { get; } =
    [
        Columns.Name,
        Columns.Text("Class", "Which controller serves it.", obj => obj.TextAt("spec", "ingressClassName") ?? "<none>"),
        Columns.Text("Hosts", "Hosts that are routed.", obj => Hosts(obj)),
        Columns.Text("Address", "Where it is reached.", obj => string.Join(',', obj.ObjectsAt("status", "loadBalancer", "ingress").Select(at => at.TextAt("ip") ?? at.TextAt("hostname")))),
        Columns.Text("Ports", "80, and 443 with TLS.", obj => obj.ObjectsAt("spec", "tls").Any() ? "80, 443" : "80"),
        Columns.Age,
    ];

    /// <summary>NetworkPolicies.</summary>
    public static IReadOnlyList<TableColumn> NetworkPolicy { get; } =
    [
        Columns.Name,
        Columns.Text("Pod-Selector", "Which pods the policy is about.", obj => Columns.SelectorText(obj.ObjectAt("spec", "podSelector"))),
        Columns.Age,
    ];

    private static string External(JsonObject service)
    {
        var assigned = service.ObjectsAt("status", "loadBalancer", "ingress").Select(at => at.TextAt("ip") ?? at.TextAt("hostname") ?? "");
        var given = service.TextsAt("spec", "externalIPs");
        return service.TextAt("spec", "type") switch
        {
            "ExternalName" => service.TextAt("spec", "externalName") ?? "<none>",
            "LoadBalancer" => Columns.OrNone(assigned.Concat(given)) is var all && all == "<none>" ? "<pending>" : all,
            _ => Columns.OrNone(given),
        };
    }

    private static string Ports(JsonObject service) => Columns.OrNone(service.ObjectsAt("spec", "ports").Select(port =>
        port.NumberAt("nodePort") is { } node and not 0
            ? $"{port.NumberAt("port")}:{node}/{port.TextAt("protocol")}"
            : $"{port.NumberAt("port")}/{port.TextAt("protocol")}"));

    private static string Hosts(JsonObject ingress)
    {
        string[] hosts = [.. ingress.ObjectsAt("spec", "rules").Select(rule => rule.TextAt("host")).OfType<string>()];
        return hosts.Length == 0 ? "*" : Few(hosts);
    }

    private static string Few(IEnumerable<string> items)
    {
        string[] all = [.. items];
        if (all.Length == 0) return "<none>";
        var shown = string.Join(',', all.Take(EndpointsShown));
        return all.Length > EndpointsShown ? $"{shown} + {all.Length - EndpointsShown} more..." : shown;
    }
}
