using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Nemotron.Engines.Launch;
using Nemotron.Planning;
using Nemotron.Planning.Placement;

namespace Nemotron.Controllers.Tests.Launch;

/// <summary>
/// The script of a replica over several pods, run with a real mpirun: each "pod" is a process of this machine with a folder of its own, and what
/// TensorRT-LLM would start is a shell script. Simulated are the pods and the engine; real are the script and Open MPI.
/// </summary>
internal sealed class MpiGroup : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nemotron-mpi-");
    private readonly List<PodProcess> _pods = [];
    private readonly int _port = FreePort();
    private readonly int _nodes;

    public MpiGroup(int nodes)
    {
        _nodes = nodes;
        var spec = EngineLaunch.Build(new LaunchRequest
        {
            Engine = EngineKind.TrtLlmServe, ModelName = "m", Model = "m", TensorParallel = nodes, MaxContextTokens = 4096, MaxBatchSize = 1, KvFreeMemoryFraction = 0.9,
            Shape = new GroupShape(nodes, 1),
        });
        File.WriteAllText(Path.Combine(_folder.FullName, "mpi_group.py"), spec.ConfigFiles["mpi_group.py"]);
        // As trtllm-llmapi-launch does: rank 0 starts the server beside itself, the others compute until it has ended.
        Write("launch.sh", """
            #!/bin/bash
            echo "rank $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE in $(basename $TMPDIR)"
            if [ "$OMPI_COMM_WORLD_RANK" = 0 ]; then ( "$@" && touch $GROUP_END ) & wait; fi
            while [ ! -e $GROUP_END ]; do sleep 0.1; done
            """);
        Write("server.sh", """
            #!/bin/bash
            trap 'echo "draining"; sleep 1; echo "drained"; exit 0' TERM
            echo "serving with $# arguments: $1"
            while :; do sleep 0.1; done
            """);
    }

    /// <summary>Why it cannot be run here, or null.</summary>
    public static string? Missing => new[] { "python3", "mpirun" }.FirstOrDefault(program =>
        !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)))) is { } missing
        ? $"{missing} is not installed (Debian: apt-get install python3 openmpi-bin)"
        : null;

    public PodProcess Lead(params string[] options) => Start("pod-0", 0,
        ["lead", "--nodes", $"{_nodes}", "--gpus", "2", "--port", $"{_port}", .. options, "--", Path.Combine(_folder.FullName, "server.sh"), "one argument"]);

    public PodProcess Join(int index, string? hosts = null) => Start($"pod-{index}", index, ["join", "--port", $"{_port}"], hosts);

    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    public async ValueTask DisposeAsync()
    {
        foreach (var pod in _pods) await pod.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private PodProcess Start(string name, int index, string[] arguments, string? hosts = null)
    {
        var start = new ProcessStartInfo("python3") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.ArgumentList.Add(PathOf("mpi_group.py"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["TMPDIR"] = Directory.CreateDirectory(PathOf(name)).FullName;
        start.Environment["LWS_WORKER_INDEX"] = $"{index}";
        start.Environment["NEMOTRON_GROUP_HOSTS"] = hosts ?? string.Join(',', Enumerable.Repeat("127.0.0.1", _nodes));
        start.Environment["NEMOTRON_MPI_LAUNCH"] = PathOf("launch.sh");
        start.Environment["GROUP_END"] = PathOf("end");
        // Ranks of "different nodes" share this machine's /dev/shm, which Open MPI does not expect.
        start.Environment["OMPI_MCA_btl"] = "self,tcp";
        var pod = new PodProcess(start);
        _pods.Add(pod);
        return pod;
    }

    private void Write(string name, string text)
    {
        File.WriteAllText(PathOf(name), text + "\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(PathOf(name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A "pod".</summary>
    internal sealed class PodProcess : IAsyncDisposable
    {
        private readonly Process _process;
        private readonly StringBuilder _output = new();

        public PodProcess(ProcessStartInfo start)
        {
            _process = Process.Start(start)!;
            _process.StandardInput.Close();
            _process.OutputDataReceived += (_, line) => Keep(line.Data);
            _process.ErrorDataReceived += (_, line) => Keep(line.Data);
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        public string Output
        {
            get { lock (_output) return _output.ToString(); }
        }

        public bool Ended => _process.HasExited;

        public void Terminate() => Signal("TERM");

        public void Kill() => _process.Kill();

        public async Task SaysAsync(string text)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            var begun = TimeProvider.System.GetTimestamp();
            while (!Output.Contains(text, StringComparison.Ordinal))
            {
                if (TimeProvider.System.GetElapsedTime(begun) > Patience) throw new TimeoutException($"Waited in vain for \"{text}\" in:\n{Output}");
                await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            }
        }

        public async Task<int> ExitCodeAsync()
        {
            using var limit = new CancellationTokenSource(Patience);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Did not end:\n{Output}");
            }

            return _process.ExitCode;
        }

        public async ValueTask DisposeAsync()
        {
            if (!_process.HasExited) _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        private void Signal(string name)
        {
            using var kill = Process.Start("kill", $"-{name} {_process.Id}");
            kill.WaitForExit();
        }

        private void Keep(string? line)
        {
            if (line is null) return;
            lock (_output) _output.AppendLine(line);
        }
    }
}
