using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Views;

namespace Nemotron.Cli.Doctor.Checks;

/// <summary>Prometheus answers, and scrapes every replica's gateway.</summary>
internal static class PrometheusCheck
{
    private const string Name = "Prometheus";
    private const int MostNamed = 3;

    public static CheckResult Of(Survey survey)
    {
        if (survey.Prometheus is not { } prometheus) return CheckResult.NotDone(Name, "no --prometheus-url was given");
        var subject = $"Prometheus {prometheus.Url}";
        if (prometheus.Trouble is { } trouble)
            return new CheckResult(Name, $"{prometheus.Url}", [Finding.Fault(subject, $"It does not answer: {trouble}.", "Give the address of its HTTP API; from outside the cluster, kubectl port-forward it first.")]);
        if (survey.Servers.Value is not { } servers) return CheckResult.NotDone(Name, survey.Servers.Trouble!);
        var ready = servers.Where(pod => pod.Ready).ToList();
        var findings = new List<Finding>();
        // An engine without a gateway in front of it is scraped itself.
        if (Missing(ready.Where(HasGateway), prometheus.Gateways) is { Count: > 0 } gateways)
            findings.Add(Finding.Fault(subject, $"It has no series of the gateways of {Listed(gateways)}: {gateways.Count} of {ready.Count} ready replicas are not scraped.", "Scrape the pods' port gateway-admin, path /metrics, with labels namespace and pod (a PodMonitor that selects serving.nemotron.dev/role=server)."));
        if (Missing(ready.Where(pod => !HasGateway(pod)), prometheus.Targets) is { Count: > 0 } engines)
            findings.Add(Finding.Fault(subject, $"It scrapes nothing of {Listed(engines)}.", "Scrape the pods' engines, with labels namespace and pod."));
        return new CheckResult(Name, $"{ready.Count} replicas scraped", findings);
    }

    private static bool HasGateway(PodView pod) => pod.Status?.ContainerStatuses?.Any(container => container.Name == GatewayContainer.Name) == true;

    private static List<string> Missing(IEnumerable<PodView> pods, IReadOnlySet<(string, string)> scraped) =>
        [.. pods.Where(pod => !scraped.Contains((pod.Metadata.NamespaceProperty ?? "", pod.Metadata.Name))).Select(pod => $"{pod.Metadata.NamespaceProperty}/{pod.Metadata.Name}").Order(StringComparer.Ordinal)];

    private static string Listed(List<string> pods) => string.Join(", ", pods.Take(MostNamed)) + (pods.Count > MostNamed ? " and others" : "");
}
