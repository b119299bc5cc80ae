using System.CommandLine;
using Nemotron.Controllers;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Cli.Clusters;

/// <summary>Which cluster a command looks at, and where in it: the options that kubectl has, by the same names.</summary>
internal sealed class ClusterOptions
{
    private const int DefaultTimeoutSeconds = 15;

    private readonly Option<FileInfo?> _kubeconfig = new("--kubeconfig") { Description = "Path of a kubeconfig; KUBECONFIG, else ~/.kube/config if absent." };

    private readonly Option<string?> _context = new("--context") { Description = "The kubeconfig's context; the current one if absent." };

    private readonly Option<string?> _namespace = new("--namespace", "-n") { Description = "The namespace; the context's if absent." };

    private readonly Option<bool> _all = new("--all-namespaces", "-A") { Description = "Look in all namespaces." };

    private readonly Option<string?> _timeout = new("--request-timeout") { Description = $"How long one request may take, such as 30s; {DefaultTimeoutSeconds}s if absent." };

    /// <summary>Puts the options on a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="allNamespaces">Whether it can look in all namespaces.</param>
    public void AddTo(Command command, bool allNamespaces)
    {
        command.Options.Add(_kubeconfig);
        command.Options.Add(_context);
        command.Options.Add(_namespace);
        if (allNamespaces)
        {
            command.Options.Add(_all);
            command.Validators.Add(result =>
            {
                if (result.GetValue(_all) && result.GetValue(_namespace) is not null) result.AddError("give -n or -A, not both");
            });
        }

        command.Options.Add(_timeout);
    }

    /// <summary>Reads the kubeconfig; nothing is sent yet.</summary>
    /// <exception cref="KubeconfigException">It cannot be used.</exception>
    /// <exception cref="BadInputException">The timeout cannot be read.</exception>
    public ApiConnection Open(ParseResult given, TimeProvider time) => ApiConnection.Open(
        given.GetValue(_kubeconfig)?.FullName,
        given.GetValue(_context),
        $"kubectl-nemotron/{typeof(ClusterOptions).Assembly.GetName().Version?.ToString(3)}",
        time,
        Timeout(given.GetValue(_timeout)),
        ControllersJson.Default);

    /// <summary>The namespace that is meant; null for all.</summary>
    public string? Namespace(ParseResult given, ApiConnection cluster) =>
        given.GetResult(_all) is not null && given.GetValue(_all) ? null : given.GetValue(_namespace) ?? cluster.Namespace;

    private static TimeSpan Timeout(string? text) => text is null ? TimeSpan.FromSeconds(DefaultTimeoutSeconds)
        : Duration.TryParse(text, out var timeout) && timeout.Value > TimeSpan.Zero ? timeout.Value
        : throw new BadInputException($"--request-timeout must be a duration above zero such as 30s, not '{text}'");
}
