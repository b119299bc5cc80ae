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

    /// <summary>The files that kubectl would read: those of the variable <c>KUBECONFIG</c> that exist, else <c>~/.kube/config</c>. Empty where there is none.</summary>
    internal static IReadOnlyList<string> DefaultPaths()
    {
        var named = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } list
            ? list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            : [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config")];
        return [.. named.Where(File.Exists)];
    }

    /// <summary>The configuration of a kubeconfig's current context.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="YamlDotNet.Core.YamlException">It is no YAML.</exception>
    /// <exception cref="k8s.Exceptions.KubeConfigException">It does not say what it must.</exception>
    internal static KubernetesClientConfiguration Load(string path) => Load([path], null);

    /// <summary>The configuration of a context of several files, merged as kubectl does: of what two files say, the first counts.</summary>
    /// <param name="paths">The files, at least one.</param>
    /// <param name="context">The context; null takes the current one.</param>
    /// <exception cref="IOException">One cannot be read.</exception>
    /// <exception cref="YamlDotNet.Core.YamlException">One is no YAML.</exception>
    /// <exception cref="k8s.Exceptions.KubeConfigException">They do not say what they must.</exception>
    internal static KubernetesClientConfiguration Load(IReadOnlyList<string> paths, string? context)
    {
        var files = paths.Select(ReadFile).ToList();
        var config = Merged([.. files.Select(file => file.Config)]);
        var chosen = context ?? config.CurrentContext;
        var details = config.Contexts?.FirstOrDefault(candidate => candidate.Name == chosen)?.ContextDetails;
        if (context is not null && details is null)
        {
            throw new k8s.Exceptions.KubeConfigException(
                $"there is no context '{context}', but {(config.Contexts?.Any() == true ? string.Join(", ", config.Contexts.Select(known => known.Name)) : "none at all")}");
        }

        var user = config.Users?.FirstOrDefault(candidate => candidate.Name == details?.User)?.UserCredentials;
        var tokenFile = files.Select(file => file.TokenFiles.FirstOrDefault(candidate => candidate.Name == details?.User)?.User?.TokenFile is { } found ? Beside(file.Path, found) : null)
            .FirstOrDefault(found => found is not null);

        // The client refuses a user without credentials it knows, which kubectl takes for nobody: a proxy or a test server asks for none.
        if (details is not null && user is
            {
                Token: null or "", UserName: null or "", ClientCertificate: null or "", ClientCertificateData: null or "",
                AuthProvider: null, ExternalExecution: null,
            })
        {
            details.User = null;
        }

        var configuration = KubernetesClientConfiguration.BuildConfigFromConfigObject(config, context, null);
        if (tokenFile is not null && string.IsNullOrEmpty(user?.Token))
        {
            // Read again every minute: whoever issues the token may replace it.
            configuration.TokenProvider = new TokenFileAuth(tokenFile);
        }

        return configuration;
    }

    private static (string Path, K8SConfiguration Config, List<NamedUser> TokenFiles) ReadFile(string path)
    {
        var text = File.ReadAllText(path);
        var reader = new DeserializerBuilder().IgnoreUnmatchedProperties().Build();
        var config = reader.Deserialize<K8SConfiguration>(text) ?? throw new k8s.Exceptions.KubeConfigException($"{path} is empty");

        // Paths within are relative to the file.
        config.FileName = Path.GetFullPath(path);
        return (path, config, reader.Deserialize<UsersWithTokenFiles>(text).Users);
    }

    private static K8SConfiguration Merged(List<K8SConfiguration> files)
    {
        if (files is [var only]) return only;
        foreach (var file in files)
        {
            foreach (var cluster in file.Clusters ?? [])
                cluster.ClusterEndpoint.CertificateAuthority = Beside(file.FileName, cluster.ClusterEndpoint.CertificateAuthority);
            foreach (var user in file.Users ?? [])
            {
                user.UserCredentials.ClientCertificate = Beside(file.FileName, user.UserCredentials.ClientCertificate);
                user.UserCredentials.ClientKey = Beside(file.FileName, user.UserCredentials.ClientKey);
            }
        }

        return new K8SConfiguration
        {
            FileName = files[0].FileName,
            CurrentContext = files.Select(file => file.CurrentContext).FirstOrDefault(current => !string.IsNullOrEmpty(current)),
            Clusters = [.. files.SelectMany(file => file.Clusters ?? []).DistinctBy(cluster => cluster.Name)],
            Contexts = [.. files.SelectMany(file => file.Contexts ?? []).DistinctBy(named => named.Name)],
            Users = [.. files.SelectMany(file => file.Users ?? []).DistinctBy(user => user.Name)],
        };
    }

    private static string? Beside(string file, string? path) =>
        string.IsNullOrEmpty(path) ? path : Path.GetFullPath(path, Path.GetDirectoryName(Path.GetFullPath(file))!);

    // The client's model lacks users[].user.tokenFile.
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
