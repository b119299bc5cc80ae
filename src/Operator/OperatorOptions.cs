using System.CommandLine;
using System.Text.RegularExpressions;
using Nemotron.Controllers.Scaling;

namespace Nemotron.Operator;

/// <summary>How log lines are written.</summary>
internal enum LogFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>One JSON object a line.</summary>
    Json,
}

/// <summary>The operator's command line.</summary>
internal sealed partial class OperatorOptions
{
    private readonly Option<FileInfo?> _kubeconfig = new("--kubeconfig")
    {
        Description = "Path of a kubeconfig. Without it: the pod's own service account, else KUBECONFIG or ~/.kube/config.",
    };

    private readonly Option<string[]> _namespaces = new("--namespace")
    {
        Description = "Act only on resources in this namespace, which may be given several times; cluster-scoped ones are always acted on. Without it: in all namespaces.",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<bool> _leaderElect = new("--leader-elect")
    {
        Description = "Take turns with other instances by a Lease, so that only one acts.",
        DefaultValueFactory = _ => true,
    };

    private readonly Option<string?> _leaderElectNamespace = new("--leader-elect-namespace")
    {
        Description = "Where that Lease lives. Without it: the namespace of the pod, or of the kubeconfig's context, else default.",
    };

    private readonly Option<int> _metricsPort = Port("--metrics-port", 8080, "Port of /metrics; 0 for none.");

    private readonly Option<int> _healthPort = Port("--health-port", 8081, "Port of /healthz and /readyz; 0 for none.");

    private readonly Option<int> _webhookPort = Port("--webhook-port", 9443, "Port of the admission webhooks, over HTTPS with a certificate that the operator makes; 0 for none.");

    private readonly Option<string> _webhookName = new("--webhook-name")
    {
        Description = "Name of the webhooks' Service, of the Secret with their certificate, and of their ValidatingWebhookConfiguration.",
        DefaultValueFactory = _ => "nemotron-operator-webhook",
    };

    private readonly Option<string?> _webhookNamespace = new("--webhook-namespace")
    {
        Description = "Where that Service and Secret live. Without it: the namespace of the pod, or of the kubeconfig's context, else default.",
    };

    private readonly Option<DirectoryInfo?> _webhookCertificates = new("--webhook-certificates")
    {
        Description = "A directory with tls.crt and tls.key, where others such as cert-manager keep the webhooks' certificate and have it trusted. Without it the operator makes, renews and has trusted its own.",
    };

    private readonly PrometheusOptions _prometheus = new();

    private readonly Option<LogLevel> _logLevel = new("--log-level") { Description = "The least severe lines to write.", DefaultValueFactory = _ => LogLevel.Information };

    private readonly Option<LogFormat> _logFormat = new("--log-format") { Description = "Text for people, Json for machines.", DefaultValueFactory = _ => LogFormat.Text };

    private readonly Option<DirectoryInfo?> _models = new("--models")
    {
        Description = "Add the models of this directory's YAML files to the built-in ones; one of the same name replaces it.",
    };

    private readonly Option<DirectoryInfo?> _gpus = new("--gpus")
    {
        Description = "Add the GPU types of this directory's YAML files to the built-in ones; one of the same name replaces it.",
    };

    private readonly Option<string?> _gatewayImage = new("--gateway-image")
    {
        Description = "The image of the gateway beside each engine, where a NemotronDeployment names none. Without it: nemotron-gateway with the operator's own version as its tag.",
    };

    private readonly Option<string?> _prometheusPeer = new("--prometheus-peer")
    {
        Description = "The pods that scrape, as a peer of a NetworkPolicy in JSON: NemotronDeployments with spec.networkPolicy let them in. Without it: all pods of the namespace monitoring.",
    };

    private readonly Option<bool> _probeReasoning = new("--probe-reasoning")
    {
        Description = "Ask a replica once per reasoning mode after each rollout whether it does what is declared. The operator must reach the pods for it.",
        DefaultValueFactory = _ => true,
    };

    private readonly Option<int> _concurrency = new("--max-concurrent-reconciles")
    {
        Description = "NemotronDeployments that are reconciled at once.",
        DefaultValueFactory = _ => 4,
    };

    private readonly Option<bool> _engineHealth = new("--engine-health")
    {
        Description = "Ask the engines at their pods' addresses how they are, and restart those that are hung or dead. False where the operator cannot reach pods: then what the kubelet says is all.",
        DefaultValueFactory = _ => true,
    };

    /// <summary>The command, running <paramref name="run"/>.</summary>
    public RootCommand Command(Func<OperatorSettingsOnCommandLine, CancellationToken, Task<int>> run)
    {
        _concurrency.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 256) result.AddError("--max-concurrent-reconciles must be between 1 and 256.");
        });
        _namespaces.Validators.Add(result =>
        {
            foreach (var ns in result.GetValueOrDefault<string[]>() ?? [])
                if (!NamespaceName().IsMatch(ns)) result.AddError($"--namespace: \"{ns}\" is no namespace's name: at most 63 lower-case letters, digits and dashes, none at an end. Give --namespace once for each.");
        });
        _webhookName.Validators.Add(result =>
        {
            if (Kube.WebhookCertificateSettings.Refusal(result.GetValueOrDefault<string>() ?? "") is { } refusal) result.AddError($"--webhook-name: {refusal}");
        });
        _prometheusPeer.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && NetworkPeerText.Fault(text) is { } fault) result.AddError($"--prometheus-peer {fault}");
        });
        var root = new RootCommand("Runs fleets of NVIDIA Llama-Nemotron models on the GPU nodes of a Kubernetes cluster.")
        {
            _kubeconfig, _namespaces, _leaderElect, _leaderElectNamespace, _metricsPort, _healthPort, _webhookPort, _webhookName, _webhookNamespace, _webhookCertificates, _logLevel, _logFormat,
            _models, _gpus, _gatewayImage, _prometheusPeer, _probeReasoning, _engineHealth, _concurrency,
        };
        _prometheus.AddTo(root);
        root.Add(ProbeCommand.Create());
        root.SetAction((parsed, cancellationToken) => run(
            new OperatorSettingsOnCommandLine(
                parsed.GetValue(_kubeconfig)?.FullName,
                parsed.GetValue(_namespaces) ?? [],
                parsed.GetValue(_leaderElect),
                parsed.GetValue(_leaderElectNamespace),
                parsed.GetValue(_metricsPort),
                parsed.GetValue(_healthPort),
                parsed.GetValue(_webhookPort),
                parsed.GetValue(_webhookName)!,
                parsed.GetValue(_webhookNamespace),
                parsed.GetValue(_logLevel),
                parsed.GetValue(_logFormat),
                parsed.GetValue(_models)?.FullName,
                parsed.GetValue(_gpus)?.FullName,
                parsed.GetValue(_concurrency),
                parsed.GetValue(_gatewayImage),
                parsed.GetValue(_probeReasoning),
                parsed.GetValue(_engineHealth))
            {
                Scaling = _prometheus.Read(parsed),
                WebhookCertificates = parsed.GetValue(_webhookCertificates)?.FullName,
                PrometheusPeer = parsed.GetValue(_prometheusPeer) is { } peer ? NetworkPeerText.Read(peer) : null,
            },
            cancellationToken));
        return root;
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\z")]
    private static partial Regex NamespaceName();

    private static Option<int> Port(string name, int port, string description)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => port };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 65535) result.AddError($"{name} must be between 0 and 65535.");
        });
        return option;
    }
}

