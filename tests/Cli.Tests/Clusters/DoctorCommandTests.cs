using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Nemotron.Lab.Api;

namespace Nemotron.Cli.Tests.Clusters;

/// <summary>A healthy cluster has no fault; each of a dozen that are put into it one by one is named with its fix.</summary>
public sealed class DoctorCommandTests
{
    private const string Operator = "nemotron-system";
    private const string Lease = $"apis/coordination.k8s.io/v1/namespaces/{Operator}/leases/nemotron-operator";
    private const string Role = "apis/rbac.authorization.k8s.io/v1/clusterroles/nemotron-operator";
    private const string Group = "apis/serving.nemotron.dev/v1alpha1";
    private const string Definitions = "apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private const string Hooks = "apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/nemotron-operator-webhook";

    [Fact]
    public async Task A_healthy_cluster_has_no_fault_and_each_seeded_one_is_named_with_its_fix()
    {
        await using var lab = await PluginLab.StartAsync("2xH100:8,1xCPU", authorization: AuthorizationMode.Rbac, with: Nemotron.Lab.Nodes.LabAddOns.LeaderWorkerSets);
        await using var webhook = await LocalServer.StartAsync(RefuseUnknownModels, tls: true);
        await using var prometheus = await LocalServer.StartAsync(AnswerNothing);
        await SettleAsync(lab, webhook);

        var healthy = Doctor(lab);
        healthy.Faults.ShouldBeEmpty();
        healthy.ExitCode.ShouldBe(0);

        var faults = 0;
        foreach (var (name, seed, undo, subject, what, fix) in Faults(lab, webhook))
        {
            await seed();
            var sick = Doctor(lab);
            var found = sick.Faults.ShouldHaveSingleItem($"{name}: {string.Join(" | ", sick.Faults)}");
            found.Subject.ShouldBe(subject, name);
            found.What.ShouldContain(what, Case.Sensitive, name);
            found.Fix.ShouldContain(fix, Case.Sensitive, name);
            sick.ExitCode.ShouldBe(ExitCodes.FaultFound, name);
            Console.WriteLine($"named: {found.Subject}: {found.What} fix: {found.Fix}");
            await undo();
            faults++;
        }

        faults.ShouldBeGreaterThanOrEqualTo(10);
        Doctor(lab).Faults.ShouldBeEmpty();

        await TrustAsync(lab, webhook, webhook.Bundle, more: "namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [models]}]}");
        Doctor(lab).Faults.ShouldBeEmpty("the user's own namespace is none that the webhook is asked about");
        await TrustAsync(lab, webhook, webhook.Bundle, "https://127.0.0.1:1/", "namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [models]}]}");
        Doctor(lab).Faults.ShouldHaveSingleItem().What.ShouldContain("a dry run of an object that it refuses went through");
        await TrustAsync(lab, webhook, webhook.Bundle);

        Doctor(lab, "--prometheus-url", $"{prometheus.Url}").Faults.ShouldBeEmpty("nothing serves, so nothing is to be scraped");
        var closed = prometheus.Url;
        await prometheus.DisposeAsync();
        Doctor(lab, "--prometheus-url", $"{closed}").Faults.ShouldHaveSingleItem().What.ShouldContain("It does not answer");

        var told = lab.Run("doctor");
        told.Out.ShouldContain("✓ CRDs");
        told.Out.ShouldContain("- Prometheus  not checked: no --prometheus-url was given");
        told.Out.ShouldContain("0 faults, ");
    }

    [Fact]
    public async Task A_bare_cluster_lacks_everything_and_says_what_to_install()
    {
        await using var lab = await PluginLab.StartAsync(crds: false);
        var bare = Doctor(lab);
        bare.ExitCode.ShouldBe(ExitCodes.FaultFound);
        bare.Faults.Select(fault => fault.Subject).ShouldBe([
            "CRD nemotrondeployments.serving.nemotron.dev", "CRD gpunodepools.serving.nemotron.dev", "CRD nemotronmodels.serving.nemotron.dev", "CRD nemotronfleets.serving.nemotron.dev",
            "operator", "nodes"]);
        bare.Faults.ShouldAllBe(fault => fault.Fix.Length > 0);
    }

