namespace Nemotron.Conformance.Envtest;

/// <summary>How etcd is started: alone, on the loopback interface, over plain HTTP.</summary>
internal static class EtcdFlags
{
    /// <summary>The switch, known since etcd 3.5, that does without waiting for the disk.</summary>
    public const string NoSync = "--unsafe-no-fsync";

    /// <summary>The flags.</summary>
    /// <param name="port">The port clients use.</param>
    /// <param name="data">The folder of its data.</param>
    /// <param name="help">What <c>etcd --help</c> printed: which flags this one knows.</param>
    public static IReadOnlyList<string> For(int port, string data, string help)
    {
        var flags = new List<string>
        {
            $"--data-dir={data}",
            $"--listen-client-urls={Address(port)}",
            $"--advertise-client-urls={Address(port)}",
            // It has no peers; any port will do.
            "--listen-peer-urls=http://127.0.0.1:0",
        };
        if (help.Contains(NoSync, StringComparison.Ordinal)) flags.Add(NoSync);
        return flags;
    }

    /// <summary>Where clients reach it, without the slash at the end that etcd would take for a path and refuse.</summary>
    public static string Address(int port) => $"http://127.0.0.1:{port}";
}