/// <summary>What the command line says.</summary>
/// <param name="Kubeconfig">Full path of a kubeconfig, or null.</param>
/// <param name="Namespaces">The only namespaces to act in; none: all.</param>
/// <param name="LeaderElect">Whether to take turns by a Lease.</param>
/// <param name="LeaderElectNamespace">Where the Lease lives, or null.</param>
/// <param name="MetricsPort">0 for none.</param>
/// <param name="HealthPort">0 for none.</param>
/// <param name="WebhookPort">0 for none.</param>
/// <param name="WebhookName">Of their Service, Secret and configuration.</param>
/// <param name="WebhookNamespace">Of their Service and Secret, or null.</param>
/// <param name="LogLevel">The least severe lines to write.</param>
/// <param name="LogFormat">How lines are written.</param>
/// <param name="Models">A directory of models beyond the built-in ones, or null.</param>
/// <param name="Gpus">A directory of GPU types beyond the built-in ones, or null.</param>
/// <param name="MaxConcurrentReconciles">1 to 256.</param>
/// <param name="GatewayImage">The gateway's image, or null for the one of this version.</param>
/// <param name="ProbeReasoning">Whether replicas are asked for their reasoning modes.</param>
/// <param name="EngineHealth">Whether engines are asked how they are.</param>
internal sealed record OperatorSettingsOnCommandLine(
    string? Kubeconfig,
    IReadOnlyCollection<string> Namespaces,
    bool LeaderElect,
    string? LeaderElectNamespace,
    int MetricsPort,
    int HealthPort,
    int WebhookPort,
    string WebhookName,
    string? WebhookNamespace,
    LogLevel LogLevel,
    LogFormat LogFormat,
    string? Models,
    string? Gpus,
    int MaxConcurrentReconciles,
    string? GatewayImage = null,
    bool ProbeReasoning = true,
    bool EngineHealth = true)
{
    /// <summary>A directory with a certificate that others keep, or null.</summary>
    public string? WebhookCertificates { get; init; }

    /// <summary>The pods that scrape, or null for the usual ones.</summary>
    public k8s.Models.V1NetworkPolicyPeer? PrometheusPeer { get; init; }

    /// <summary>How the autoscaler works.</summary>
    public ScalingSettings Scaling { get; init; } = new();
}
