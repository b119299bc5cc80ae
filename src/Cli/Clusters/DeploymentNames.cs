using System.CommandLine;
using System.Text.Json;
using k8s.Autorest;
using Nemotron.Kube;

namespace Nemotron.Cli.Clusters;

/// <summary>Completes the names of NemotronDeployments from the cluster; says nothing where that does not answer.</summary>
internal static class DeploymentNames
{
    // Longer than this nobody waits for a tab.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static void AddTo<T>(Argument<T> name, ClusterOptions cluster, Terminal terminal) => name.CompletionSources.Add(context =>
    {
        try
        {
            using var limit = new CancellationTokenSource(Patience, terminal.Time);
            using var api = cluster.Open(context.ParseResult, terminal.Time);
            return DeploymentLookup.AllAsync(api, cluster.Namespace(context.ParseResult, api), limit.Token).GetAwaiter().GetResult()
                .Select(entity => new System.CommandLine.Completions.CompletionItem(entity.Metadata.Name));
        }
        catch (Exception e) when (e is KubeconfigException or HttpOperationException or HttpRequestException or TimeoutException or JsonException or OperationCanceledException or NotFoundException or BadInputException)
        {
            return [];
        }
    });
}
