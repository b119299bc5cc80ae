using System.CommandLine;

namespace Nemotron.Lab.Cli;

/// <summary>The <c>nemotron-lab</c> command line.</summary>
internal static class LabProgram
{
    /// <summary>Runs it, and gives back the exit code: 0 done, 1 failed, 2 wrong arguments.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, CancellationToken cancel)
    {
        var root = new RootCommand("nemotron-lab: a Kubernetes control plane and a GPU fleet on a laptop. A test bed, not a distribution.") { UpCommand.Create(), FaultCommand.Create() };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var fault in parsed.Errors) await error.WriteLineAsync($"error: {fault.Message}").ConfigureAwait(false);
            await error.WriteLineAsync("nemotron-lab --help shows how it is used").ConfigureAwait(false);
            return UpCommand.Usage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = TimeSpan.FromSeconds(10) }, cancel).ConfigureAwait(false);
    }
}