    private static IEnumerable<(string Name, Func<Task> Seed, Func<Task> Undo, string Subject, string What, string Fix)> Faults(PluginLab lab, LocalServer webhook)
    {
        const string node = "api/v1/nodes/h100-0";
        yield return ("a CRD is missing",
            () => lab.DeleteAsync($"{Definitions}/nemotronfleets.serving.nemotron.dev"), () => lab.ApplyFilesAsync("config/crd"),
            "CRD nemotronfleets.serving.nemotron.dev", "It is not installed", "config/crd");
        yield return ("a CRD is of an older version",
            () => WithoutFieldAsync(lab), () => lab.ApplyFilesAsync("config/crd"),
            "CRD nemotronmodels.serving.nemotron.dev", "It is older than this program: it lacks spec.", "config/crd");
        yield return ("nobody leads",
            () => LeadAsync(lab, TimeSpan.FromMinutes(-10)), () => LeadAsync(lab, TimeSpan.Zero),
            "operator", "No operator leads: the Lease of operator-1 was renewed 10m ago", "logs");
        yield return ("a right is missing",
            () => WithoutRightAsync(lab), () => lab.ApplyFilesAsync("config/rbac", Operator),
            $"serviceaccount {Operator}/nemotron-operator", "It may not patch nodes.", "config/rbac");
        yield return ("the webhook is not trusted",
            () => TrustAsync(lab, webhook, null), () => TrustAsync(lab, webhook, webhook.Bundle),
            "webhook configuration nemotron-operator-webhook", "caBundle is missing in nemotrondeployments.serving.nemotron.dev", "--webhook-name");
        yield return ("the webhook does not answer",
            () => TrustAsync(lab, webhook, webhook.Bundle, "https://127.0.0.1:1/"), () => TrustAsync(lab, webhook, webhook.Bundle),
            "webhook configuration nemotron-operator-webhook", "a dry run of an object that it refuses went through", "network policies");
        yield return ("a node is not labelled",
            () => LabelAsync(lab, node, "nvidia.com/gpu.product", null), () => LabelAsync(lab, node, "nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3"),
            "node h100-0", "without the label nvidia.com/gpu.product", "GPU feature discovery");
        yield return ("a device plugin is missing",
            () => GpusAsync(lab, node, "0", "0"), () => GpusAsync(lab, node, "8", "8"),
            "node h100-0", "its device plugin offers no nvidia.com/gpu", "device plugin's pod");
        yield return ("a GPU is sick",
            () => GpusAsync(lab, node, "8", "7"), () => GpusAsync(lab, node, "8", "8"),
            "node h100-0", "offers 7 of 8 GPUs", "xid");
        yield return ("a node is cut into MIG slices",
            () => LabelAsync(lab, node, "nvidia.com/mig-1g.10gb.count", "7"), () => LabelAsync(lab, node, "nvidia.com/mig-1g.10gb.count", null),
            "node h100-0", "MIG slices", "all-disabled");
        yield return ("a pool's nodes differ",
            () => LabelAsync(lab, node, "nvidia.com/gpu.product", "NVIDIA-H200"), () => LabelAsync(lab, node, "nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3"),
            "pool all", "Its nodes have different GPUs: NVIDIA-H100-80GB-HBM3, NVIDIA-H200", "pool of its own");
        yield return ("a pool has no nodes",
            () => lab.ApplyAsync(Pool("h200", "{nodeSelector: {nvidia.com/gpu.product: NVIDIA-H200}}")), () => lab.DeleteAsync($"{Group}/gpunodepools/h200"),
            "pool h200", "No node carries nvidia.com/gpu.product=NVIDIA-H200", "NVIDIA-H100-80GB-HBM3: correct spec.nodeSelector");
        yield return ("Karpenter is missing",
            () => lab.ApplyAsync(Pool("grows", "{nodeSelector: {a: b}, maxNodes: 2, gpu: {product: H100-SXM, perNode: 8}, provisioner: {type: Karpenter, karpenter: {nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass, name: gpu}}}}")),
            () => lab.DeleteAsync($"{Group}/gpunodepools/grows"),
            "pool grows", "the CRD nodepools.karpenter.sh is not installed", "Install Karpenter");
        yield return ("LeaderWorkerSets are missing",
            () => lab.DeleteAsync($"{Definitions}/leaderworkersets.leaderworkerset.x-k8s.io"), () => lab.DeleteAsync($"{Group}/namespaces/models/nemotrondeployments/ultra"),
            "deployment models/ultra", "leaderworkersets.leaderworkerset.x-k8s.io is not installed", "Install LeaderWorkerSet");
        yield return ("a deployment is stuck",
            () => lab.ApplyAsync(Serving("big", """{type: Accepted, status: "False", reason: DoesNotFit, message: Super needs 2 GPUs., lastTransitionTime: "2026-01-01T00:00:00Z"}""")),
            () => lab.DeleteAsync($"{Group}/namespaces/models/nemotrondeployments/big"),
            "deployment models/big", "(DoesNotFit): Super needs 2 GPUs.", "docs/troubleshooting.md has DoesNotFit");
        yield return ("autoscaling without Prometheus",
            () => lab.ApplyAsync(Serving("scales", """{type: Ready, status: "True", reason: Serving, message: All serve., lastTransitionTime: "2026-01-01T00:00:00Z"}""", "autoscaling: {maxReplicas: 3}")),
            () => lab.DeleteAsync($"{Group}/namespaces/models/nemotrondeployments/scales"),
            "deployment models/scales", "the operator has no Prometheus to ask", "--prometheus-url");
    }

