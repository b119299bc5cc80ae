using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Nemotron.Runtime.Bench;

/// <summary>The operator as a process of its own, so that memory and CPU time are its own.</summary>
internal sealed class OperatorProcess : IAsyncDisposable
{
    private const double TicksPerSecond = 100;
    private readonly Process process;
    private readonly StringBuilder output = new();

    private OperatorProcess(Process process, DateTimeOffset startedAt)
    {
        this.process = process;
        StartedAt = startedAt;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>By the clock that was handed in.</summary>
    public DateTimeOffset StartedAt { get; }

    public bool Ended => process.HasExited;

    public string Output
    {
        get { lock (output) return output.ToString(); }
    }

    /// <summary>Resident bytes now.</summary>
    public long ResidentBytes => StatusKilobytes("VmRSS:") * 1024;

    /// <summary>The most bytes that were ever resident.</summary>
    public long PeakResidentBytes => StatusKilobytes("VmHWM:") * 1024;

    /// <summary>CPU time taken so far, user and system.</summary>
    public TimeSpan Cpu
    {
        get
        {
            // The second field is the name in brackets, which may hold spaces; utime and stime are the 14th and 15th.
            var text = File.ReadAllText($"/proc/{process.Id}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
            return TimeSpan.FromSeconds(ticks / TicksPerSecond);
        }
    }

    /// <summary>Starts it.</summary>
    /// <param name="program">The operator's executable.</param>
    /// <param name="kubeconfig">Where its API server is.</param>
    /// <param name="clock">The clock of <see cref="StartedAt"/>.</param>
    /// <param name="arguments">Further arguments.</param>
    public static OperatorProcess Start(string program, string kubeconfig, TimeProvider clock, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in (string[])["--kubeconfig", kubeconfig, "--metrics-port=0", "--health-port=0", "--webhook-port=0", "--engine-health=false", "--log-level=Warning", .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        // Not the machine's own: the command line says what it points at.
        start.Environment.Remove("KUBECONFIG");
        // As config/operator/deployment.yaml has it.
        start.Environment["DOTNET_GCgen0size"] = "0x400000";
        var at = clock.GetUtcNow();
        return new OperatorProcess(Process.Start(start)!, at);
    }

    /// <summary>SIGKILL: no clean-up of any kind.</summary>
    public void Kill() => process.Kill();

    /// <summary>SIGTERM, as Kubernetes stops a pod.</summary>
    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private long StatusKilobytes(string field)
    {
        var line = File.ReadLines($"/proc/{process.Id}/status").First(l => l.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line[field.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (output) output.AppendLine(line);
    }
}
