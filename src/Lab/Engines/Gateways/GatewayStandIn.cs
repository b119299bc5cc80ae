using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Engines;

/// <summary>
/// What stands where the gateway would when the Lab was not told its program: connections go on to the engine as they are, its probes are answered,
/// and nothing of what it does to requests is done. Its log says so.
/// </summary>
/// <param name="start">The container.</param>
/// <param name="web">The web server behind all processes.</param>
/// <param name="log">The container's log.</param>
/// <param name="time">The Lab's clock.</param>
internal sealed class GatewayStandIn(ContainerStart start, PodWebServer web, ContainerLog log, TimeProvider time) : IContainerProcess
{
    private readonly TaskCompletionSource<ContainerExit> exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ServicePort? clients;
    private PodPort? admin;

    /// <inheritdoc/>
    public Task<ContainerExit> Exited => exited.Task;

    /// <inheritdoc/>
    public IPAddress PodAddress => start.Ip;

    /// <summary>Starts it.</summary>
    public void Begin()
    {
        log.Write("[nemotron-lab] The gateway does not run here: requests go on to the engine as they are. \"nemotron-lab up --gateway FILE\" runs it.");
        try
        {
            var line = GatewayLine.Read(start);
            var upstream = new Uri(line.Settings(start.Files, start.Ip).Upstream);
            clients = ServicePort.Open(new(start.Ip, line.Port), [new(IPAddress.Parse(upstream.Host), upstream.Port)]);
            admin = PodPort.Open(web.Transport, new(start.Ip, line.AdminPort), PortProtocol.Http, async http =>
            {
                http.Response.Headers.Server = "nemotron-lab (stand-in for the gateway)";
                var ready = http.Request.Path != "/readyz" || await AnswersAsync(upstream, http.RequestAborted);
                await JsonAnswer.TextAsync(http, http.Request.Path.Value is "/healthz" or "/readyz" or "/drain" or "/metrics" ? ready ? 200 : 503 : 404, "");
            });
        }
        catch (StartRefusedException refused)
        {
            foreach (var text in refused.Lines) log.Write(text);
            End(new(refused.ExitCode));
        }
        catch (SocketException taken)
        {
            log.Write($"error: {taken.Message}");
            End(new(1));
        }
    }

    /// <inheritdoc/>
    /// <remarks>What goes through it ends when the engine ends it.</remarks>
    public void Terminate()
    {
        if (clients is not { } port)
        {
            End(new(0));
            return;
        }

        port.StopListening();
        port.Ended.ContinueWith(_ => End(new(0)), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <inheritdoc/>
    public void End(ContainerExit exit)
    {
        if (!exited.TrySetResult(exit with { Message = log.Tail() })) return;
        clients?.Dispose();
        admin?.Dispose();
        log.Close();
    }

    /// <inheritdoc/>
    public Task<ExecResult> ExecAsync(IReadOnlyList<string> command, CancellationToken cancel) =>
        command.Count >= 2 && command[1] == "drain" ? Task.FromResult(new ExecResult(0, "")) : new SimulatedShell(start, time).RunAsync(command, cancel);

    /// <inheritdoc/>
    public void Observe(JsonObject pod)
    {
    }

    /// <inheritdoc/>
    public void Refresh(IReadOnlyDictionary<string, string> files)
    {
    }

    /// <inheritdoc/>
    public void SetReachable(bool reachable)
    {
        if (admin is not null) admin.Unreachable = !reachable;
    }

    private static async Task<bool> AnswersAsync(Uri upstream, CancellationToken cancel)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Parse(upstream.Host), upstream.Port, cancel);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