    private static async Task SettleAsync(PluginLab lab, LocalServer webhook)
    {
        await lab.ApplyAsync(Seeds.All(Seeds.Namespace, $"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {Operator}}}"));
        await lab.ApplyFilesAsync("config/rbac", Operator);
        await lab.ApplyFilesAsync("config/operator", Operator);
        await lab.ApplyAsync($"apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {{name: nemotron-operator, namespace: {Operator}}}\nspec: {{holderIdentity: operator-1, leaseDurationSeconds: 15}}");
        await LeadAsync(lab, TimeSpan.Zero);
        await TrustAsync(lab, webhook, webhook.Bundle);
        await lab.ApplyAsync(Pool("all", "{nodeSelector: {nvidia.com/gpu.present: \"true\"}}"));
        await lab.ApplyAsync(Serving("ultra", """{type: Ready, status: "True", reason: Serving, message: All serve., lastTransitionTime: "2026-01-01T00:00:00Z"}""", plan: "plan: {nodesPerReplica: 2}"));
        using var patience = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while ((await lab.GetAsync($"apis/apps/v1/namespaces/{Operator}/deployments/nemotron-operator"))["status"]?["readyReplicas"]?.GetValue<int>() is not 2)
            await patience.WaitForNextTickAsync(TestContext.Current.CancellationToken);
    }

    private static string Pool(string name, string spec) => $"apiVersion: serving.nemotron.dev/v1alpha1\nkind: GpuNodePool\nmetadata: {{name: {name}}}\nspec: {spec}";

    private static string Serving(string name, string condition, string more = "replicas: 1", string plan = "observedGeneration: 1") => $$"""
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata: {name: {{name}}, namespace: models}
        spec:
          model: Super
          {{more}}
        status:
          {{plan}}
          conditions:
          - {{condition}}
        """;

