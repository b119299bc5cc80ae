namespace Nemotron.Engines.Tests.Metrics;

/// <summary>Prometheus' own checker: from the PATH, or taken out of Debian's package (without installing its service).</summary>
internal static class Promtool
{
    private static readonly string Folder = Path.Combine(OutsideProgram.Root, ".tools", "prometheus");
    private static readonly SemaphoreSlim Once = new(1);
    private static (string? Path, string Why)? _found;

    /// <summary>Runs it, or skips the test with the reason why it is not there.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string folder, params string[] arguments)
    {
        await Once.WaitAsync();
        try
        {
            _found ??= await FindAsync();
        }
        finally
        {
            Once.Release();
        }

        if (_found.Value.Path is not { } path)
        {
            Assert.Skip(_found.Value.Why);
            return default;
        }

        return await OutsideProgram.RunAsync(path, folder, arguments);
    }

    private static async Task<(string? Path, string Why)> FindAsync()
    {
        if (OutsideProgram.Find("promtool") is { } installed) return (installed, "");
        var path = Path.Combine(Folder, "usr", "bin", "promtool");
        if (File.Exists(path)) return (path, "");
        if (OutsideProgram.Find("apt-get") is not { } apt || OutsideProgram.Find("dpkg-deb") is not { } dpkg)
            return (null, "promtool is not installed, and this is no Debian from which to take it (package prometheus)");

        Directory.CreateDirectory(Folder);
        var (code, output) = await OutsideProgram.RunAsync(apt, Folder, "download", "prometheus");
        if (code != 0)
        {
            // Fresh machines have no package lists.
            await OutsideProgram.RunAsync(apt, Folder, "update", "-qq");
            (code, output) = await OutsideProgram.RunAsync(apt, Folder, "download", "prometheus");
        }

        if (code != 0 || Directory.GetFiles(Folder, "prometheus_*.deb") is not [var package, ..]) return (null, $"promtool is not installed, and Debian's package prometheus could not be downloaded: {output.Trim()}");
        (code, output) = await OutsideProgram.RunAsync(dpkg, Folder, "--extract", package, Folder);
        File.Delete(package);
        return code == 0 && File.Exists(path) ? (path, "") : (null, $"promtool is not in Debian's package prometheus: {output.Trim()}");
    }
}
