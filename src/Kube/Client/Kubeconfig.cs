using k8s;
using k8s.Authentication;
using k8s.KubeConfigModels;
using YamlDotNet.Serialization;

namespace Nemotron.Kube;

/// <summary>
/// Reads a kubeconfig. The client can do so too, but its YAML reader begins by examining each property of its thousand models: a third of a second, and
/// 40 MiB that stay.
/// </summary>
internal static class Kubeconfig
{
    private const string Variable = "KUBECONFIG";

    /// <summary>The kubeconfig that kubectl would take: of the variable <c>KUBECONFIG</c>, else <c>~/.kube/config</c>. Null when that is several files, or none.</summary>
    internal static string? DefaultPath()
    {
        var path = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named
            ? named
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config");
        return path.Contains(Path.PathSeparator, StringComparison.Ordinal) || !File.Exists(path) ? null : path;
    }

    /// <summary>The configuration of a kubeconfig's current context.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="YamlDotNet.Core.YamlException">It is no YAML.</exception>
    /// <exception cref="k8s.Exceptions.KubeConfigException">It does not say what it must.</exception>
    internal static KubernetesClientConfiguration Load(string path)
    {
        var text = File.ReadAllText(path);
        var config = new DeserializerBuilder().IgnoreUnmatchedProperties().Build().Deserialize<K8SConfiguration>(text)
            ?? throw new k8s.Exceptions.KubeConfigException("the file is empty");

        // Paths within are relative to the file.
        config.FileName = Path.GetFullPath(path);
        var context = config.Contexts?.FirstOrDefault(candidate => candidate.Name == config.CurrentContext)?.ContextDetails;
        var user = config.Users?.FirstOrDefault(candidate => candidate.Name == context?.User)?.UserCredentials;
        var tokenFile = TokenFileOf(text, context?.User);

        // The client refuses a user without credentials it knows, which kubectl takes for nobody: a proxy or a test server asks for none.
        if (context is not null && user is
            {
                Token: null or "", UserName: null or "", ClientCertificate: null or "", ClientCertificateData: null or "",
                AuthProvider: null, ExternalExecution: null,
            })
        {
            context.User = null;
        }

        var configuration = KubernetesClientConfiguration.BuildConfigFromConfigObject(config, null, null);
        if (tokenFile is not null && string.IsNullOrEmpty(user?.Token))
        {
            // Read again every minute: whoever issues the token may replace it.
            configuration.TokenProvider = new TokenFileAuth(Path.GetFullPath(tokenFile, Path.GetDirectoryName(config.FileName)!));
        }

        return configuration;
    }

    /// <summary><c>users[].user.tokenFile</c>, which the client's model lacks.</summary>
    private static string? TokenFileOf(string text, string? user) =>
        new DeserializerBuilder().IgnoreUnmatchedProperties().Build().Deserialize<UsersWithTokenFiles>(text)
            .Users.FirstOrDefault(candidate => candidate.Name == user)?.User?.TokenFile;

    private sealed class UsersWithTokenFiles
    {
        [YamlMember(Alias = "users")]
        public List<NamedUser> Users { get; set; } = [];
    }

    private sealed class NamedUser
    {
        [YamlMember(Alias = "name")]
        public string? Name { get; set; }

        [YamlMember(Alias = "user")]
        public TokenFileUser? User { get; set; }
    }

    private sealed class TokenFileUser
    {
        [YamlMember(Alias = "tokenFile")]
        public string? TokenFile { get; set; }
    }
}
