using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nemotron.Lab.Api.Access;

namespace Nemotron.Conformance.Envtest;

/// <summary>
/// A temporary folder with what a control plane is started on: an authority of its own, the server's certificate, the key that signs
/// service accounts' tokens, etcd's data. The administrator's certificate stays in memory. Gone with <see cref="Dispose"/>.
/// </summary>
internal sealed class ControlPlaneFiles : IDisposable
{
    private readonly string folder;
    private readonly LabAuthority authority;

    private ControlPlaneFiles(string folder, LabAuthority authority, X509Certificate2 admin)
    {
        this.folder = folder;
        this.authority = authority;
        Admin = admin;
    }

    /// <summary>The certificate of a member of system:masters, with its key.</summary>
    public X509Certificate2 Admin { get; }

    /// <summary>etcd's data.</summary>
    public string EtcdData => Path.Combine(folder, "etcd");

    /// <summary>Where kube-apiserver would put certificates of its own making.</summary>
    public string Certificates => Path.Combine(folder, "certificates");

    /// <summary>The authority, for both ends to trust.</summary>
    public string AuthorityCertificate => Path.Combine(folder, "ca.crt");

    /// <summary>The server's certificate.</summary>
    public string ServerCertificate => Path.Combine(folder, "apiserver.crt");

    /// <summary>Its key.</summary>
    public string ServerKey => Path.Combine(folder, "apiserver.key");

    /// <summary>What checks service accounts' tokens.</summary>
    public string ServiceAccountPublicKey => Path.Combine(folder, "service-accounts.pub");

    /// <summary>What signs them.</summary>
    public string ServiceAccountKey => Path.Combine(folder, "service-accounts.key");

    /// <summary>Makes the folder and everything in it.</summary>
    /// <param name="time">The clock that certificates go by.</param>
    public static ControlPlaneFiles Create(TimeProvider time)
    {
        var authority = LabAuthority.Create(time);
        var files = new ControlPlaneFiles(Directory.CreateTempSubdirectory("lab-envtest-").FullName, authority, authority.IssueClient("envtest-admin", ["system:masters"]));
        Directory.CreateDirectory(files.EtcdData);
        Directory.CreateDirectory(files.Certificates);
        using (var server = authority.IssueServer())
        {
            Write(files.AuthorityCertificate, authority.Pem);
            Write(files.ServerCertificate, server.ExportCertificatePem());
            Write(files.ServerKey, server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        }
        using (var key = RSA.Create(2048))
        {
            Write(files.ServiceAccountPublicKey, key.ExportSubjectPublicKeyInfoPem());
            Write(files.ServiceAccountKey, key.ExportPkcs8PrivateKeyPem());
        }
        return files;
    }

    /// <summary>Whether a server's certificate is one of this authority.</summary>
    public bool Trusts(X509Certificate2 certificate) => authority.Signed(certificate);

    public void Dispose()
    {
        Admin.Dispose();
        authority.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Writes a file for its owner only: there are keys among them.</summary>
    private static void Write(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(path, options);
        writer.WriteLine(text);
    }
}
