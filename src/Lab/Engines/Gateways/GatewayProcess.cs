using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Nemotron.Lab.Nodes;
using Nemotron.Planning;

namespace Nemotron.Lab.Engines;

/// <summary>
/// The real gateway beside a simulated engine: a process of this machine that listens at the pod's address. Its files are written to a folder of its
/// own, and written anew when their ConfigMaps change.
/// </summary>
internal sealed class GatewayProcess : IContainerProcess, IDisposable
{
    private readonly ContainerStart start;
    private readonly ContainerLog log;
    private readonly string program;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("nemotron-lab-gateway-");
    private readonly TaskCompletionSource<ContainerExit> exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private GatewayLine? line;
    private Process? process;
    private ContainerExit? forced;

    /// <summary>A gateway that <see cref="Begin"/> starts.</summary>
    /// <param name="start">The container.</param>
    /// <param name="program">The gateway's program: <c>nemotron-gateway</c> or <c>nemotron-gateway.dll</c>.</param>
    /// <param name="log">The container's log.</param>
    /// <param name="time">The Lab's clock.</param>
    public GatewayProcess(ContainerStart start, string program, ContainerLog log, TimeProvider time)
    {
        this.start = start;
        this.program = program;
        this.log = log;
        this.time = time;
    }

    /// <inheritdoc/>
    public Task<ContainerExit> Exited => exited.Task;

    /// <inheritdoc/>
    public IPAddress PodAddress => start.Ip;

    /// <summary>Starts it.</summary>
    public void Begin()
    {
        try
        {
            line = GatewayLine.Read(start);
            Write(start.Files);
            var info = new ProcessStartInfo(program.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) ? "dotnet" : program)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = folder.FullName,
            };
            if (info.FileName == "dotnet") info.ArgumentList.Add(program);
            foreach (var word in Arguments()) info.ArgumentList.Add(word);
            foreach (var (name, value) in start.Environment) info.Environment[name] = value;
            var made = new Process { StartInfo = info, EnableRaisingEvents = true };
            made.OutputDataReceived += (_, output) => Say(output.Data);
            made.ErrorDataReceived += (_, output) => Say(output.Data);
            made.Exited += (_, _) => Ended(made.ExitCode);
            made.Start();
            made.BeginOutputReadLine();
            made.BeginErrorReadLine();
            lock (gate) process = made;
        }
        catch (StartRefusedException refused)
        {
            foreach (var text in refused.Lines) log.Write(text);
            Ended(refused.ExitCode);
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            log.Write($"[nemotron-lab] the gateway's program {program} cannot be started: {missing.Message}");
            Ended(127);
        }
    }

    /// <inheritdoc/>
    public void Terminate()
    {
        lock (gate)
        {
            // .NET kills with SIGKILL only.
            if (process is { HasExited: false } running) Process.Start("kill", ["-TERM", $"{running.Id}"])?.Dispose();
        }
    }

    /// <inheritdoc/>
    public void End(ContainerExit exit)
    {
        lock (gate)
        {
            forced ??= exit;
            if (process is { HasExited: false } running) running.Kill(entireProcessTree: true);
            else if (process is null) Ended(exit.Code);
        }
    }

    /// <inheritdoc/>
    public async Task<ExecResult> ExecAsync(IReadOnlyList<string> command, CancellationToken cancel)
    {
        // The program in the container asks its localhost; here that is the pod's address.
        if (command.Count >= 2 && command[0].EndsWith("nemotron-gateway", StringComparison.Ordinal) && command[1] == "drain")
            return await new SimulatedShell(start, time).RunAsync(["curl", "-f", "-X", "POST", $"http://{start.Ip}:{line?.AdminPort}/drain?wait=true"], cancel);
        return await new SimulatedShell(start, time).RunAsync(command, cancel);
    }

    /// <inheritdoc/>
    public void Observe(JsonObject pod)
    {
    }

    /// <inheritdoc/>
    public void Refresh(IReadOnlyDictionary<string, string> files)
    {
        try
        {
            if (!exited.Task.IsCompleted) Write(files);
        }
        catch (StartRefusedException wrong)
        {
            log.Write($"[nemotron-lab] the changed settings were not handed on: {wrong.Lines[0]}");
        }
    }

    /// <inheritdoc/>
    public void SetReachable(bool reachable)
    {
        // A process of the machine's own cannot be cut off; the engine behind it is.
    }

    /// <inheritdoc/>
    public void Dispose() => End(ContainerExit.Killed);

    private IEnumerable<string> Arguments()
    {
        var words = start.CommandLine.Count > 0 && start.CommandLine[0].EndsWith("nemotron-gateway", StringComparison.Ordinal) ? start.CommandLine.Skip(1).ToList() : [.. start.CommandLine];
        foreach (var option in new[] { "--config", "--address" })
        {
            var at = words.FindIndex(word => word == option || word.StartsWith(option + "=", StringComparison.Ordinal));
            if (at >= 0) words.RemoveRange(at, words[at] == option ? Math.Min(2, words.Count - at) : 1);
        }

        return [.. words, "--config", Local(line!.Config), "--address", start.Ip.ToString()];
    }

    private string Local(string path) => Path.Combine(folder.FullName, path.TrimStart('/'));

    private void Write(IReadOnlyDictionary<string, string> files)
    {
        var settings = line!.Settings(files, start.Ip);
        var access = settings.Access;
        settings = settings with
        {
            Access = access with
            {
                ApiKeysFile = Mapped(access.ApiKeysFile),
                AdminKeysFile = Mapped(access.AdminKeysFile),
                TlsCertificateFile = Mapped(access.TlsCertificateFile),
                TlsKeyFile = Mapped(access.TlsKeyFile),
            },
        };
        foreach (var (path, text) in files) Replace(Local(path), path == line.Config ? GatewaySettingsYaml.Render(settings) : text);

        string? Mapped(string? path) => path is null ? null : Local(path);
    }

    private static void Replace(string path, string text)
    {
        if (File.Exists(path) && File.ReadAllText(path) == text) return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // Whole or not at all, as a kubelet changes mounted files.
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }

    private void Say(string? text)
    {
        if (text is not null) log.Write(text);
    }

    private void Ended(int code)
    {
        if (!exited.TrySetResult((forced ?? new(code)) with { Message = log.Tail() })) return;
        log.Close();
        try
        {
            folder.Delete(recursive: true);
        }
        catch (IOException)
        {
            // Left in the temporary folder.
        }
    }
}
