using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;
using Nemotron.Lab.Nodes;
using Nemotron.Planning;

namespace Nemotron.Lab.Engines;

/// <summary>What a gateway's container is told: its settings file and its ports, from the command line or the environment.</summary>
/// <param name="Config">Path of the settings file in the container.</param>
/// <param name="Port">The clients' port.</param>
/// <param name="AdminPort">The port of metrics, probes and drain.</param>
internal sealed record GatewayLine(string Config, int Port, int AdminPort)
{
    private const string Program = "nemotron-gateway";

    /// <summary>Whether a container as served runs the gateway: by its command, or by its image where it has none.</summary>
    public static bool IsGateway(JsonObject container)
    {
        if (container.Texts("command").FirstOrDefault() is { } command) return command[(command.LastIndexOf('/') + 1)..] == Program;
        var image = container.Text("image") ?? "";
        var name = image[(image.LastIndexOf('/') + 1)..];
        return name == Program || name.StartsWith(Program + ":", StringComparison.Ordinal) || name.StartsWith(Program + "@", StringComparison.Ordinal);
    }

    /// <summary>Reads it.</summary>
    /// <exception cref="StartRefusedException">There is no settings file.</exception>
    public static GatewayLine Read(ContainerStart start)
    {
        var options = ParsedOptions.Read([ProgramOption.Of("--config"), ProgramOption.Of("--port"), ProgramOption.Of("--admin-port")], start.CommandLine);
        var config = Value("--config") ?? throw new StartRefusedException(2, "error: --config is required.");
        return new(config, Number("--port", 8000), Number("--admin-port", 9464));

        string? Value(string name) => options[name] ?? start.Environment.GetValueOrDefault("NEMOTRON_GATEWAY_" + name.TrimStart('-').Replace('-', '_').ToUpperInvariant());

        int Number(string name, int usual) => int.TryParse(Value(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : usual;
    }

    /// <summary>The settings, with the pod's localhost put in place of the machine's.</summary>
    /// <param name="files">The container's files.</param>
    /// <param name="pod">The pod's address.</param>
    /// <exception cref="StartRefusedException">The file is not there or wrong; the message is the gateway's own.</exception>
    public GatewaySettings Settings(IReadOnlyDictionary<string, string> files, IPAddress pod)
    {
        if (!files.TryGetValue(Config, out var text)) throw new StartRefusedException(1, $"error: Could not find file '{Config}'. (The container has the files of its ConfigMaps and Secrets only.)");
        try
        {
            var settings = GatewaySettingsYaml.Parse(Config, text);
            return settings with { Upstream = OnPod(settings.Upstream), Triton = settings.Triton is { } triton ? triton with { Grpc = OnPod(triton.Grpc) } : null };
        }
        catch (CatalogueException wrong)
        {
            throw new StartRefusedException(1, $"error: {wrong.Message}");
        }

        string OnPod(string address)
        {
            var there = new UriBuilder(address);
            if (there.Host is "localhost" or "127.0.0.1") there.Host = LabNetwork.LocalhostOf(pod).ToString();
            return $"{there.Scheme}://{there.Host}:{there.Port}";
        }
    }
}
