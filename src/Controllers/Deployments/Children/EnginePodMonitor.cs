using System.Globalization;
using k8s.Models;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Engines.Launch;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>The PodMonitor of one deployment: what those of chart and config/prometheus/operator do for all, with labels and an interval of its own.</summary>
internal static class EnginePodMonitor
{
    // What the schema fills in.
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(15);

    /// <summary>Whether one is asked for.</summary>
    public static bool Asked(NemotronDeploymentSpec spec) => spec.Monitoring?.PodMonitor is { Enabled: not false };

    /// <summary>Whether one is to be: without a gateway, and with an engine that has no metrics, there is nothing to scrape.</summary>
    public static bool Wanted(NemotronDeploymentSpec spec, GatewayPlan? gateway, LaunchSpec launch) => Asked(spec) && (gateway is not null || launch.Metrics is not null);

    /// <summary>The PodMonitor; null where none is to be, or the cluster has no such kind.</summary>
    public static PodMonitor? Build(NemotronDeployment owner, DecidedDeployment decided)
    {
        if (decided is not { OwnPodMonitor: true, PodMonitorsServed: true }) return null;
        var declared = owner.Spec.Monitoring!.PodMonitor!;
        var metadata = ChildMetadata.Of(owner, ChildNames.PodMonitor(owner.Metadata.Name));
        metadata.Labels = Merged.Over(declared.Labels, ChildLabels.Of(owner.Metadata.Name));
        return new PodMonitor
        {
            Metadata = metadata,
            Spec = new PodMonitorViewSpec
            {
                // Only the pods that the PodMonitors for all leave out: while a rollout brings the label or takes it away, each pod is scraped by one of the two.
                Selector = new V1LabelSelector { MatchLabels = Merged.Over(ChildLabels.Selector(owner.Metadata.Name), new Dictionary<string, string> { [NemotronLabels.PodMonitor] = NemotronLabels.OwnPodMonitor }) },
                PodMetricsEndpoints = [.. Endpoints(decided, Interval(declared.Interval?.Value ?? DefaultInterval))],
            },
        };
    }

    /// <summary>Whether a pod is of those that such a PodMonitor selects.</summary>
    public static bool Selects(PodView pod) => pod.Metadata.Labels?.TryGetValue(NemotronLabels.PodMonitor, out var value) == true && value == NemotronLabels.OwnPodMonitor;

    private static IEnumerable<PodMetricsEndpoint> Endpoints(DecidedDeployment decided, string interval)
    {
        if (decided.Gateway is not null) yield return Endpoint(GatewayContainer.AdminPortName, "/metrics", GatewayContainer.Name);
        if (decided.Launch.Metrics is { } metrics) yield return Endpoint(metrics.Port, metrics.Path, EngineContainer.Name);

        PodMetricsEndpoint Endpoint(string port, string path, string container) => new()
        {
            Port = port,
            Path = path,
            Interval = interval,
            Relabelings =
            [
                // The port http is the engine's only where there is no gateway, and during a rollout there may be pods of both kinds.
                new Relabeling { SourceLabels = ["__meta_kubernetes_pod_container_name"], Regex = container, Action = "keep" },
                new Relabeling { SourceLabels = ["__meta_kubernetes_pod_label_serving_nemotron_dev_deployment"], TargetLabel = "nemotrondeployment" },
            ],
        };
    }

    // Prometheus knows no fractions, which a duration of Kubernetes may have.
    private static string Interval(TimeSpan interval) => interval.Ticks % TimeSpan.TicksPerSecond == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{(long)interval.TotalSeconds}s")
        : string.Create(CultureInfo.InvariantCulture, $"{(long)Math.Ceiling(interval.TotalMilliseconds)}ms");
}
