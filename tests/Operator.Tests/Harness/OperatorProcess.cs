using System.Diagnostics;
using System.Text;

namespace Nemotron.Operator.Tests.Harness;

/// <summary>The operator as a process of its own, to be killed.</summary>
internal sealed class OperatorProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private OperatorProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>An operator.</summary>
    /// <remarks>In a Lab without engines nobody listens at a pod's address, and those lie beyond the loopback interface: engines are not asked unless the arguments say so.</remarks>
    public static OperatorProcess Start(params string[] arguments) =>
        Run(arguments.Any(argument => argument.StartsWith("--engine-health", StringComparison.Ordinal)) ? arguments : [.. arguments, "--engine-health=false"]);

    /// <summary>The program with these arguments and no others.</summary>
    public static OperatorProcess Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "nemotron-operator.dll"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        // Not the machine's own: a test says what it points at.
        start.Environment.Remove("KUBECONFIG");
        return new OperatorProcess(Process.Start(start)!);
    }

    public bool Ended => _process.HasExited;

    public string Output
    {
        get { lock (_output) return _output.ToString(); }
    }

    /// <summary>SIGKILL: no clean-up of any kind.</summary>
    public void Kill() => _process.Kill(entireProcessTree: true);

    /// <summary>SIGTERM, as Kubernetes stops a pod.</summary>
    public void Terminate()
    {
        using var kill = Process.Start("kill", $"-TERM {_process.Id}");
        kill.WaitForExit();
    }

    public async Task<int> ExitCodeAsync(TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit);
        await _process.WaitForExitAsync(timeout.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_output) _output.AppendLine(line);
    }
}
