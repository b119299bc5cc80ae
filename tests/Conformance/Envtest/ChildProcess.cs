using System.ComponentModel;
using System.Diagnostics;

namespace Nemotron.Conformance.Envtest;

/// <summary>A program that runs beside this one and ends with it; its last lines are kept for the day it fails.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int LinesKept = 12;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan OneAnswer = TimeSpan.FromSeconds(5);
    private readonly Process process;
    private readonly Queue<string> errors = new();
    private readonly Queue<string> output = new();
    private readonly Task reading;
    private bool over;

    private ChildProcess(string name, Process process, int kept)
    {
        Name = name;
        this.process = process;
        reading = Task.WhenAll(KeepAsync(process.StandardError, errors, kept), KeepAsync(process.StandardOutput, output, kept));
    }

    /// <summary>The program's name.</summary>
    public string Name { get; }

    /// <summary>Starts a program.</summary>
    /// <exception cref="EnvtestFault">It is no program of this machine.</exception>
    public static ChildProcess Start(string path, IReadOnlyList<string> flags) => Start(path, flags, LinesKept);

    /// <summary>What a program prints when run with one flag, on either stream; it must end by itself.</summary>
    /// <exception cref="EnvtestFault">It is no program of this machine.</exception>
    public static async Task<string> OutputAsync(string path, string flag, TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        await using var once = Start(path, [flag], int.MaxValue);
        using var limit = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            await once.process.WaitForExitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new EnvtestFault($"{path} {flag} did not end within {patience.TotalSeconds:0.#} s: is it the program that its name says?");
        }
        await once.reading;
        return string.Join('\n', once.output.Concat(once.errors));
    }

    /// <summary>Waits until an address answers with success.</summary>
    /// <param name="client">How to ask.</param>
    /// <param name="url">What.</param>
    /// <param name="patience">How long.</param>
    /// <param name="time">By which clock.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="EnvtestFault">The program ended, or took longer.</exception>
    public async Task UntilReadyAsync(HttpClient client, Uri url, TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        var deadline = time.GetUtcNow() + patience;
        while (true)
        {
            if (process.HasExited) throw new EnvtestFault($"{Name} ended with exit code {process.ExitCode} before it was ready. {await LastLinesAsync()}");
            string answer = await AskAsync(client, url, time, cancel);
            if (answer.Length == 0) return;
            if (time.GetUtcNow() >= deadline)
            {
                await DisposeAsync();
                throw new EnvtestFault($"{Name} was not ready within {patience.TotalSeconds:0.#} s: {url} {answer}. {await LastLinesAsync()}");
            }
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            await Task.WhenAny(process.WaitForExitAsync(stop.Token), Task.Delay(BetweenLooks, time, stop.Token));
            await stop.CancelAsync();
            cancel.ThrowIfCancellationRequested();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (over) return;
        over = true;
        // Its data goes too, so there is nothing to put in order first.
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        await reading;
        process.Dispose();
    }

    private static ChildProcess Start(string path, IReadOnlyList<string> flags, int kept)
    {
        var start = new ProcessStartInfo(path, flags) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            return new(Path.GetFileName(path), Process.Start(start)!, kept);
        }
        catch (Win32Exception refused)
        {
            throw new EnvtestFault($"{path} cannot be started: {refused.Message}");
        }
    }

    /// <summary>Empty when all is well, or what came instead.</summary>
    private static async Task<string> AskAsync(HttpClient client, Uri url, TimeProvider time, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(OneAnswer, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            using var response = await client.GetAsync(url, either.Token);
            return response.IsSuccessStatusCode ? "" : $"answers {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(either.Token)}";
        }
        catch (HttpRequestException none)
        {
            return $"cannot be reached: {none.Message} {none.InnerException?.Message}".TrimEnd();
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return $"does not answer within {OneAnswer.TotalSeconds:0.#} s";
        }
    }

    private async Task<string> LastLinesAsync()
    {
        await reading;
        var lines = errors.Count > 0 ? errors : output;
        return lines.Count == 0 ? "It said nothing." : "It said last:\n  " + string.Join("\n  ", lines);
    }

    private static async Task KeepAsync(StreamReader stream, Queue<string> lines, int kept)
    {
        while (await stream.ReadLineAsync() is { } line)
        {
            if (lines.Count == kept) lines.Dequeue();
            lines.Enqueue(line);
        }
    }
}
