using System.Text.Json.Nodes;
using k8s;
using Nemotron.Crds;
using Nemotron.Lab.Api;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>
/// From the previous release to this one by the commands of docs/install.md. tests/Operator.Tests/Upgrades has what that release was: its chart as <c>helm package</c> made it
/// of the commit that its files name, and what its operator wrote of two models. They are never edited.
/// </summary>
public class UpgradeTests
{
    private const string Release = "nemotron";
    private const string Namespace = "nemotron-system";
    private const string Operator = "nemotron-nemotron-operator";
    private const string Previous = "tests/Operator.Tests/Upgrades/0.1.0";
    private const string PreviousChart = $"{Previous}/nemotron-operator-0.1.0.tgz";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task What_is_served_lives_through_the_upgrade_the_rollback_and_the_removal()
    {
        await using var cluster = await StartAsync();
        cluster.WebhookName = $"{Operator}-webhook";
        var models = new Models(cluster);
        await models.ServeAsPreviousReleaseAsync();
        var before = await models.ReadAsync();
        (await ImageAsync(cluster)).ShouldBe("nemotron-operator:0.1.0");

        foreach (var command in Documented()) await RunAsync(cluster, command);
        (await ImageAsync(cluster)).ShouldBe($"nemotron-operator:{Version}");
        (await models.ReadAsync()).ShouldBe(before, "no operator has started yet: the chart itself touches nothing that serves");

        // The Lab's pods are simulated: the operator that the chart describes runs here, as its service account.
        var mark = await models.MarkAsync();
        var process = await cluster.StartOperatorAsync(leaderElect: true, account: Operator);
        await models.UntilRolledOutAsync();
        var after = await models.ReadAsync();
        after.Declared.ShouldBe(before.Declared, "the operator writes no spec");
        after.Children.ShouldBe(before.Children, "what the older operator made is kept and adapted, not made anew");
        Rights.Forbidden(cluster.AuditFile, $"system:serviceaccount:{Namespace}:{Operator}").ShouldBeEmpty();
        var history = await models.ReadyPodsSinceAsync(mark);
        history["nano"].Min().ShouldBeGreaterThanOrEqualTo(1);
        history["triton"].Min().ShouldBeGreaterThanOrEqualTo(2);
        Console.WriteLine($"measured: 0.1.0 to {Version}: {before.Pods.Except(after.Pods).Count()} of {before.Pods.Count} pods replaced, {history["nano"].Count} changes of pods, after each as many ready as asked for");

        await cluster.StopAsync(process);
        await RunAsync(cluster, $"helm rollback {Release} 1 --namespace {Namespace} --wait --timeout 60s");
        (await ImageAsync(cluster)).ShouldBe("nemotron-operator:0.1.0");
        await RunAsync(cluster, $"helm uninstall {Release} --namespace {Namespace} --wait --timeout 60s");
        (await models.ReadAsync()).ShouldBe(after, "neither an older chart nor none touches what serves");
        (await cluster.Kubectl.RunAsync("get crd -o name")).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(4);
    }

    [Fact]
    public async Task One_namespace_of_the_previous_release_is_not_taken_for_all()
    {
        await using var cluster = await StartAsync("--set watchNamespace=models");
        var (crds, upgrade) = (Documented()[0], Documented()[1]);
        await RunAsync(cluster, crds);
        (await cluster.Helm.RunAsync(upgrade["helm ".Length..])).Error.ShouldContain("watchNamespace is gone since 0.2.0: set watchNamespaces={models} in its place");
        (await ImageAsync(cluster)).ShouldBe("nemotron-operator:0.1.0", "what was refused changed nothing");

        await RunAsync(cluster, $"{upgrade} --set watchNamespace= --set watchNamespaces={{models}}");
        (await ArgumentsAsync(cluster)).Split(' ').Where(argument => argument.StartsWith("--namespace", StringComparison.Ordinal)).ShouldBe(["--namespace=models"]);
        var account = $"system:serviceaccount:{Namespace}:{Operator}";
        (await cluster.Kubectl.RunAsync($"auth can-i list pods --namespace models --as {account}")).Output.Trim().ShouldBe("yes");
        (await cluster.Kubectl.RunAsync($"auth can-i list pods --namespace default --as {account}")).Output.Trim().ShouldBe("no");
    }

