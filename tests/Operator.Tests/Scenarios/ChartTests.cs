using System.Text.Json.Nodes;
using Nemotron.Crds;
using Nemotron.Operator.Tests.Harness;
using YamlDotNet.Serialization;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>What the chart makes of its values, by real helm; the API server of the Lab judges it.</summary>
public class ChartTests
{
    private const string Chart = "charts/nemotron-operator";
    private const string Everything =
        "monitoring.serviceMonitor.enabled=true,monitoring.podMonitors.enabled=true,monitoring.rules.enabled=true,monitoring.rules.runbookUrl=https://docs.example.org/runbooks,"
        + "networkPolicy.enabled=true,networkPolicy.models.namespaces={models},prometheus.url=http://prometheus.monitoring:9090,prometheus.tokenSecret.name=token,priorityClassName=system-cluster-critical";

    private static readonly string[] Matrix =
    [
        "",
        Everything,
        $"{Everything},webhook.certManager.enabled=true",
        "webhook.certManager.enabled=true,webhook.certManager.issuerRef.kind=ClusterIssuer,webhook.certManager.issuerRef.name=company",
        "webhook.enabled=false,tests.enabled=false,monitoring.dashboards.enabled=false,monitoring.service.enabled=false,podDisruptionBudget.enabled=false",
        "networkPolicy.enabled=true,networkPolicy.models.namespaces={models},networkPolicy.models.grpc=false,webhook.enabled=false,networkPolicy.apiServer.cidrs={10.0.0.1/32},networkPolicy.prometheus.podSelector.matchLabels.app=prometheus",
        "watchNamespaces={models,nemotron-system},monitoring.podMonitors.enabled=true,replicaCount=1,leaderElection.enabled=false,serviceAccount.create=false,serviceAccount.name=mine,rbac.create=false",
        "catalogue.models.a\\.yaml=x,catalogue.gpus.b\\.yaml=y,imagePullSecrets[0].name=pull,nodeSelector.role=system,tolerations[0].operator=Exists,extraArgs={--max-concurrent-reconciles=8},gateway.apiKeySecrets={nano-keys}",
        "monitoring.dashboards.annotations.grafana_folder=Nemotron,monitoring.dashboards.namespace=models,podDisruptionBudget.maxUnavailable=50%,topologySpreadConstraints[0].maxSkew=1,topologySpreadConstraints[0].topologyKey=zone,topologySpreadConstraints[0].whenUnsatisfiable=DoNotSchedule",
    ];

