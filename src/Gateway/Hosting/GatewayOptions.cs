using System.CommandLine;

namespace Nemotron.Gateway.Hosting;

/// <summary>What is fixed for the life of the process: the rest is in the settings file.</summary>
/// <param name="Config">Path of the settings file.</param>
/// <param name="Address">The address to listen on for clients and for the admin port.</param>
/// <param name="Port">Port for clients; 0 takes a free one.</param>
/// <param name="AdminPort">Port of metrics, probes and drain; 0 takes a free one.</param>
/// <param name="MaxHeaderBytes">Most bytes of a request's headers.</param>
/// <param name="LogLevel">The least severe lines to write.</param>
/// <param name="LogJson">One JSON object a line.</param>
internal sealed record GatewayOptions(string Config, string Address, int Port, int AdminPort, int MaxHeaderBytes, LogLevel LogLevel, bool LogJson);

/// <summary>The gateway's command line. Every option is also taken from the environment: <c>--admin-port</c> from <c>NEMOTRON_GATEWAY_ADMIN_PORT</c>.</summary>
internal static class GatewayCommandLine
{
    private const int DefaultAdminPort = 9464;

    /// <summary>The command.</summary>
    /// <param name="run">Serves until told to stop; returns the exit code.</param>
    /// <param name="check">Reads a settings file; returns the exit code.</param>
    /// <param name="drain">Has the gateway at an admin port drained; returns the exit code.</param>
    public static RootCommand Build(
        Func<GatewayOptions, CancellationToken, Task<int>> run, Func<string, int> check, Func<int, CancellationToken, Task<int>> drain)
    {
        var config = new Option<string?>("--config") { Description = "The settings file (docs/reasoning.md). Changes of it are taken while the gateway runs." };
        config.DefaultValueFactory = _ => Variable(config.Name);
        var address = Text("--address", "0.0.0.0", "The address to listen on.");
        var port = Whole("--port", 8000, 0, 65535, "Port for clients.");
        var adminPort = Whole("--admin-port", DefaultAdminPort, 0, 65535, "Port of /metrics, /healthz, /readyz, /settings and /drain.");
        var headers = Whole("--max-header-bytes", 32768, 1024, 1 << 20, "Most bytes of a request's headers.");
        var level = Text("--log-level", "Information", "The least severe lines to write: Trace, Debug, Information, Warning, Error.");
        level.Validators.Add(result =>
        {
            if (!Enum.TryParse<LogLevel>(result.GetValueOrDefault<string>(), out _)) result.AddError("--log-level must be Trace, Debug, Information, Warning or Error.");
        });
        var json = new Option<bool>("--log-json") { Description = "Write one JSON object a line." };
        json.DefaultValueFactory = _ => Variable(json.Name) == "true";

        var root = new RootCommand("The sidecar that makes the declared reasoning mode what the model really does.")
        {
            config, address, port, adminPort, headers, level, json,
        };
        root.SetAction((parsed, cancellationToken) => parsed.GetValue(config) is { } file
            ? run(
                new GatewayOptions(
                    file, parsed.GetValue(address)!, parsed.GetValue(port), parsed.GetValue(adminPort), parsed.GetValue(headers),
                    Enum.Parse<LogLevel>(parsed.GetValue(level)!), parsed.GetValue(json)),
                cancellationToken)
            : Missing());

        var file = new Argument<string>("file") { Description = "The settings file." };
        var checkCommand = new Command("check", "Reads a settings file and says what is wrong with it.") { file };
        checkCommand.SetAction(parsed => check(parsed.GetValue(file)!));
        root.Subcommands.Add(checkCommand);

        var drainPort = Whole("--admin-port", DefaultAdminPort, 1, 65535, "Admin port of the gateway to drain.");
        var drainCommand = new Command("drain", "For preStop: has the gateway of this pod refuse new requests, and ends when those in flight have.") { drainPort };
        drainCommand.SetAction((parsed, cancellationToken) => drain(parsed.GetValue(drainPort), cancellationToken));
        root.Subcommands.Add(drainCommand);
        return root;
    }

    private static Task<int> Missing()
    {
        Console.Error.WriteLine("error: --config is required.");
        return Task.FromResult(2);
    }

    private static Option<string> Text(string name, string value, string description) =>
        new(name) { Description = description, DefaultValueFactory = _ => Variable(name) ?? value };

    private static Option<int> Whole(string name, int value, int min, int max, string description)
    {
        var option = new Option<int>(name) { Description = description };
        option.DefaultValueFactory = result =>
        {
            if (Variable(name) is not { } text) return value;
            if (int.TryParse(text, out var given)) return given;
            result.AddError($"{VariableOf(name)} must be a whole number, not '{text}'.");
            return value;
        };
        option.Validators.Add(result =>
        {
            var given = result.GetValueOrDefault<int>();
            if (given < min || given > max) result.AddError($"{name} must be between {min} and {max}.");
        });
        return option;
    }

    private static string? Variable(string option) => Environment.GetEnvironmentVariable(VariableOf(option));

    private static string VariableOf(string option) => "NEMOTRON_GATEWAY_" + option.TrimStart('-').Replace('-', '_').ToUpperInvariant();
}
