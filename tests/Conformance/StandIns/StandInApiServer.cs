using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nemotron.Lab.Api;

namespace Nemotron.Conformance.StandIns;

/// <summary>The Lab behind the command line of a kube-apiserver: it reads every file it is told of, asks etcd for its health, and serves with the given certificate.</summary>
internal static class StandInApiServer
{
    /// <summary>Serves until cancelled.</summary>
    public static async Task RunAsync(StandInFlags flags, CancellationToken cancel)
    {
        string etcd = flags.Take("etcd-servers");
        int port = int.Parse(flags.Take("secure-port"), CultureInfo.InvariantCulture);
        flags.Require("bind-address", "127.0.0.1");
        flags.Require("advertise-address", "127.0.0.1");
        flags.Require("endpoint-reconciler-type", "none");
        flags.Require("authorization-mode", "RBAC");
        flags.Require("disable-admission-plugins", "ServiceAccount");
        flags.Require("service-cluster-ip-range", "10.0.0.0/24");
        flags.Require("allow-privileged", "true");
        flags.Require("service-account-issuer", $"https://127.0.0.1:{port}/");
        string folder = flags.Take("cert-dir");
        if (!Directory.Exists(folder)) throw new StandInFault($"--cert-dir={folder}: no such folder");
        using var certificate = Read("tls-cert-file", flags.Take("tls-cert-file"), path => X509Certificate2.CreateFromPemFile(path, flags.Take("tls-private-key-file")));
        using var clients = Read("client-ca-file", flags.Take("client-ca-file"), X509CertificateLoader.LoadCertificateFromFile);
        CheckPair(flags.Take("service-account-key-file"), flags.Take("service-account-signing-key-file"));
        flags.Done();
        await AskEtcdAsync(etcd, cancel);

        await using var server = await LabServer.StartAsync(
            new LabServerOptions { Port = port, Authorization = AuthorizationMode.Rbac, ServerCertificate = certificate, TrustsClient = given => Signed(given, clients) }, cancel);
        await Console.Error.WriteLineAsync($"Serving securely on 127.0.0.1:{port}");
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
    }

    private static T Read<T>(string flag, string path, Func<string, T> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or CryptographicException or ArgumentException)
        {
            throw new StandInFault($"--{flag}={path}: {unreadable.Message}");
        }
    }

    /// <summary>Demands that the one key checks what the other signs.</summary>
    private static void CheckPair(string publicKey, string privateKey)
    {
        using var signing = Read("service-account-signing-key-file", privateKey, KeyOf);
        using var checking = Read("service-account-key-file", publicKey, KeyOf);
        byte[] token = "token"u8.ToArray();
        byte[] signature = signing.SignData(token, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        if (!checking.VerifyData(token, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)) throw new StandInFault($"{publicKey} does not belong to {privateKey}");
    }

    private static RSA KeyOf(string path)
    {
        var key = RSA.Create();
        key.ImportFromPem(File.ReadAllText(path));
        return key;
    }

    private static async Task AskEtcdAsync(string url, CancellationToken cancel)
    {
        using var client = new HttpClient();
        try
        {
            await client.GetStringAsync(new Uri($"{url}/health"), cancel);
        }
        catch (HttpRequestException fault)
        {
            throw new StandInFault($"--etcd-servers={url}: {fault.Message}");
        }
    }

    private static bool Signed(X509Certificate2 certificate, X509Certificate2 authority)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }
}
