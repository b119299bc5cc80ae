namespace Nemotron.Conformance.Envtest;

/// <summary>
/// How kube-apiserver is started: on the loopback interface, with RBAC, and as envtest has it without the ServiceAccount admission plugin,
/// since no controller makes default service accounts.
/// </summary>
internal static class ApiServerFlags
{
    /// <summary>The flags.</summary>
    /// <param name="port">The port it serves HTTPS on.</param>
    /// <param name="etcd">Where etcd is.</param>
    /// <param name="files">Certificates and keys.</param>
    public static IReadOnlyList<string> For(int port, string etcd, ControlPlaneFiles files) =>
    [
        $"--etcd-servers={etcd}",
        "--bind-address=127.0.0.1",
        // Otherwise it looks for the address of a network interface, which a closed machine may not have; and nobody is to
        // publish a loopback address as an Endpoint, which validation forbids.
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        $"--secure-port={port}",
        $"--cert-dir={files.Certificates}",
        $"--tls-cert-file={files.ServerCertificate}",
        $"--tls-private-key-file={files.ServerKey}",
        $"--client-ca-file={files.AuthorityCertificate}",
        $"--service-account-issuer={Url(port)}",
        $"--service-account-key-file={files.ServiceAccountPublicKey}",
        $"--service-account-signing-key-file={files.ServiceAccountKey}",
        "--authorization-mode=RBAC",
        "--disable-admission-plugins=ServiceAccount",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--allow-privileged=true",
    ];

    /// <summary>Where clients reach it.</summary>
    public static Uri Url(int port) => new($"https://127.0.0.1:{port}/");
}
