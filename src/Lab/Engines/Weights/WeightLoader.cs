using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Engines;

/// <summary>
/// The operator's <c>weights.py</c>: puts a checkpoint on the node's disk, once, whoever asks first. Nothing is downloaded: it takes the time that half a gigabyte
/// a second would, and the node's disk never fills.
/// </summary>
#pragma warning disable CA1001 // A token source without a timer holds nothing.
internal sealed class WeightLoader(ContainerStart start, ContainerLog log, NodeDisks disks, TimeProvider time) : IContainerProcess
#pragma warning restore CA1001
{
    private const string Script = "/weights.py";
    private const double BytesPerSecond = 0.5e9;

    // What a container without GPUs takes to start (EngineLoadTimes) tells how many times faster than usual everything loads.
    private static readonly TimeSpan UsualStart = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource<ContainerExit> exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource ended = new();

    /// <inheritdoc/>
    public Task<ContainerExit> Exited => exited.Task;

    /// <inheritdoc/>
    public IPAddress PodAddress => start.Ip;

    /// <summary>Whether a container runs it.</summary>
    public static bool Is(JsonObject container) => container.Texts("command").Any(word => word.EndsWith(Script, StringComparison.Ordinal));

    /// <summary>Starts it.</summary>
    public void Begin() => _ = RunAsync();

    /// <inheritdoc/>
    public void Terminate() => End(new(143));

    /// <inheritdoc/>
    public void End(ContainerExit exit)
    {
        if (!exited.TrySetResult(exit with { Message = log.Tail() })) return;
        ended.Cancel();
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
        // Nobody speaks to it.
    }

    private async Task RunAsync()
    {
        var words = start.CommandLine.ToList();
        var script = words.FindIndex(word => word.EndsWith(Script, StringComparison.Ordinal));
        var (cache, folder) = (Option("--cache"), Option("--as"));
        if (words.ElementAtOrDefault(script + 1) is not { } repository || cache is null || folder is null
            || !double.TryParse(Option("--bytes"), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes))
        {
            log.Write("usage: weights.py [-h] [--revision REVISION] --cache CACHE --as FOLDER --bytes BYTES [--keep KEEP] repository");
            End(new(2));
            return;
        }

        if (!start.Files.ContainsKey(words[script]))
        {
            log.Write($"python3: can't open file '{words[script]}': [Errno 2] No such file or directory");
            End(new(2));
            return;
        }

        var node = start.Node?.Name() ?? "";
        var path = NodeDisks.PathOnNode(start.Pod, start.Container, $"{cache}/{folder}");
        try
        {
            await PutAsync(node, path, repository, folder, bytes);
            End(new(0));
        }
        catch (OperationCanceledException)
        {
            // Killed while it waited or downloaded.
        }

        string? Option(string name) => words.IndexOf(name) is >= 0 and var at ? words.ElementAtOrDefault(at + 1) : null;
    }

    private async Task PutAsync(string node, string? path, string repository, string folder, double bytes)
    {
        log.Write("[nemotron-lab] This download is simulated: nothing is asked for and nothing is written.");
        // Without a directory of the node behind it, what is downloaded goes with the pod.
        var turn = path is null ? new SemaphoreSlim(1) : disks.LockOf(node, path);
        if (!await turn.WaitAsync(TimeSpan.Zero, ended.Token))
        {
            log.Write("weights: another pod of this node downloads them: waiting for it");
            await turn.WaitAsync(ended.Token);
        }

        try
        {
            if (path is not null && disks.Has(node, path))
            {
                log.Write($"weights: {folder} is there already");
                return;
            }

            log.Write(string.Create(CultureInfo.InvariantCulture, $"weights: downloading {repository}, {bytes / 1e9:0.0} GB"));
            await Task.Delay(TimeSpan.FromSeconds(bytes / BytesPerSecond) * (start.Load / UsualStart), time, ended.Token);
            if (path is not null) disks.Put(node, path);
            log.Write($"weights: {folder} is there");
        }
        finally
        {
            turn.Release();
        }
    }
}
