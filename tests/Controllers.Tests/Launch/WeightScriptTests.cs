using System.Diagnostics;
using Nemotron.Engines.Launch;

namespace Nemotron.Controllers.Tests.Launch;

/// <summary>The script that fills a node's cache, run by a real Python with a stand-in for the hub's library: it writes the files it is told of, and nothing is downloaded.</summary>
public sealed class WeightScriptTests : IDisposable
{
    private const string Hub = """
        import os, time

        def snapshot_download(repo_id, revision, local_dir, ignore_patterns):
            assert ignore_patterns == ["original/*"]
            if repo_id == "nobody/nothing": raise LookupError("401 Client Error: Repository Not Found")
            with open(os.environ["HUB_LOG"], "a") as log: log.write(f"{repo_id}@{revision} {sorted(os.listdir(local_dir))}\n")
            with open(os.path.join(local_dir, "model-00001.safetensors"), "wb") as part: part.write(b"x" * 100000)
            if os.environ.get("HUB_BREAKS"): raise ConnectionError("the line is dead")
            while os.path.exists(os.environ.get("HUB_WAITS", "/nowhere")): time.sleep(0.01)
            with open(os.path.join(local_dir, "config.json"), "w") as config: config.write("{}")
        """;

    private static readonly CachedWeights Nano = new("nvidia/Nano", "main");
    private static readonly bool Missing = !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "python3")));

    private static readonly DateTime Long = new(2026, 1, 2, 0, 0, 0, DateTimeKind.Utc);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nemotron-weights-");

    private string Cache => Path.Combine(_folder.FullName, "cache");

    private string Log => Path.Combine(_folder.FullName, "hub.log");

    public WeightScriptTests()
    {
        Directory.CreateDirectory(Cache);
        File.WriteAllText(Path.Combine(_folder.FullName, "weights.py"), CachedWeights.Script);
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "huggingface_hub"));
        File.WriteAllText(Path.Combine(_folder.FullName, "huggingface_hub", "__init__.py"), Hub);
    }

    [Fact]
    public async Task Weights_are_downloaded_once_and_found_by_the_next()
    {
        Unless();
        (await RunAsync(Nano)).ShouldBe((0, "main/nvidia/Nano is there"));
        (await RunAsync(Nano)).ShouldBe((0, "main/nvidia/Nano is there already"));
        File.ReadAllLines(Log).ShouldBe(["nvidia/Nano@main []"]);
        Directory.GetFiles(Path.Combine(Cache, "main/nvidia/Nano")).Select(Path.GetFileName).Order().ShouldBe(["config.json", "model-00001.safetensors"]);
    }

    [Fact]
    public async Task A_download_that_breaks_off_is_not_taken_for_whole_and_is_gone_on_with()
    {
        Unless();
        var (code, said) = await RunAsync(Nano, ("HUB_BREAKS", "1"));
        code.ShouldBe(1);
        said.ShouldBe("weights: nvidia/Nano (revision main) cannot be downloaded: ConnectionError: the line is dead");
        Directory.Exists(Path.Combine(Cache, "main/nvidia/Nano")).ShouldBeFalse();
        (await RunAsync(Nano)).Code.ShouldBe(0);
        File.ReadAllLines(Log)[1].ShouldBe("nvidia/Nano@main ['model-00001.safetensors']");
    }

    [Fact]
    public async Task Of_two_at_once_one_downloads_and_the_other_waits()
    {
        Unless();
        var gate = Path.Combine(_folder.FullName, "gate");
        await File.WriteAllTextAsync(gate, "", TestContext.Current.CancellationToken);
        var begun = new TaskCompletionSource();
        var first = RunAsync(Nano, ("downloading", begun), [("HUB_WAITS", gate)]);
        // It says so with the lock in hand.
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        var waits = new TaskCompletionSource();
        var second = RunAsync(Nano, ("waiting for it", waits));
        await waits.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        File.Delete(gate);
        (await first).ShouldBe((0, "main/nvidia/Nano is there"));
        (await second).ShouldBe((0, "main/nvidia/Nano is there already"));
        File.ReadAllLines(Log).Length.ShouldBe(1);
    }

    [Fact]
    public async Task Room_is_made_by_what_nobody_uses_the_oldest_first_and_never_by_what_is_kept()
    {
        Unless();
        foreach (var name in new[] { "old", "used", "young" }) (await RunAsync(new CachedWeights($"nvidia/{name}", "main"))).Code.ShouldBe(0);
        Directory.SetLastWriteTimeUtc(Path.Combine(Cache, "main/nvidia/old"), Long);
        Directory.SetLastWriteTimeUtc(Path.Combine(Cache, "main/nvidia/used"), Long.AddDays(-1));
        Directory.CreateDirectory(Path.Combine(Cache, ".partial", "main--nvidia--begun"));

        // No disk has that much free, so all goes that may go, and then it is told.
        var (code, said) = await RunAsync(Nano, keep: ["main/nvidia/used"], bytes: long.MaxValue / 4);
        code.ShouldBe(1);
        said.ShouldContain("are still to be downloaded and");
        said.ShouldContain("which holds main/nvidia/used. Give the path a larger disk");
        Directory.GetDirectories(Path.Combine(Cache, "main/nvidia")).Select(Path.GetFileName).ShouldBe(["used"]);
        Directory.GetDirectories(Path.Combine(Cache, ".partial")).Select(Path.GetFileName).ShouldBe(["main--nvidia--Nano"]);
    }

    [Fact]
    public async Task Who_names_nothing_to_keep_removes_nothing()
    {
        Unless();
        (await RunAsync(new CachedWeights("nvidia/old", null))).Code.ShouldBe(0);
        File.ReadAllLines(Log).ShouldBe(["nvidia/old@None []"]);
        (await RunAsync(Nano, bytes: long.MaxValue / 4)).Code.ShouldBe(1);
        Directory.Exists(Path.Combine(Cache, "default/nvidia/old")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_repository_that_is_not_there_is_told_in_one_line()
    {
        Unless();
        var (code, said) = await RunAsync(new CachedWeights("nobody/nothing", null));
        code.ShouldBe(1);
        said.ShouldBe("weights: nobody/nothing (revision of the default branch) cannot be downloaded: LookupError: 401 Client Error: Repository Not Found");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static void Unless() => Assert.SkipWhen(Missing, "python3 is not installed.");

    private Task<(int Code, string Last)> RunAsync(CachedWeights weights, params (string Name, string Value)[] environment) => RunAsync(weights, default, environment);

    private async Task<(int Code, string Last)> RunAsync(CachedWeights weights, (string Word, TaskCompletionSource Heard) on, (string Name, string Value)[]? environment = null, string[]? keep = null, long bytes = 100_000)
    {
        var command = weights.Command(bytes, keep).Select(word => word == CachedWeights.MountPath ? Cache : word == $"{LaunchSpec.ConfigFolder}/{CachedWeights.ScriptFile}" ? Path.Combine(_folder.FullName, "weights.py") : word).ToList();
        var info = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardError = true, Environment = { ["HUB_LOG"] = Log, ["PYTHONDONTWRITEBYTECODE"] = "1" } };
        foreach (var (name, value) in environment ?? []) info.Environment[name] = value;
        using var process = Process.Start(info)!;
        var last = "";
        while (await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            last = line;
            if (on.Word is { } word && line.Contains(word, StringComparison.Ordinal)) on.Heard.TrySetResult();
        }

        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, process.ExitCode == 0 ? last["weights: ".Length..] : last);
    }

    private Task<(int Code, string Last)> RunAsync(CachedWeights weights, string[]? keep = null, long bytes = 100_000) => RunAsync(weights, default, null, keep, bytes);
}
