using System.Text.Json.Nodes;
using k8s.Models;
using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Cli.Doctor;

/// <summary>All of a cluster that the checks look at, as it was at one time.</summary>
internal sealed record Survey
{
    /// <summary>When.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>CustomResourceDefinitions by name.</summary>
    public required Known<IReadOnlyDictionary<string, JsonObject>> Definitions { get; init; }

    /// <summary>The operator's Deployments: one, where all is well.</summary>
    public required Known<IReadOnlyList<OperatorFacts>> Operators { get; init; }

    /// <summary>Leases of the operator's name in all namespaces.</summary>
    public required Known<IReadOnlyList<JsonObject>> Leases { get; init; }

    /// <summary>Nodes.</summary>
    public required Known<IReadOnlyList<NodeView>> Nodes { get; init; }

    /// <summary>Pools.</summary>
    public required Known<IReadOnlyList<GpuNodePool>> Pools { get; init; }

    /// <summary>Deployments of all namespaces.</summary>
    public required Known<IReadOnlyList<NemotronDeployment>> Deployments { get; init; }

    /// <summary>Pods of the deployments that answer requests.</summary>
    public required Known<IReadOnlyList<PodView>> Servers { get; init; }

    /// <summary>Webhook configurations with a rule for our API group.</summary>
    public required Known<IReadOnlyList<WebhookFacts>> Webhooks { get; init; }

    /// <summary>What Prometheus says; null where no address was given.</summary>
    public required PrometheusFacts? Prometheus { get; init; }
}

/// <summary>Something that was asked for, or why it is not known.</summary>
/// <typeparam name="T">What was asked for.</typeparam>
/// <param name="Value">The answer; null where there is none.</param>
/// <param name="Trouble">Why there is none.</param>
internal sealed record Known<T>(T? Value, string? Trouble)
    where T : class;

/// <summary>An operator that is deployed.</summary>
/// <param name="Deployment">Its Deployment.</param>
/// <param name="Pods">Its pods.</param>
/// <param name="Missing">Rights that its service account lacks, as <c>verb resource.group</c>; null where that could not be asked.</param>
/// <param name="Asked">How many rights were asked about.</param>
/// <param name="NotAsked">Why none were.</param>
internal sealed record OperatorFacts(V1Deployment Deployment, IReadOnlyList<PodView> Pods, IReadOnlyList<string>? Missing, int Asked, string? NotAsked)
{
    /// <summary>Its namespace.</summary>
    public string Namespace => Deployment.Metadata.NamespaceProperty ?? "default";

    /// <summary>Its service account.</summary>
    public string ServiceAccount => Deployment.Spec.Template.Spec.ServiceAccountName is { Length: > 0 } name ? name : "default";

    /// <summary>The namespaces that it acts in; none: all.</summary>
    public IReadOnlyList<string> WatchedNamespaces => [.. Arguments("--namespace").Distinct(StringComparer.Ordinal)];

    /// <summary>The value of one of its command-line arguments; null where it is not given.</summary>
    public string? Argument(string option) => Arguments(option).FirstOrDefault();

    private IEnumerable<string> Arguments(string option)
    {
        var arguments = Deployment.Spec.Template.Spec.Containers.SelectMany(container => container.Args ?? []).ToList();
        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i].StartsWith(option + "=", StringComparison.Ordinal)) yield return arguments[i][(option.Length + 1)..];
            else if (arguments[i] == option && i + 1 < arguments.Count) yield return arguments[++i];
        }
    }
}

/// <summary>A webhook configuration.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Hooks">Its webhooks that concern our API group.</param>
/// <param name="ReadyEndpoints">Ready endpoints of their Service; null where that could not be read.</param>
/// <param name="Answer">What came of a request that the webhook refuses; null where none was made.</param>
internal sealed record WebhookFacts(string Name, IReadOnlyList<JsonObject> Hooks, int? ReadyEndpoints, ProbeAnswer? Answer);

/// <summary>What came of a request that a webhook refuses.</summary>
internal enum ProbeAnswer
{
    /// <summary>It was refused, in the webhook's words.</summary>
    Refused,

    /// <summary>It was let through: the webhook was not asked, or gave no answer.</summary>
    LetThrough,

    /// <summary>The user may not make it.</summary>
    NotAllowed,
}

/// <summary>What Prometheus says.</summary>
/// <param name="Url">Where it was asked.</param>
/// <param name="Trouble">Why it does not answer; null where it does.</param>
/// <param name="Gateways">Pods of which it has a gateway's series, as namespace and name.</param>
/// <param name="Targets">Pods of which it has any target that answers scrapes.</param>
internal sealed record PrometheusFacts(Uri Url, string? Trouble, IReadOnlySet<(string Namespace, string Pod)> Gateways, IReadOnlySet<(string Namespace, string Pod)> Targets);
