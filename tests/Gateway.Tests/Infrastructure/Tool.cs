using System.Diagnostics;

namespace Nemotron.Gateway.Tests.Infrastructure;

/// <summary>A real outside program.</summary>
internal static class Tool
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static async Task<string> RunAsync(string name, string folder, params string[] arguments)
    {
        using var process = Start(name, folder, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{name} {string.Join(' ', arguments)} did not end within {Patience}.");
        }

        process.ExitCode.ShouldBe(0, $"{name} {string.Join(' ', arguments)}\n{await output}\n{await error}");
        return await output;
    }

    /// <summary>Starts it; a test whose program is not installed is skipped, and says so.</summary>
    public static Process Start(string name, string folder, params string[] arguments)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(place => Path.Combine(place, name)).FirstOrDefault(File.Exists);
        if (path is null) Assert.Skip($"{name} is not installed (Debian: apt-get install {(name is "node" or "npm" ? "nodejs npm" : name)})");
        var start = new ProcessStartInfo(path) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = folder };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }
}
