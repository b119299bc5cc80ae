using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Nemotron.Engines.Tests.WireCompat;

/// <summary>The other end of the wire, <c>peer.js</c>: grpc-js with protos of its own.</summary>
internal sealed class NodePeer : IAsyncDisposable
{
    private static readonly string Folder = Path.Combine(OutsideProgram.Root, "tests", "Engines.Tests", "WireCompat");
    private static readonly SemaphoreSlim Once = new(1);
    private static string? _missing;
    private static bool _looked;

    private readonly Process _process;

    private NodePeer(Process process) => _process = process;

    /// <summary>Where the server listens.</summary>
    public int Port { get; private set; }

    /// <summary>Starts a server that answers each method with its reply.</summary>
    public static async Task<NodePeer> ServeAsync(string replies)
    {
        var peer = await StartAsync("serve", await FileOf(replies));
        var first = await peer.NextAsync();
        peer.Port = first["port"]!.GetValue<int>();
        return peer;
    }

    /// <summary>Calls a server of ours and returns what it answered, method by method.</summary>
    public static async Task<IReadOnlyList<(string Path, JsonNode? Value)>> CallAsync(int port, string requests)
    {
        await using var peer = await StartAsync("call", port.ToString(), await FileOf(requests));
        var answers = new List<(string, JsonNode?)>();
        while (await peer._process.StandardOutput.ReadLineAsync(Stop) is { } line)
        {
            var answer = JsonNode.Parse(line)!;
            answers.Add((answer["path"]!.GetValue<string>(), answer["value"]));
        }

        await peer._process.WaitForExitAsync(Stop);
        peer._process.ExitCode.ShouldBe(0, await peer._process.StandardError.ReadToEndAsync(Stop));
        return answers;
    }

    /// <summary>The next thing it printed.</summary>
    public async Task<JsonNode> NextAsync() =>
        await _process.StandardOutput.ReadLineAsync(Stop) is { } line
            ? JsonNode.Parse(line)!
            : throw new InvalidOperationException($"node ended: {await _process.StandardError.ReadToEndAsync(Stop)}");

    public async ValueTask DisposeAsync()
    {
        // It ends with its input.
        _process.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10), TimeProvider.System);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<NodePeer> StartAsync(params string[] arguments)
    {
        await Once.WaitAsync(Stop);
        try
        {
            if (!_looked) _missing = await InstallAsync();
            _looked = true;
        }
        finally
        {
            Once.Release();
        }

        if (_missing is { } why) Assert.Skip(why);
        var start = new ProcessStartInfo(OutsideProgram.Find("node")!, [Path.Combine(Folder, "peer.js"), .. arguments])
        {
            WorkingDirectory = Folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        return new NodePeer(Process.Start(start)!);
    }

    /// <summary>Null when all is there, else what is missing.</summary>
    private static async Task<string?> InstallAsync()
    {
        if (OutsideProgram.Find("node") is null || OutsideProgram.Find("npm") is not { } npm) return "node and npm are not installed (Debian: apt-get install npm): wire compatibility was not checked";
        if (Directory.Exists(Path.Combine(Folder, "node_modules", "@grpc", "grpc-js"))) return null;
        var (code, output) = await OutsideProgram.RunAsync(npm, Folder, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error");
        return code == 0 ? null : $"npm ci failed in tests/Engines.Tests/WireCompat, so wire compatibility was not checked: {output.Trim()}";
    }

    private static async Task<string> FileOf(string json)
    {
        var path = Path.Combine(Path.GetTempPath(), $"nemotron-wire-{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(path, json, Stop);
        Files.Add(path);
        return path;
    }

    private static readonly TemporaryFiles Files = new();

    private sealed class TemporaryFiles
    {
        private readonly List<string> _paths = [];

        public TemporaryFiles() => AppDomain.CurrentDomain.ProcessExit += (_, _) => _paths.ForEach(File.Delete);

        public void Add(string path)
        {
            lock (_paths) _paths.Add(path);
        }
    }
}
