using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Nemotron.Engines.Protos.Health;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Engines;

/// <summary>
/// Commands run in a simulated container, as exec probes and hooks do. Known: <c>true</c>, <c>false</c>, <c>echo</c>, <c>sleep</c>, <c>cat</c>,
/// <c>test -e|-f|-r|-s</c> (or <c>[</c>), <c>curl</c>, <c>wget</c>, <c>grpc_health_probe</c>, <c>kill</c> of process 1 (without effect), and <c>sh -c</c> of
/// these with <c>&amp;&amp;</c>, <c>||</c> and <c>;</c>. Any other is "not found" (127), and says so.
/// </summary>
/// <param name="start">The container.</param>
/// <param name="time">The Lab's clock.</param>
internal sealed class SimulatedShell(ContainerStart start, TimeProvider time)
{
    private const string Known = "true, false, echo, sleep, cat, test, curl, wget, grpc_health_probe, kill, sh -c, and the operator's python3 …/grpc_health.py PORT";

    /// <summary>Runs a command.</summary>
    /// <param name="command">The command and its arguments.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<ExecResult> RunAsync(IReadOnlyList<string> command, CancellationToken cancel)
    {
        if (command.Count == 0) return new(1, "no command");
        var name = command[0][(command[0].LastIndexOf('/') + 1)..];
        switch (name)
        {
            case "sh" or "bash" or "ash" when command.Count >= 3 && command[1].StartsWith('-') && command[1].EndsWith('c'):
                return await ScriptAsync(command[2], cancel);
            case "true" or ":" or "kill":
                return new(0, "");
            case "false":
                return new(1, "");
            case "exec":
                return await RunAsync([.. command.Skip(1)], cancel);
            case "echo":
                return new(0, string.Join(' ', command.Skip(1)) + "\n");
            case "sleep" when command.Count == 2 && double.TryParse(command[1].TrimEnd('s'), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and < 1e6:
                await Task.Delay(TimeSpan.FromSeconds(seconds), time, cancel);
                return new(0, "");
            case "cat" when command.Count == 2:
                return start.Files.TryGetValue(command[1], out var text) ? new(0, text) : new(1, $"cat: {command[1]}: No such file or directory");
            case "test" or "[" when command.Count >= 3 && command[1] is "-e" or "-f" or "-r" or "-s":
                return new(start.Files.ContainsKey(command[2]) ? 0 : 1, "");
            case "curl" or "wget":
                return await FetchAsync(name, command, cancel);
            case "grpc_health_probe":
                return await CheckAsync(command, cancel);
            case "python3" or "python" when command.Count == 3 && command[1].EndsWith("grpc_health.py", StringComparison.Ordinal) && start.Files.ContainsKey(command[1]):
                return await AskTrtLlmAsync(command[2], cancel);
            default:
                return new(127, $"exec: \"{command[0]}\": executable file not found in $PATH (the container is simulated and knows {Known})");
        }
    }

    private async Task<ExecResult> ScriptAsync(string script, CancellationToken cancel)
    {
        var result = new ExecResult(0, "");
        var output = "";
        var command = new List<string>();
        var skip = false;
        foreach (var word in ShellWords.Split(script).Append(";"))
        {
            if (word is not ("&&" or "||" or ";" or "|"))
            {
                command.Add(word);
                continue;
            }

            if (command.Count > 0 && !skip)
            {
                result = await RunAsync(command, cancel);
                output += result.Output;
            }

            command.Clear();
            skip = word switch
            {
                "&&" => result.Code != 0,
                "||" => result.Code == 0,
                _ => false,
            };
        }

        return result with { Output = output };
    }

    private async Task<ExecResult> FetchAsync(string name, IReadOnlyList<string> command, CancellationToken cancel)
    {
        if (command.FirstOrDefault(word => word.Contains("://", StringComparison.Ordinal) || word.StartsWith("localhost", StringComparison.Ordinal)) is not { } target)
            return new(2, $"{name}: no URL given");
        if (!target.Contains("://", StringComparison.Ordinal)) target = "http://" + target;
        var method = command.Any(word => word is "-XPOST" or "--post-data" || word.StartsWith("--post-data=", StringComparison.Ordinal)) || Following(command, "-X") == "POST" || Following(command, "--request") == "POST" ? HttpMethod.Post : HttpMethod.Get;
        var failsOnStatus = name == "wget" || command.Any(word => word is "--fail" || (word.Length > 1 && word[0] == '-' && word[1] != '-' && word.Contains('f', StringComparison.Ordinal)));
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
        try
        {
            using var request = new HttpRequestMessage(method, Localised(new Uri(target)));
            using var response = await client.SendAsync(request, cancel);
            if (failsOnStatus && !response.IsSuccessStatusCode) return new(name == "wget" ? 8 : 22, $"{name}: The requested URL returned error: {(int)response.StatusCode}");
            return new(0, await response.Content.ReadAsStringAsync(cancel));
        }
        catch (HttpRequestException refused)
        {
            return new(name == "wget" ? 4 : 7, $"{name}: Failed to connect: {(refused.InnerException as SocketException)?.Message ?? refused.Message}");
        }
    }

    private async Task<ExecResult> CheckAsync(IReadOnlyList<string> command, CancellationToken cancel)
    {
        var address = command.Select(word => word.Split('=')).FirstOrDefault(pair => pair is ["-addr" or "--addr", _])?[1] ?? Following(command, "-addr") ?? ":0";
        if (address.StartsWith(':')) address = "localhost" + address;
        using var channel = GrpcChannel.ForAddress(Localised(new Uri("http://" + address)), new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { UseProxy = false }, DisposeHttpClient = true });
        try
        {
            var answer = await new Health.HealthClient(channel).CheckAsync(new(), cancellationToken: cancel);
            return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving ? new(0, "status: SERVING") : new(4, $"service unhealthy (responded with \"{answer.Status}\")");
        }
        catch (RpcException fault)
        {
            return new(fault.StatusCode == StatusCode.Unavailable ? 2 : 3, $"error: {fault.Status.Detail}");
        }
    }

    // The operator's own script: trtllm-serve's gRPC has no health service of the usual kind.
    private async Task<ExecResult> AskTrtLlmAsync(string port, CancellationToken cancel)
    {
        using var channel = GrpcChannel.ForAddress(Localised(new Uri($"http://127.0.0.1:{port}")), new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { UseProxy = false }, DisposeHttpClient = true });
        try
        {
            var answer = await new Nemotron.Engines.Protos.TrtLlm.TrtllmService.TrtllmServiceClient(channel).HealthCheckAsync(new(), cancellationToken: cancel);
            return answer.Status == "OK" ? new(0, "") : new(1, $"not well: {answer.Status}");
        }
        catch (RpcException fault)
        {
            return new(1, $"grpc.RpcError: {fault.Status.Detail}");
        }
    }

    // What the container calls localhost has an address of its own here.
    private Uri Localised(Uri url) => url.Host is "localhost" or "127.0.0.1" or "0.0.0.0"
        ? new UriBuilder(url) { Host = LocalhostOrPod(url.Port).ToString() }.Uri
        : url;

    private IPAddress LocalhostOrPod(int port)
    {
        var local = LabNetwork.LocalhostOf(start.Ip);
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Connect(local, port);
            return local;
        }
        catch (SocketException)
        {
            // A process that listens on every address may have opened the pod's only.
            return start.Ip;
        }
    }

    private static string? Following(IReadOnlyList<string> command, string option)
    {
        for (var i = 0; i + 1 < command.Count; i++)
        {
            if (command[i] == option) return command[i + 1];
        }

        return null;
    }
}
