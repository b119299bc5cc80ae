using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Nodes;

/// <summary>What a probe's answer decides.</summary>
internal enum ProbeKind
{
    /// <summary>Whether the container has started; the other two wait for it.</summary>
    Startup,

    /// <summary>Whether the pod gets traffic.</summary>
    Readiness,

    /// <summary>Whether the container is restarted.</summary>
    Liveness,
}

/// <summary>What a probe does.</summary>
internal abstract record ProbeAction
{
    /// <summary>GET; 200 to 399 is success.</summary>
    public sealed record Http(string? Host, int Port, string Path, bool Tls, IReadOnlyList<(string Name, string Value)> Headers) : ProbeAction;

    /// <summary>Connects.</summary>
    public sealed record Tcp(string? Host, int Port) : ProbeAction;

    /// <summary><c>grpc.health.v1.Health/Check</c>; SERVING is success.</summary>
    public sealed record Grpc(int Port, string Service) : ProbeAction;

    /// <summary>Runs a command in the container; exit code 0 is success.</summary>
    public sealed record Exec(IReadOnlyList<string> Command) : ProbeAction;

    /// <summary>The container has no port of the name that the probe gives.</summary>
    public sealed record Impossible(string Why) : ProbeAction;
}

/// <summary>A probe of a container.</summary>
/// <param name="Action">What it does.</param>
internal sealed record ProbeSpec(ProbeAction Action)
{
    /// <summary>From the container's start until the first one.</summary>
    public TimeSpan InitialDelay { get; init; }

    /// <summary>Between two.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After which silence is a failure.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How many successes in a row make one, 1 or more.</summary>
    public int SuccessThreshold { get; init; } = 1;

    /// <summary>How many failures in a row make one, 1 or more.</summary>
    public int FailureThreshold { get; init; } = 3;

    /// <summary>The grace period of a kill it causes; null for the pod's.</summary>
    public TimeSpan? Grace { get; init; }

    /// <summary>Reads a probe of a container as served.</summary>
    /// <param name="container">The container.</param>
    /// <param name="field"><c>startupProbe</c>, <c>readinessProbe</c> or <c>livenessProbe</c>.</param>
    /// <returns>Null when the container has none.</returns>
    public static ProbeSpec? Read(JsonObject container, string field)
    {
        if (container.Obj(field) is not { } probe) return null;
        return new(ActionOf(probe, container))
        {
            InitialDelay = Seconds(probe, "initialDelaySeconds") ?? TimeSpan.Zero,
            Period = Seconds(probe, "periodSeconds") ?? TimeSpan.FromSeconds(10),
            Timeout = Seconds(probe, "timeoutSeconds") ?? TimeSpan.FromSeconds(1),
            SuccessThreshold = (int)Math.Max(1, probe.Whole("successThreshold") ?? 1),
            FailureThreshold = (int)Math.Max(1, probe.Whole("failureThreshold") ?? 3),
            Grace = Seconds(probe, "terminationGracePeriodSeconds"),
        };
    }

    /// <summary>Reads the action of a probe or of a lifecycle hook.</summary>
    /// <param name="handler">The probe or hook.</param>
    /// <param name="container">The container whose ports a name means.</param>
    public static ProbeAction ActionOf(JsonObject handler, JsonObject container)
    {
        if (handler.Obj("httpGet") is { } http)
        {
            return Port(http.At("port"), container) is { } port
                ? new ProbeAction.Http(
                    http.Text("host"), port, Rooted(http.Text("path")), http.Text("scheme") == "HTTPS",
                    [.. http.Items("httpHeaders").Select(header => (header.Text("name") ?? "", header.Text("value") ?? ""))])
                : Unknown(http);
        }

        if (handler.Obj("tcpSocket") is { } tcp)
        {
            return Port(tcp.At("port"), container) is { } port ? new ProbeAction.Tcp(tcp.Text("host"), port) : Unknown(tcp);
        }

        if (handler.Obj("grpc") is { } grpc) return new ProbeAction.Grpc((int)(grpc.Whole("port") ?? 0), grpc.Text("service") ?? "");
        return new ProbeAction.Exec([.. handler.Texts("exec", "command")]);

        static ProbeAction.Impossible Unknown(JsonObject action) => new($"couldn't find port: {action.At("port")?.ToJsonString()}");
    }

    private static string Rooted(string? path) => path is null or "" ? "/" : path[0] == '/' ? path : "/" + path;

    private static int? Port(JsonNode? port, JsonObject container)
    {
        if (port.Whole() is { } number) return (int)number;
        if (port.Text() is not { } name) return null;
        if (int.TryParse(name, out var spelled)) return spelled;
        return (int?)container.Items("ports").FirstOrDefault(declared => declared.Text("name") == name).Whole("containerPort");
    }

    private static TimeSpan? Seconds(JsonObject probe, string field) => probe.Whole(field) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
}

/// <summary>The probes of a container.</summary>
internal sealed record ContainerProbes(ProbeSpec? Startup, ProbeSpec? Readiness, ProbeSpec? Liveness)
{
    /// <summary>Reads those of a container as served.</summary>
    public static ContainerProbes Read(JsonObject container) => new(
        ProbeSpec.Read(container, "startupProbe"), ProbeSpec.Read(container, "readinessProbe"), ProbeSpec.Read(container, "livenessProbe"));

    /// <summary>The probe of a kind, or null.</summary>
    public ProbeSpec? this[ProbeKind kind] => kind switch
    {
        ProbeKind.Startup => Startup,
        ProbeKind.Readiness => Readiness,
        _ => Liveness,
    };
}
