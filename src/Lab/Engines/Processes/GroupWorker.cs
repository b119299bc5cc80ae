using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Engines;

/// <summary>
/// A pod that computes for another (<c>mpi_group.py join</c>): it joins its leader, serves nobody, and ends when the leader does. Told to end, it
/// waits for the leader.
/// </summary>
#pragma warning disable CA1001 // A token source without a timer holds nothing.
internal sealed class GroupWorker : IContainerProcess
#pragma warning restore CA1001
{
    // What keep-alive on the connection takes to notice a machine that is gone: 10 s, then four times 5 s.
    private static readonly TimeSpan SilenceNoticed = TimeSpan.FromSeconds(30);

    private readonly ContainerStart start;
    private readonly ContainerLog log;
    private readonly GroupWorld world;
    private readonly TimeProvider time;
    private readonly int index;
    private readonly CancellationTokenSource ended = new();
    private readonly TaskCompletionSource<ContainerExit> exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private CancellationTokenSource? silence;

    /// <summary>A worker of a group.</summary>
    /// <param name="start">The container.</param>
    /// <param name="log">Its log.</param>
    /// <param name="world">The group's world.</param>
    /// <param name="time">The Lab's clock.</param>
    public GroupWorker(ContainerStart start, ContainerLog log, GroupWorld world, TimeProvider time)
    {
        this.start = start;
        this.log = log;
        this.world = world;
        this.time = time;
        index = int.TryParse(start.Environment.GetValueOrDefault("LWS_WORKER_INDEX"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }

    /// <inheritdoc/>
    public Task<ContainerExit> Exited => exited.Task;

    /// <inheritdoc/>
    public IPAddress PodAddress => start.Ip;

    /// <summary>Starts it.</summary>
    public void Begin()
    {
        log.Write("[nemotron-lab] This worker is simulated: it computes nothing.");
        log.Write($"group: worker {index} joined {start.Environment.GetValueOrDefault("LWS_LEADER_ADDRESS")}");
        world.Join(index);
        _ = RunAsync();
    }

    /// <inheritdoc/>
    public void Terminate() => log.Write("group: asked to stop: waiting for the leader to end its requests");

    /// <inheritdoc/>
    public void End(ContainerExit exit)
    {
        if (!exited.TrySetResult(exit with { Message = log.Tail() })) return;
        ended.Cancel();
        world.Lose(index);
        log.Close();
    }

    /// <inheritdoc/>
    public Task<ExecResult> ExecAsync(IReadOnlyList<string> command, CancellationToken cancel) => new SimulatedShell(start, time).RunAsync(command, cancel);

    /// <inheritdoc/>
    public void Observe(JsonObject pod)
    {
    }

    /// <inheritdoc/>
    public void Refresh(IReadOnlyDictionary<string, string> files)
    {
        // Read once, when it starts.
    }

    /// <inheritdoc/>
    public void SetReachable(bool reachable)
    {
        lock (gate)
        {
            if (reachable)
            {
                silence?.Cancel();
                silence = null;
            }
            else if (silence is null)
            {
                silence = CancellationTokenSource.CreateLinkedTokenSource(ended.Token);
                _ = LoseAsync(silence.Token);
            }
        }
    }

    private async Task LoseAsync(CancellationToken cancel)
    {
        try
        {
            await Task.Delay(SilenceNoticed, time, cancel);
            world.Lose(index);
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task RunAsync()
    {
        try
        {
            var orderly = await world.LeaderEndedAsync(ended.Token);
            log.Write(orderly ? "group: the leader has ended" : "group: the leader is gone");
            End(new(orderly ? 0 : 1));
        }
        catch (OperationCanceledException)
        {
        }
    }
}
