namespace Nemotron.Conformance.StandIns;

/// <summary>
/// Programs that take the place of etcd and kube-apiserver where the real ones cannot be had, to prove what starts them: they are as
/// particular about their flags and files as the real ones, and serve what one waits for. This program is both, by its arguments:
/// <c>stand-in etcd FLAGS</c> and <c>stand-in kube-apiserver FLAGS</c>.
/// </summary>
internal static class StandIn
{
    /// <summary>The first argument that makes this program a stand-in.</summary>
    public const string Argument = "stand-in";

    /// <summary>Runs until killed, or until a fault, which is told as the last line on the standard error stream.</summary>
    public static async Task<int> RunAsync(string name, string[] arguments, CancellationToken cancel)
    {
        try
        {
            switch (name)
            {
                case "etcd" when arguments is ["--help"]:
                    Console.WriteLine(StandInEtcd.Help);
                    return 0;
                case "etcd":
                    await StandInEtcd.RunAsync(StandInFlags.Parse(arguments), cancel);
                    return 0;
                default:
                    await StandInApiServer.RunAsync(StandInFlags.Parse(arguments), cancel);
                    return 0;
            }
        }
        catch (Exception fault) when (fault is StandInFault or IOException)
        {
            await Console.Error.WriteLineAsync($"Error: {fault.Message}");
            return 1;
        }
    }

    /// <summary>A folder with both as programs, for <c>KUBEBUILDER_ASSETS</c>.</summary>
    public static string Install(string folder)
    {
        WriteScript(folder, "etcd", $"exec {Self} {Argument} etcd \"$@\"");
        WriteScript(folder, "kube-apiserver", $"exec {Self} {Argument} kube-apiserver \"$@\"");
        return folder;
    }

    /// <summary>Writes a shell script as a program.</summary>
    public static void WriteScript(string folder, string name, string commands)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, $"#!/bin/sh\n{commands}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static string Self
    {
        get
        {
            string program = Environment.ProcessPath!;
            return Path.GetFileNameWithoutExtension(program) == "dotnet" ? $"'{program}' '{typeof(StandIn).Assembly.Location}'" : $"'{program}'";
        }
    }
}

/// <summary>Why a stand-in does not run.</summary>
internal sealed class StandInFault(string message) : Exception(message);