    private static Task LeadAsync(PluginLab lab, TimeSpan ago) => lab.PatchAsync(Lease, new()
    {
        ["spec"] = new JsonObject { ["renewTime"] = (lab.Lab.Time.GetUtcNow() + ago).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture) },
    });

    private static async Task WithoutRightAsync(PluginLab lab)
    {
        var rules = (await lab.GetAsync(Role))["rules"]!.DeepClone().AsArray();
        foreach (var rule in rules.Where(rule => rule!["resources"]!.AsArray().Any(resource => resource!.GetValue<string>() == "nodes")))
            rule!["verbs"] = new JsonArray("get", "list", "watch");
        await lab.PatchAsync(Role, new() { ["rules"] = rules });
    }

    private static async Task WithoutFieldAsync(PluginLab lab)
    {
        var path = $"{Definitions}/nemotronmodels.serving.nemotron.dev";
        var versions = (await lab.GetAsync(path))["spec"]!["versions"]!.DeepClone().AsArray();
        var spec = versions[0]!["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!;
        var optional = spec["properties"]!.AsObject().Select(field => field.Key).First(field => !spec.ToJsonString().Contains($"self.{field}", StringComparison.Ordinal) && spec["required"]?.AsArray().Any(name => name!.GetValue<string>() == field) != true);
        spec["properties"]!.AsObject().Remove(optional);
        await lab.PatchAsync(path, new() { ["spec"] = new JsonObject { ["versions"] = versions } });
    }

    private static Task TrustAsync(PluginLab lab, LocalServer webhook, string? bundle, string? url = null, string more = "namespaceSelector: {}") => lab.ApplyAsync($$"""
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingWebhookConfiguration
        metadata: {name: nemotron-operator-webhook}
        webhooks:
        - name: nemotrondeployments.serving.nemotron.dev
          clientConfig:
            url: {{url ?? $"{webhook.Url}"}}
            {{(bundle is null ? "" : $"caBundle: {bundle}")}}
          rules: [{apiGroups: [serving.nemotron.dev], apiVersions: [v1alpha1], operations: [CREATE], resources: [nemotrondeployments], scope: Namespaced}]
          {{more}}
          failurePolicy: Ignore
          sideEffects: None
          timeoutSeconds: 5
          admissionReviewVersions: [v1]
        """);

    private static Task LabelAsync(PluginLab lab, string node, string key, string? value) =>
        lab.PatchAsync(node, new() { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [key] = value } } });

    private static Task GpusAsync(PluginLab lab, string node, string capacity, string allocatable) => lab.PatchAsync($"{node}/status", new()
    {
        ["status"] = new JsonObject { ["capacity"] = new JsonObject { ["nvidia.com/gpu"] = capacity }, ["allocatable"] = new JsonObject { ["nvidia.com/gpu"] = allocatable } },
    });

    private static async Task RefuseUnknownModels(HttpContext http)
    {
        var review = (await JsonNode.ParseAsync(http.Request.Body))!;
        var refuse = review["request"]!["object"]?["spec"]?["modelRef"] is not null;
        await http.Response.WriteAsJsonAsync(new JsonObject
        {
            ["apiVersion"] = "admission.k8s.io/v1",
            ["kind"] = "AdmissionReview",
            ["response"] = new JsonObject { ["uid"] = review["request"]!["uid"]!.GetValue<string>(), ["allowed"] = !refuse, ["status"] = new JsonObject { ["code"] = 422, ["message"] = "no such model" } },
        });
    }

    private static Task AnswerNothing(HttpContext http) =>
        http.Response.WriteAsJsonAsync(new JsonObject { ["status"] = "success", ["data"] = new JsonObject { ["resultType"] = "vector", ["result"] = new JsonArray() } });

    private sealed record Found(string Subject, string What, string Fix);

    private static (int ExitCode, List<Found> Faults) Doctor(PluginLab lab, params string[] more)
    {
        var run = lab.Run(["doctor", "-o", "json", .. more]);
        run.Error.ShouldBeEmpty();
        var findings = JsonDocument.Parse(run.Out).RootElement.EnumerateArray().SelectMany(check => check.GetProperty("findings").EnumerateArray());
        return (run.ExitCode, [.. findings.Where(finding => finding.GetProperty("severity").GetString() == "Fault")
            .Select(finding => new Found(finding.GetProperty("subject").GetString()!, finding.GetProperty("what").GetString()!, finding.GetProperty("fix").GetString()!))]);
    }
}
