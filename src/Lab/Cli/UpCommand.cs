using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Nemotron.Lab.Api;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Cli;

/// <summary><c>nemotron-lab up</c>: runs a cluster until it is told to stop.</summary>
internal static class UpCommand
{
    /// <summary>Stopped as asked.</summary>
    public const int Ok = 0;

    /// <summary>The cluster could not be started: port taken, kubeconfig not writable.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The command, ready to be parsed.</summary>
    public static Command Create()
    {
        var kubeconfig = new Option<string>("--kubeconfig") { Description = "The kubeconfig file to write", Required = true, HelpName = "FILE" };
        var port = new Option<int>("--port") { Description = "The port of the API server on 127.0.0.1; 0 takes a free one", HelpName = "N" };
        port.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var given) && given is < 0 or > 65535) result.AddError($"--port {given}: a port is 0 to 65535");
        });
        var nodes = new Option<string>("--nodes")
        {
            Description = $"The nodes as COUNTxGPU:GPUS, comma-separated; GPUs known: {string.Join(", ", NodeGpu.Known.Select(type => type.Name))}; COUNTxCPU for nodes without",
            DefaultValueFactory = _ => "3xH100:8",
            HelpName = "LIST",
        };
        nodes.Validators.Add(result =>
        {
            try
            {
                if (result.Tokens.Count == 1) NodeSpec.ParseList(result.Tokens[0].Value);
            }
            catch (FormatException bad)
            {
                result.AddError("--nodes " + bad.Message);
            }
        });
        var clock = Speed("--clock-speed", "Seconds of the Lab per second: leases, back-offs and loading all run so much faster", 10_000);
        var load = Speed("--load-speed", "How many times faster engines load their weights (otherwise 2 GB/s and 5 s) and nodes download them (0.5 GB/s)", 1_000_000);
        var engines = new Option<LabEngines>("--engines")
        {
            Description = "What stands behind pods that run an engine: simulated (they listen, answer and fail at addresses of their own; Linux only) or none (they only take their time)",
            HelpName = "simulated|none",
            CustomParser = result => ParseEngines(result.Tokens[0].Value, result),
        };
        var gateway = new Option<string?>("--gateway")
        {
            Description = "The gateway's program, nemotron-gateway or nemotron-gateway.dll: run as a process for each gateway container; without it such containers pass requests on as they are",
            HelpName = "FILE",
        };
        gateway.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !File.Exists(result.Tokens[0].Value)) result.AddError($"--gateway {result.Tokens[0].Value}: there is no such file");
        });
        var with = new Option<LabAddOns>("--with")
        {
            Description = $"What to install beside Kubernetes, comma-separated: {string.Join(", ", AddOns.Keys)}",
            HelpName = "LIST",
            CustomParser = result => ParseAddOns(result.Tokens[0].Value, result),
        };
        var tls = new Option<bool>("--tls") { Description = "Serve HTTPS, with HTTP/2, under an authority that the kubeconfig names" };
        var authorization = new Option<AuthorizationMode>("--authorization")
        {
            Description = "AlwaysAllow, or RBAC: then credentials must be good and roles decide (implies --tls)",
            HelpName = "MODE",
            CustomParser = result => ParseMode(result.Tokens[0].Value, result),
        };
        var audit = new Option<string?>("--audit-log") { Description = "A file to append to: one audit.k8s.io/v1 Event in JSON a line", HelpName = "FILE" };
        var command = new Command("up", "Runs a Kubernetes control plane with simulated GPU nodes until Ctrl-C") { kubeconfig, port, nodes, clock, load, engines, gateway, with, tls, authorization, audit };
        command.SetAction((parsed, cancel) => RunAsync(
            new LabClusterOptions
            {
                Port = parsed.GetValue(port),
                Nodes = parsed.GetValue(nodes)!,
                ClockSpeed = parsed.GetValue(clock),
                LoadSpeed = parsed.GetValue(load),
                Engines = parsed.GetValue(engines),
                Gateway = parsed.GetValue(gateway) is { } program ? Path.GetFullPath(program) : null,
                With = parsed.GetValue(with),
                Tls = parsed.GetValue(tls),
                Authorization = parsed.GetValue(authorization),
                AuditFile = parsed.GetValue(audit),
                Log = new ErrorLog(parsed.InvocationConfiguration.Error),
            },
            parsed.GetValue(kubeconfig)!,
            parsed.InvocationConfiguration.Output,
            parsed.InvocationConfiguration.Error,
            cancel));
        return command;
    }

    private static readonly Dictionary<string, LabAddOns> AddOns = new(StringComparer.OrdinalIgnoreCase) { ["lws"] = LabAddOns.LeaderWorkerSets, ["cluster-api"] = LabAddOns.ClusterApi, ["karpenter"] = LabAddOns.Karpenter };

    private static LabEngines ParseEngines(string name, System.CommandLine.Parsing.ArgumentResult result)
    {
        if (Enum.TryParse<LabEngines>(name, ignoreCase: true, out var engines) && Enum.IsDefined(engines) && !char.IsDigit(name[0])) return engines;
        result.AddError($"--engines: unknown \"{name}\"; known are simulated, none");
        return LabEngines.None;
    }

    private static LabAddOns ParseAddOns(string list, System.CommandLine.Parsing.ArgumentResult result)
    {
        var found = LabAddOns.None;
        foreach (var name in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (AddOns.TryGetValue(name, out var addOn)) found |= addOn;
            else result.AddError($"--with: unknown \"{name}\"; known are {string.Join(", ", AddOns.Keys)}");
        }

        return found;
    }

    private static AuthorizationMode ParseMode(string name, System.CommandLine.Parsing.ArgumentResult result)
    {
        if (name.Equals("RBAC", StringComparison.OrdinalIgnoreCase)) return AuthorizationMode.Rbac;
        if (!name.Equals(nameof(AuthorizationMode.AlwaysAllow), StringComparison.OrdinalIgnoreCase)) result.AddError($"--authorization: unknown \"{name}\"; known are AlwaysAllow, RBAC");
        return AuthorizationMode.AlwaysAllow;
    }

    private static Option<double> Speed(string name, string description, double most)
    {
        var option = new Option<double>(name) { Description = description, DefaultValueFactory = _ => 1, HelpName = "N" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && double.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var given) && !(given > 0 && given <= most))
            {
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} {given}: a speed is above 0 and at most {most}"));
            }
        });
        return option;
    }

    private static async Task<int> RunAsync(LabClusterOptions options, string kubeconfig, TextWriter output, TextWriter error, CancellationToken cancel)
    {
        LabCluster cluster;
        try
        {
            cluster = await LabCluster.StartAsync(options, cancel).ConfigureAwait(false);
        }
        catch (IOException taken) when (taken.InnerException is SocketException or Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await error.WriteLineAsync($"error: port {options.Port} on 127.0.0.1 is in use: stop what listens there, or choose another with --port (0 takes a free one)").ConfigureAwait(false);
            return Failed;
        }
        catch (Exception unwritable) when (options.AuditFile is not null && unwritable is IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"error: cannot write the audit log {options.AuditFile}: {unwritable.Message} Choose another file with --audit-log").ConfigureAwait(false);
            return Failed;
        }
        catch (IOException impossible)
        {
            await error.WriteLineAsync($"error: {impossible.Message}").ConfigureAwait(false);
            return Failed;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return Ok;
        }

        await using (cluster)
        {
            var path = Path.GetFullPath(kubeconfig);
            try
            {
                cluster.WriteKubeconfig(path);
            }
            catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
            {
                await error.WriteLineAsync($"error: cannot write the kubeconfig {path}: {unwritable.Message} Choose another file with --kubeconfig").ConfigureAwait(false);
                return Failed;
            }

            await output.WriteLineAsync($"""
                nemotron-lab: a test bed, not a distribution. Nothing is kept: everything is gone when it stops.
                API server:   {cluster.Url}
                access:       {(options.Authorization == AuthorizationMode.Rbac ? "RBAC; the kubeconfig is the administrator's" : "whoever asks may do everything")}
                kubeconfig:   {path}
                nodes:        {string.Join(", ", NodeSpec.ParseList(options.Nodes))} (simulated)
                engines:      {Engines(cluster)}
                installed:    {(options.With == LabAddOns.None ? "nothing beside Kubernetes (see --with)" : string.Join(", ", AddOns.Where(addOn => options.With.HasFlag(addOn.Value)).Select(addOn => addOn.Key)))}
                clock:        {options.ClockSpeed.ToString(CultureInfo.InvariantCulture)}x, loading {options.LoadSpeed.ToString(CultureInfo.InvariantCulture)}x
                Try:          kubectl --kubeconfig {path} get nodes
                Ctrl-C stops it.
                """).ConfigureAwait(false);
            await output.FlushAsync(cancel).ConfigureAwait(false);
            var stopped = new TaskCompletionSource();
            using (cancel.Register(stopped.SetResult)) await stopped.Task.ConfigureAwait(false);
            await output.WriteLineAsync("nemotron-lab: stopped").ConfigureAwait(false);
            return Ok;
        }
    }

    private static string Engines(LabCluster cluster) => cluster.AddressRange is { } range
        ? $"simulated: they listen at pods' and Services' addresses ({range}, on this machine only), are probed and answer; no model is loaded. \"nemotron-lab fault\" lets them fail"
        : "simulated by time: pods become ready after the time their weights take to load; nothing listens behind them (--engines simulated has servers)";

    /// <summary>Writes warnings and faults to the standard error stream, one line each and the fault's trace below.</summary>
    private sealed class ErrorLog(TextWriter error) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            lock (error)
            {
                error.WriteLine($"{(logLevel == LogLevel.Warning ? "warning" : "error")}: {formatter(state, exception)}");
                if (exception is not null) error.WriteLine(exception);
            }
        }
    }
}
