using System.Diagnostics;

namespace Nemotron.Operator.Tests.Harness;

/// <summary>What a program printed, and its exit code.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Error)
{
    /// <summary>The output of a run that must have succeeded.</summary>
    public string Succeeded()
    {
        ExitCode.ShouldBe(0, $"{Output}\n{Error}");
        return Output;
    }
}

/// <summary>A real outside program: kubectl, helm.</summary>
internal sealed class Tool(string name, string kubeconfig)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public async Task<ToolResult> RunAsync(IEnumerable<string> arguments, string? input = null)
    {
        var start = new ProcessStartInfo(Find(name))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Repository.Root,
            Environment = { ["KUBECONFIG"] = kubeconfig, ["HOME"] = Path.GetDirectoryName(kubeconfig) },
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (input is not null) await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
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

        return new ToolResult(process.ExitCode, await output, await error);
    }

    public Task<ToolResult> RunAsync(string arguments, string? input = null) => RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), input);

    /// <summary>The program's path, or a skipped test that says what is missing.</summary>
    private static string Find(string name)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append(Repository.PathOf("tools", "node_modules", ".bin"));
        var path = folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        if (path is null) Assert.Skip($"{name} is not installed: ./test.sh installs it");
        return path;
    }
}
