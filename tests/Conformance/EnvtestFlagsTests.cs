using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nemotron.Conformance.Envtest;

namespace Nemotron.Conformance;

/// <summary>The parts of starting a control plane that start nothing.</summary>
public class EnvtestFlagsTests
{
    [Theory]
    [InlineData("", "", "", "Lab", null)]
    [InlineData("", "1", "/k", "Cluster", "/k")]
    [InlineData("", "1", "", "Cluster", null)]
    [InlineData("", "", "/k", "Lab", null)]
    [InlineData("", "yes", "/k", "Lab", null)]
    [InlineData("/assets", "1", "/k", "Envtest", "/assets")]
    [InlineData("/assets", "", "", "Envtest", "/assets")]
    public void The_environment_chooses_the_server(string assets, string allowed, string kubeconfig, string kind, string? place)
    {
        var environment = new Dictionary<string, string?> { ["KUBEBUILDER_ASSETS"] = assets, ["CONFORMANCE_KUBECONFIG"] = allowed, ["KUBECONFIG"] = kubeconfig };
        ServerChoice.Of(name => environment[name]).ShouldBe(new ServerChoice(Enum.Parse<ServerKind>(kind), place));
        ServerChoice.Of(name => environment[name] is { Length: > 0 } value ? value : null).ShouldBe(new ServerChoice(Enum.Parse<ServerKind>(kind), place));
    }

    [Fact]
    public void Etcd_listens_on_loopback_only_and_skips_the_disk_when_it_can()
    {
        string[] flags = ["--data-dir=/d", "--listen-client-urls=http://127.0.0.1:2379", "--advertise-client-urls=http://127.0.0.1:2379", "--listen-peer-urls=http://127.0.0.1:0"];
        EtcdFlags.For(2379, "/d", "usage: …").ShouldBe(flags);
        EtcdFlags.For(2379, "/d", "  --unsafe-no-fsync 'false'").ShouldBe([.. flags, "--unsafe-no-fsync"]);
    }

    [Fact]
    public void The_api_server_is_told_of_files_that_are_there()
    {
        using var files = ControlPlaneFiles.Create(TimeProvider.System);
        var flags = ApiServerFlags.For(6443, EtcdFlags.Address(2379), files).Select(flag => flag[2..].Split('=', 2)).ToDictionary(parts => parts[0], parts => parts[1]);
        flags["etcd-servers"].ShouldBe("http://127.0.0.1:2379");
        flags["secure-port"].ShouldBe("6443");
        flags["service-account-issuer"].ShouldBe("https://127.0.0.1:6443/");
        (flags["bind-address"], flags["advertise-address"]).ShouldBe(("127.0.0.1", "127.0.0.1"));
        foreach (var (_, path) in flags.Where(flag => flag.Key.EndsWith("-file", StringComparison.Ordinal))) File.Exists(path).ShouldBeTrue(path);
        Directory.Exists(flags["cert-dir"]).ShouldBeTrue();
        Directory.EnumerateFileSystemEntries(files.EtcdData).ShouldBeEmpty();
        if (!OperatingSystem.IsWindows()) File.GetUnixFileMode(files.ServerKey).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void Certificates_hold_for_what_they_are_for()
    {
        using var files = ControlPlaneFiles.Create(TimeProvider.System);
        using var server = X509Certificate2.CreateFromPemFile(files.ServerCertificate, files.ServerKey);
        server.MatchesHostname("127.0.0.1").ShouldBeTrue();
        server.MatchesHostname("localhost").ShouldBeTrue();
        server.MatchesHostname("192.0.2.1").ShouldBeFalse();
        files.Trusts(server).ShouldBeTrue();
        files.Trusts(files.Admin).ShouldBeTrue();
        files.Admin.Subject.ShouldContain("CN=envtest-admin");
        files.Admin.Subject.ShouldContain("O=system:masters");
        files.Admin.HasPrivateKey.ShouldBeTrue();
        using var other = ControlPlaneFiles.Create(TimeProvider.System);
        files.Trusts(other.Admin).ShouldBeFalse();

        using var signing = RSA.Create();
        signing.ImportFromPem(File.ReadAllText(files.ServiceAccountKey));
        using var checking = RSA.Create();
        checking.ImportFromPem(File.ReadAllText(files.ServiceAccountPublicKey));
        byte[] token = [1];
        byte[] signature = signing.SignData(token, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        checking.VerifyData(token, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).ShouldBeTrue();
    }

    [Fact]
    public void Nothing_is_left_behind()
    {
        string data;
        using (var files = ControlPlaneFiles.Create(TimeProvider.System)) data = files.EtcdData;
        Directory.Exists(Path.GetDirectoryName(data)).ShouldBeFalse();
    }
}
