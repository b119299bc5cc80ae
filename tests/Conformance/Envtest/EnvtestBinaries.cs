namespace Nemotron.Conformance.Envtest;

/// <summary>The programs of a real control plane.</summary>
/// <param name="Etcd">The path of etcd.</param>
/// <param name="ApiServer">The path of kube-apiserver.</param>
internal sealed record EnvtestBinaries(string Etcd, string ApiServer)
{
    /// <summary>The variable that names their folder, as for controller-runtime's envtest.</summary>
    public const string Variable = "KUBEBUILDER_ASSETS";

    /// <summary>Finds both in a folder.</summary>
    /// <exception cref="EnvtestFault">The folder or one of them is missing, or cannot be run.</exception>
    public static EnvtestBinaries In(string folder)
    {
        if (!Directory.Exists(folder)) throw new EnvtestFault($"{Variable}={folder}: there is no such folder. Set it to the one that holds etcd and kube-apiserver, or unset it");
        return new(Find(folder, "etcd"), Find(folder, "kube-apiserver"));
    }

    private static string Find(string folder, string program)
    {
        string path = Path.GetFullPath(Path.Combine(folder, program));
        if (!File.Exists(path)) throw new EnvtestFault($"{Variable}={folder}: there is no {program} in it. `setup-envtest use -p path` fetches both programs and prints their folder");
        const UnixFileMode execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & execute) == 0) throw new EnvtestFault($"{path} may not be executed: chmod +x {path}");
        return path;
    }
}