    [Fact]
    public async Task Every_rendering_is_taken_by_an_API_server()
    {
        await using var cluster = await TestCluster.StartAsync("1xCPU");
        await cluster.ApplyAsync(OutsideKinds.All);
        (await cluster.Kubectl.RunAsync("wait --for=condition=Established crd --all --timeout=30s")).Succeeded();
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, "apiVersion: v1\nkind: Namespace\nmetadata: {name: nemotron-system}"));
        var kinds = new SortedSet<string>();
        foreach (var values in Matrix)
        {
            (await cluster.Helm.RunAsync(["lint", "--strict", Chart, "--set", values])).Succeeded();
            var manifests = await RenderAsync(values);
            (await cluster.Kubectl.RunAsync("apply --dry-run=server --validate=strict -f -", manifests)).ExitCode.ShouldBe(0, $"{values}\n{(await cluster.Kubectl.RunAsync("apply --dry-run=server -f -", manifests)).Error}");
            foreach (var manifest in Documents(manifests)) kinds.Add(manifest["kind"]!.GetValue<string>());
        }

        kinds.ShouldBe([
            "Certificate", "ClusterRole", "ClusterRoleBinding", "ConfigMap", "Deployment", "Issuer", "NetworkPolicy", "Pod", "PodDisruptionBudget", "PodMonitor", "PrometheusRule", "Role", "RoleBinding",
            "Service", "ServiceAccount", "ServiceMonitor", "ValidatingWebhookConfiguration"]);
        Console.WriteLine($"measured: {Matrix.Length} sets of values, {kinds.Count} kinds, all taken by the Lab's API server");
    }

    [Theory]
    [InlineData("watchNamespaces=a", "watchNamespaces: Invalid type. Expected: array, given: string")]
    [InlineData("watchNamespaces={a,b,a}", "watchNamespaces: array items[0,2] must be unique")]
    [InlineData("watchNamespaces={Models}", "watchNamespaces.0: Does not match pattern")]
    [InlineData("watchNamespace=models", "watchNamespace is gone since 0.2.0: set watchNamespaces={models} in its place")]
    [InlineData("watchNamespaceses={a}", "Additional property watchNamespaceses is not allowed")]
    [InlineData("webhook.timeoutSeconds=60", "webhook.timeoutSeconds: Must be less than or equal to 30")]
    [InlineData("log.level=Loud", "log.level must be one of the following: \"Trace\", \"Debug\", \"Information\", \"Warning\", \"Error\"")]
    [InlineData("prometheus.url=prometheus:9090", "prometheus.url: Does not match pattern '^$|^https?://[^ ]+$'")]
    [InlineData("replicaCount=two", "replicaCount: Invalid type. Expected: integer, given: string")]
    [InlineData("networkPolicy.apiServer.cidrs={everywhere}", "networkPolicy.apiServer.cidrs.0: Does not match pattern")]
    [InlineData("monitoring.serviceMonitor.enabled=true,monitoring.service.enabled=false", "monitoring.serviceMonitor.enabled needs monitoring.service.enabled")]
    [InlineData("extraArgs={max-concurrent-reconciles=8}", "extraArgs.0: Does not match pattern '^--'")]
    [InlineData("leaderElection.enabled=false", "leaderElection.enabled=false lets every operator act, and two undo each other's work: set replicaCount to 1")]
    public async Task Wrong_values_are_refused_by_name(string values, string says)
    {
        var result = await new Tool("helm", "/nowhere/kubeconfig").RunAsync(["template", "x", Chart, "--set", values]);
        result.ExitCode.ShouldBe(1);
        result.Error.ShouldContain(says);
    }

    [Fact]
    public async Task Every_value_is_in_the_schema_and_explained()
    {
        var values = File.ReadAllLines(Repository.PathOf(Chart, "values.yaml"));
        var schema = JsonNode.Parse(File.ReadAllText(Repository.PathOf(Chart, "values.schema.json")))!;
        var top = values.Where(line => line.Length > 0 && char.IsAsciiLetter(line[0])).Select(line => line.Split(':')[0]).ToList();
        // Of an earlier chart: it is refused by a template, which can say what to set instead.
        const string gone = "watchNamespace";
        top.Append("global").Append(gone).Order().ShouldBe(schema["properties"]!.AsObject().Select(property => property.Key).Order());
        Open(schema).ShouldBeEmpty("objects that take any key");
        // The chart's own values pass: else nobody's would.
        await RenderAsync("");

        static IEnumerable<string> Open(JsonNode node) => node is JsonObject schema
            ? (schema.ContainsKey("properties") && schema["additionalProperties"]?.GetValueKind() != System.Text.Json.JsonValueKind.False ? [schema.ToJsonString()] : Array.Empty<string>())
                .Concat(schema.Where(pair => pair.Value is not null).SelectMany(pair => Open(pair.Value!)))
            : [];
    }

    [Fact]
    public async Task Pods_are_restricted_as_the_Pod_Security_Standard_has_it()
    {
        foreach (var manifest in Documents(await RenderAsync(Everything)))
        {
            if ((manifest["kind"]!.GetValue<string>() switch { "Deployment" => manifest["spec"]!["template"]!["spec"], "Pod" => manifest["spec"], _ => null }) is not { } pod) continue;
            pod["securityContext"]!["runAsNonRoot"]!.GetValue<string>().ShouldBe("true");
            pod["securityContext"]!["seccompProfile"]!["type"]!.GetValue<string>().ShouldBe("RuntimeDefault");
            foreach (var banned in new[] { "hostNetwork", "hostPID", "hostIPC" }) pod[banned].ShouldBeNull();
            foreach (var volume in pod["volumes"]?.AsArray() ?? []) volume!["hostPath"].ShouldBeNull();
            foreach (var container in pod["containers"]!.AsArray())
            {
                var context = container!["securityContext"]!;
                context["allowPrivilegeEscalation"]!.GetValue<string>().ShouldBe("false");
                context["readOnlyRootFilesystem"]!.GetValue<string>().ShouldBe("true");
                context["capabilities"]!["drop"]!.AsArray().Select(word => word!.GetValue<string>()).ShouldBe(["ALL"]);
                container["resources"]!["limits"]!["memory"].ShouldNotBeNull();
            }
        }
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("leaderElection.enabled=false,replicaCount=1", "Recreate")]
    [InlineData("leaderElection.enabled=false,replicaCount=0", "Recreate")]
    public async Task Without_a_Lease_no_two_operators_run_at_once(string values, string? strategy)
    {
        var operators = Documents(await RenderAsync(values)).Single(manifest => manifest["kind"]!.GetValue<string>() == "Deployment");
        ((string?)operators["spec"]!["strategy"]?["type"]).ShouldBe(strategy);
    }

    [Fact]
    public async Task Helm_and_kustomize_run_the_same_pod()
    {
        var helm = PodOf(Documents(await RenderAsync("")));
        var kustomize = PodOf(Documents((await new Tool("kubectl", "/nowhere/kubeconfig").RunAsync("kustomize config/default")).Succeeded()));
        foreach (var key in new[] { "securityContext", "terminationGracePeriodSeconds", "volumes" }) Same(helm[key], kustomize[key], key);
        foreach (var key in new[] { "env", "ports", "livenessProbe", "readinessProbe", "resources", "securityContext", "volumeMounts" })
            Same(helm["containers"]![0]![key], kustomize["containers"]![0]![key], key);
        Same(helm["topologySpreadConstraints"]![0]!["topologyKey"], kustomize["topologySpreadConstraints"]![0]!["topologyKey"], "topologyKey");

        static void Same(JsonNode? one, JsonNode? other, string key) => JsonNode.DeepEquals(one, other).ShouldBeTrue($"{key}: {one?.ToJsonString()} and {other?.ToJsonString()}");

        static JsonNode PodOf(IEnumerable<JsonNode> manifests) => manifests.Single(manifest => manifest["kind"]!.GetValue<string>() == "Deployment")["spec"]!["template"]!["spec"]!;
    }

    [Fact]
    public async Task The_rules_are_those_of_the_rule_files()
    {
        var made = Documents(await RenderAsync("monitoring.rules.enabled=true")).Single(manifest => manifest["kind"]!.GetValue<string>() == "PrometheusRule");
        var plain = Documents(File.ReadAllText(Repository.PathOf("config", "prometheus", "operator", "prometheusrule.yaml"))).Single();
        // Whether the last line of a block ends is no difference.
        Text(made).ShouldBe(Text(plain));
        made["spec"]!["groups"]![0]!["rules"]![0]!["annotations"]!["runbook"]!.GetValue<string>().ShouldBe("docs/runbooks/NemotronModelDown.md");
        var linked = Documents(await RenderAsync(Everything)).Single(manifest => manifest["kind"]!.GetValue<string>() == "PrometheusRule");
        linked["spec"]!["groups"]![0]!["rules"]![0]!["annotations"]!["runbook_url"]!.GetValue<string>().ShouldBe("https://docs.example.org/runbooks/NemotronModelDown.md");

        static string Text(JsonNode rule) => rule["spec"]!.ToJsonString().Replace("\\n\"", "\"", StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_PodMonitor_of_its_own_scrapes_the_one_for_all_leaves_out()
    {
        var plain = Documents(File.ReadAllText(Repository.PathOf("config", "prometheus", "operator", "monitors.yaml")));
        foreach (var (monitors, from) in new[] { (Documents(await RenderAsync(Everything)), "chart"), (plain, "plain manifests") })
        {
            var selector = monitors.Single(manifest => manifest["kind"]!.GetValue<string>() == "PodMonitor")["spec"]!["selector"]!["matchExpressions"]!.AsArray();
            selector.Select(rule => $"{rule!["key"]} {rule["operator"]}").ShouldBe([$"{NemotronLabels.Deployment} Exists", $"{NemotronLabels.PodMonitor} DoesNotExist"], from);
        }
    }

    [Fact]
    public async Task Dashboards_come_with_the_sidecars_label()
    {
        var maps = Documents(await RenderAsync("")).Where(manifest => manifest["kind"]!.GetValue<string>() == "ConfigMap").ToList();
        maps.Select(map => map["data"]!.AsObject().Single().Key).ShouldBe(["nemotron-deployment.json", "nemotron-fleet.json", "nemotron-node-pool.json", "nemotron-operator.json"]);
        maps.ShouldAllBe(map => map["metadata"]!["labels"]!["grafana_dashboard"]!.GetValue<string>() == "1");
        foreach (var map in maps)
        {
            var (file, text) = map["data"]!.AsObject().Single();
            text!.GetValue<string>().TrimEnd().ShouldBe(File.ReadAllText(Repository.PathOf("config", "grafana", file)).TrimEnd());
        }

        (await new Tool("kubectl", "/nowhere/kubeconfig").RunAsync("kustomize config/grafana")).Succeeded().Split("grafana_dashboard: \"1\"").Length.ShouldBe(5);
    }

    [Fact]
    public async Task Without_the_webhooks_own_certificate_nobody_may_read_Secrets()
    {
        var rendered = await RenderAsync("webhook.certManager.enabled=true");
        Documents(rendered).Where(manifest => manifest["kind"]!.GetValue<string>() is "Role" or "ClusterRole").ShouldAllBe(role => !role.ToJsonString().Contains("secrets") && !role.ToJsonString().Contains("validatingwebhook"));
        rendered.ShouldContain("cert-manager.io/inject-ca-from: nemotron-system/x-nemotron-operator-webhook");
        rendered.ShouldContain("--webhook-certificates=/etc/nemotron/webhook");
    }

    private static async Task<string> RenderAsync(string values) =>
        (await new Tool("helm", "/nowhere/kubeconfig").RunAsync(["template", "x", Chart, "--namespace", "nemotron-system", "--set", values])).Succeeded();

    // Scalars come as text: that is enough to compare.
    private static IEnumerable<JsonNode> Documents(string yaml) => yaml.Split("\n---\n")
        .Select(document => new DeserializerBuilder().Build().Deserialize<object?>(document))
        .Where(document => document is not null)
        .Select(document => JsonNode.Parse(new SerializerBuilder().JsonCompatible().Build().Serialize(document!))!)
        .Where(document => document["kind"] is not null);
}
