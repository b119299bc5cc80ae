using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Nemotron.Lab.Api.Access;

/// <summary>Writes a kubeconfig with one cluster, one user and one context, all named <c>lab</c>.</summary>
internal static class Kubeconfig
{
    /// <summary>Writes the file, readable by its owner only: it holds credentials.</summary>
    /// <param name="path">The file; replaced when it exists.</param>
    /// <param name="server">Where the server listens.</param>
    /// <param name="authorityPem">The authority to trust, or null over plain HTTP.</param>
    /// <param name="credentials">The user's part.</param>
    public static void Write(string path, Uri server, string? authorityPem, string credentials)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(path, options);
        writer.Write($"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: lab
              cluster:
                server: {server.GetLeftPart(UriPartial.Authority)}{(authorityPem is null ? "" : $"\n    certificate-authority-data: {Base64(authorityPem)}")}
            contexts:
            - name: lab
              context:
                cluster: lab
                user: lab
                namespace: default
            current-context: lab
            users:
            - name: lab
              user:
            {credentials}
            """);
    }

    /// <summary>A user's part with a token.</summary>
    public static string Token(string token) => $"    token: {token}";

    /// <summary>A user's part with a client certificate and its key.</summary>
    public static string Certificate(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return $"    client-certificate-data: {Base64(certificate.ExportCertificatePem())}\n    client-key-data: {Base64(key.ExportPkcs8PrivateKeyPem())}";
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