    [Theory]
    [InlineData("")]
    [InlineData("networkPolicy.enabled=true,networkPolicy.models.namespaces={models},webhook.certManager.enabled=true,monitoring.rules.enabled=true,monitoring.podMonitors.enabled=true,prometheus.url=http://prometheus:9090")]
    public async Task A_value_that_the_previous_release_did_not_know_counts_as_its_default(string values)
    {
        var helm = new Tool("helm", "/nowhere/kubeconfig");
        // What --reuse-values does: this chart's templates get that chart's values.
        var reused = Directory.CreateTempSubdirectory("nemotron-chart-").FullName;
        try
        {
            var chart = Repository.PathOf("charts", "nemotron-operator");
            foreach (var file in Directory.EnumerateFiles(chart, "*", SearchOption.AllDirectories))
            {
                var copy = Path.Combine(reused, Path.GetRelativePath(chart, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }

            await File.WriteAllTextAsync(Path.Combine(reused, "values.yaml"), (await helm.RunAsync(["show", "values", PreviousChart])).Succeeded(), TestContext.Current.CancellationToken);
            (await RenderAsync(reused)).ShouldBe(await RenderAsync(chart));
        }
        finally
        {
            Directory.Delete(reused, recursive: true);
        }

        async Task<string> RenderAsync(string chart) => (await helm.RunAsync(["template", "x", chart, "--is-upgrade", "--set", values])).Succeeded();
    }

    [Fact]
    public void The_chart_and_the_plain_manifests_are_of_this_version()
    {
        File.ReadAllText(Repository.PathOf("charts", "nemotron-operator", "Chart.yaml")).ShouldContain($"\nversion: {Version}\nappVersion: \"{Version}\"\n");
        var operators = File.ReadAllText(Repository.PathOf("config", "operator", "deployment.yaml"));
        operators.ShouldContain($"image: nemotron-operator:{Version}\n");
        operators.ShouldContain($"--gateway-image=nemotron-gateway:{Version}\n");
    }

    private static string Version { get; } = typeof(OperatorHost).Assembly.GetName().Version!.ToString(3);

    private static async Task<TestCluster> StartAsync(string values = "")
    {
        var cluster = await TestCluster.StartAsync("2xH100:8", crds: false, authorization: AuthorizationMode.Rbac);
        await cluster.ApplyAsync(Fleets.Namespace);
        await RunAsync(cluster, $"helm install {Release} {PreviousChart} --namespace {Namespace} --create-namespace --wait --timeout 60s {values}");
        (await cluster.Kubectl.RunAsync("wait --for=condition=Established crd --all --timeout=30s")).Succeeded();
        return cluster;
    }

    // The block of commands under "## Upgrading".
    private static List<string> Documented()
    {
        var page = File.ReadAllText(Repository.PathOf("docs", "install.md"));
        var block = page[page.IndexOf("\n## Upgrading", StringComparison.Ordinal)..].Split("```sh\n")[1].Split("```")[0];
        var commands = block.Split('\n', StringSplitOptions.RemoveEmptyEntries).ToList();
        commands.Count.ShouldBe(2, "CRDs, then the chart");
        return commands;
    }

    private static async Task RunAsync(TestCluster cluster, string command)
    {
        var (tool, arguments) = command.Split(' ', 2) is [var name, var rest] ? (name == "helm" ? cluster.Helm : cluster.Kubectl, rest) : throw new ArgumentException(command);
        (await tool.RunAsync(arguments)).Succeeded();
    }

    private static async Task<string> ImageAsync(TestCluster cluster) => await OfContainerAsync(cluster, "image");

    private static async Task<string> ArgumentsAsync(TestCluster cluster) => await OfContainerAsync(cluster, "args[*]");

    private static async Task<string> OfContainerAsync(TestCluster cluster, string field) =>
        (await cluster.Kubectl.RunAsync($"-n {Namespace} get deploy {Operator} -o jsonpath={{.spec.template.spec.containers[0].{field}}}")).Succeeded();

    /// <summary>What was declared, as <c>kind/name generation</c>; children as <c>kind/name uid</c>; pods as <c>name restarts</c>.</summary>
    private sealed record Picture(IReadOnlyList<string> Declared, IReadOnlyList<string> Children, IReadOnlyList<string> Pods)
    {
        public void ShouldBe(Picture other, string why)
        {
            Declared.ShouldBe(other.Declared, why);
            Children.ShouldBe(other.Children, why);
            Pods.ShouldBe(other.Pods, why);
        }
    }

    /// <summary>A time: the pods that were ready, with their models, and the version of the list that said so.</summary>
    private sealed record Mark(string Version, IReadOnlyDictionary<string, string> Ready);

    private sealed class Models(TestCluster cluster)
    {
        private static readonly string[] Names = ["nano", "triton"];

        public async Task ServeAsPreviousReleaseAsync()
        {
            (await cluster.Kubectl.RunAsync($"apply -f {Previous}/declared.yaml")).Succeeded();
            var children = await File.ReadAllTextAsync(Repository.PathOf(Previous, "children.yaml"), TestContext.Current.CancellationToken);
            foreach (var name in Names) children = children.Replace($"UID-OF-{name.ToUpperInvariant()}", cluster.Deployment(name)!.Metadata.Uid, StringComparison.Ordinal);
            (await cluster.Kubectl.RunAsync("apply --server-side --field-manager=nemotron-operator -f -", children)).Succeeded();
            foreach (var name in Names) (await cluster.Kubectl.RunAsync($"-n models rollout status deploy/{name} --timeout=60s")).Succeeded();
        }

        public Task UntilRolledOutAsync() => Until.TrueAsync(
            () => cluster.Deployments() is { Count: 2 } all && all.All(one => one.Is(ConditionTypes.Ready) && one.Condition(ConditionTypes.Progressing)?.Reason == ConditionReasons.RolledOut)
                && cluster.Client.ListNamespacedPod("models").Items.Count == 3,
            "all replicas to be of the newest template", Limit,
            () => string.Join("; ", cluster.Deployments().Select(one => $"{one.Metadata.Name}: {one.Condition(ConditionTypes.Progressing)?.Message} {one.Condition(ConditionTypes.Ready)?.Message}")));

        public async Task<Picture> ReadAsync() => new(
            [.. (await ItemsAsync("nemo,gnp -A")).Select(item => $"{Text(item, "kind")}/{Name(item)} {item["metadata"]!["generation"]} {item["spec"]!.ToJsonString()}")],
            [.. (await ItemsAsync("deploy,svc,cm,pdb,sa -n models -l app.kubernetes.io/managed-by=nemotron-operator")).Select(item => $"{Text(item, "kind")}/{Name(item)} {Text(item["metadata"]!, "uid")}")],
            [.. (await ItemsAsync("pods -n models")).Select(item => $"{Name(item)} {item["status"]!["containerStatuses"]!.AsArray().Sum(container => container!["restartCount"]!.GetValue<int>())}")]);

        /// <summary>Which pods are ready now, and from where on the watch tells what changes.</summary>
        public async Task<Mark> MarkAsync()
        {
            var list = JsonNode.Parse((await cluster.Kubectl.RunAsync("get --raw /api/v1/namespaces/models/pods")).Succeeded())!;
            return new(Text(list["metadata"]!, "resourceVersion"), list["items"]!.AsArray().Where(pod => IsReady(pod!)).ToDictionary(pod => Name(pod!), pod => Model(pod!)));
        }

        /// <summary>By model: how many of its pods were ready after each change of a pod. From the watch, which misses none.</summary>
        public async Task<IReadOnlyDictionary<string, List<int>>> ReadyPodsSinceAsync(Mark mark)
        {
            var ready = new Dictionary<string, string>(mark.Ready);
            var counts = Names.ToDictionary(name => name, _ => new List<int>());
            var events = (await cluster.Kubectl.RunAsync($"get --raw /api/v1/namespaces/models/pods?watch=true&resourceVersion={mark.Version}&timeoutSeconds=1")).Succeeded();
            foreach (var change in events.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!))
            {
                var pod = change["object"]!;
                if (Text(change, "type") != "DELETED" && IsReady(pod)) ready[Name(pod)] = Model(pod);
                else ready.Remove(Name(pod));
                foreach (var name in Names) counts[name].Add(ready.Values.Count(model => model == name));
            }

            return counts;
        }

        private static bool IsReady(JsonNode pod) => pod["metadata"]!["deletionTimestamp"] is null
            && pod["status"]?["conditions"]?.AsArray().Any(condition => Text(condition!, "type") == "Ready" && Text(condition!, "status") == "True") == true;

        private static string Model(JsonNode pod) => Text(pod["metadata"]!["labels"]!, NemotronLabels.Deployment);

        private async Task<IEnumerable<JsonNode>> ItemsAsync(string what) =>
            JsonNode.Parse((await cluster.Kubectl.RunAsync($"get {what} -o json")).Succeeded())!["items"]!.AsArray().Select(item => item!).OrderBy(item => $"{Text(item, "kind")}/{Name(item)}", StringComparer.Ordinal);

        private static string Name(JsonNode item) => Text(item["metadata"]!, "name");

        private static string Text(JsonNode item, string key) => item[key]!.GetValue<string>();
    }
}
