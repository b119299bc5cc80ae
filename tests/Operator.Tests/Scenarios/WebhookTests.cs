using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using Nemotron.Crds;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>Admission with real kubectl: refused with the sentence that the reconciler would write, warned of, or let through while nobody answers.</summary>
public class WebhookTests
{
    private const string Denied = "admission webhook \"nemotrondeployments.serving.nemotron.dev\" denied the request: ";

    [Fact]
    public async Task What_cannot_fit_is_refused_at_admission_and_in_a_dry_run_with_field_numbers_and_the_change_that_fits()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8");
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool));
        await cluster.StartWithWebhooksAsync();
        await Until.TrueAsync(() => cluster.Pool("h100")?.Status?.Gpus?.Total == 8, "the pool to be counted");
        foreach (var dryRun in new[] { "", " --dry-run=server" })
        {
            var refused = await cluster.Kubectl.RunAsync($"apply -f -{dryRun}", Deployment("super", "{model: Super, tensorParallel: 1, checkpoint: {trustRemoteCode: true}}"));
            refused.ExitCode.ShouldBe(1);
            refused.Error.ShouldContain(Denied + "spec.tensorParallel: on the GPUs of pool h100, ");
            refused.Error.ShouldMatch(@"\d+\.\d+ GiB of weights and \d+\.\d+ GiB of reserve per GPU leave nothing of \d+\.\d+ GiB for the KV cache");
            refused.Error.ShouldContain("Set spec.tensorParallel to 2");
            Console.WriteLine($"measured: kubectl says: {refused.Error.Trim()}");
            File.ReadAllText(Repository.PathOf("docs", "webhook.md")).ShouldContain(refused.Error.Trim().Replace("\"STDIN\"", "\"config/samples/bad/admission/does-not-fit.yaml\"", StringComparison.Ordinal));
        }

        cluster.Deployments().ShouldBeEmpty();
        // What it says would fit, does.
        (await cluster.Kubectl.RunAsync("apply -f -", Deployment("super", "{model: Super, tensorParallel: 2, checkpoint: {trustRemoteCode: true}}"))).Succeeded();
        await cluster.UntilReadyAsync(1);
        // Changed for the worse.
        var patched = await cluster.Kubectl.RunAsync(["-n", "models", "patch", "nemo", "super", "--type=merge", "-p", """{"spec":{"tensorParallel":1}}"""]);
        patched.ExitCode.ShouldNotBe(0);
        patched.Error.ShouldContain("spec.tensorParallel: on the GPUs of pool h100, ");
        (await cluster.Kubectl.RunAsync("-n models label nemo super team=research")).Succeeded();
        (await cluster.Kubectl.RunAsync("-n models delete nemo super --wait=true")).Succeeded();
    }

    [Fact]
    public async Task What_may_change_with_time_is_stored_with_a_warning()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8");
        await cluster.ApplyAsync(Fleets.Namespace);
        await cluster.StartWithWebhooksAsync();
        var none = await cluster.Kubectl.RunAsync("apply -f -", Deployment("gone", "{model: Nano, nodePool: gold}"));
        none.Succeeded();
        none.Error.ShouldContain("Warning: spec.nodePool: there is no GpuNodePool \"gold\".");

        // Documents of one file come one right after the other: the caches may not have the pool or the model yet.
        var together = await cluster.Kubectl.RunAsync("apply -f -", Fleets.All(Fleets.Pool, File.ReadAllText(Repository.PathOf("config", "samples", "nemotronmodel.yaml")).Split("\n---\n")[0],
            Deployment("mine", "{modelRef: {name: my-hybrid-9b}, nodePool: h100, checkpoint: {trustRemoteCode: true}}"), Deployment("many", "{model: Nano, tensorParallel: 8, nodePool: h100, replicas: 3}")));
        together.Succeeded();
        together.Error.ShouldNotContain("there is no GpuNodePool");
        together.Error.ShouldContain("Warning: Pool h100 has room for 1 more replicas of 8 GPUs now, and 3 are to be started");

        var deleted = await cluster.Kubectl.RunAsync("delete nmodel my-hybrid-9b");
        deleted.Succeeded();
        deleted.Error.ShouldContain("Warning: NemotronModel my-hybrid-9b is in use by models/mine");
    }

    [Fact]
    public async Task The_samples_that_only_the_operator_can_judge_are_refused_in_the_reconcilers_words_and_stored_while_nobody_answers()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8");
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool));
        var app = await cluster.StartWithWebhooksAsync();
        await Until.TrueAsync(() => cluster.Pool("h100")?.Status?.Gpus?.Total == 8, "the pool to be counted");
        var sentences = new Dictionary<string, string>();
        var samples = Directory.GetFiles(Repository.PathOf("config", "samples", "bad", "admission"), "*.yaml");
        samples.Length.ShouldBeGreaterThanOrEqualTo(9);
        foreach (var sample in samples)
        {
            var expected = File.ReadLines(sample).First(line => line.StartsWith("# refused: ", StringComparison.Ordinal))["# refused: ".Length..];
            var refused = await cluster.Kubectl.RunAsync(["apply", "-f", sample]);
            refused.ExitCode.ShouldNotBe(0, sample);
            var sentence = refused.Error[(refused.Error.IndexOf("denied the request: ", StringComparison.Ordinal) + "denied the request: ".Length)..].Trim();
            sentence.ShouldStartWith(expected, Case.Sensitive, sample);
            sentences[Path.GetFileNameWithoutExtension(sample)] = sentence;
        }

        // The operator goes down; failurePolicy Ignore lets everything through, and its successor says the same in the status.
        await cluster.StopAsync(app);
        foreach (var sample in samples) (await cluster.Kubectl.RunAsync(["apply", "-f", sample])).Succeeded();
        await cluster.StartOperatorAsync();
        foreach (var sample in samples)
        {
            var manifest = File.ReadAllText(sample);
            var (kind, name) = (manifest.Contains("kind: NemotronModel", StringComparison.Ordinal) ? "nmodel" : "nemo -n models", manifest.Split("  name: ")[1].Split('\n')[0]);
            JsonNode? Accepted() => JsonNode.Parse(cluster.Kubectl.RunAsync($"get {kind} {name} -o json").GetAwaiter().GetResult().Succeeded())!["status"]?["conditions"]?.AsArray()
                .FirstOrDefault(condition => condition!["type"]!.ToString() == ConditionTypes.Accepted);
            await Until.TrueAsync(() => Accepted()?["status"]?.ToString() == "False", $"{name} not to be accepted");
            Accepted()!["message"]!.ToString().ShouldBe(sentences[Path.GetFileNameWithoutExtension(sample)]);
        }
    }

    [Fact]
    public async Task Of_random_specs_the_webhook_refuses_those_that_the_reconciler_does_not_accept()
    {
        const int specs = 60;
        const int seed = 20261124;
        await using var cluster = await TestCluster.StartAsync("1xH100:8,1xL40S:4");
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, Fleets.Pool.Replace("h100", "l40s", StringComparison.Ordinal).Replace("NVIDIA-H100-80GB-HBM3", "NVIDIA-L40S", StringComparison.Ordinal)));
        await cluster.StartWithWebhooksAsync();
        await Until.TrueAsync(() => cluster.Pool("h100")?.Status?.Gpus?.Total == 8 && cluster.Pool("l40s")?.Status?.Gpus?.Total == 4, "the pools to be counted");
        var random = new Random(seed);
        var manifests = Enumerable.Range(0, specs).Select(i => Manifest($"r-{i}", random)).ToList();
        var answers = await Task.WhenAll(manifests.Select(manifest => AnswerAsync(cluster, manifest)));

        // Now nobody is asked, and the reconciler judges.
        await cluster.Client.AdmissionregistrationV1.DeleteValidatingWebhookConfigurationAsync(Webhooks.Name);
        foreach (var manifest in manifests)
            await cluster.Client.CustomObjects.CreateNamespacedCustomObjectAsync(manifest, NemotronApi.Group, NemotronApi.Version, "models", NemotronDeployment.Plural);
        await Until.TrueAsync(() => cluster.Deployments() is var all && all.Count == specs && all.All(deployment => deployment.Condition(ConditionTypes.Accepted) is not null), "all to be judged");
        foreach (var (name, refusal) in answers)
        {
            var accepted = cluster.Deployment(name)!.Condition(ConditionTypes.Accepted)!;
            refusal.ShouldBe(accepted.Status == "False" ? accepted.Message : null, name);
        }

        var refused = answers.Count(answer => answer.Refusal is not null);
        Console.WriteLine($"measured: {refused} of {specs} random specs refused by the webhook, the same and in the same words by the reconciler");
        refused.ShouldBeInRange(specs / 5, specs * 4 / 5);
    }

    [Fact]
    public async Task Three_hundred_at_once_are_all_answered()
    {
        const int count = 300;
        await using var cluster = await TestCluster.StartAsync("4xH100:8");
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool));
        var app = await cluster.StartWithWebhooksAsync();
        // One that is not answered in time would now be refused.
        var strict = Webhooks.Configuration(cluster);
        foreach (var webhook in strict.Webhooks) (webhook.FailurePolicy, webhook.TimeoutSeconds) = ("Fail", 30);
        await cluster.Client.AdmissionregistrationV1.ReplaceValidatingWebhookConfigurationAsync(strict, Webhooks.Name);

        var before = await MetricsAsync(app);
        var started = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => cluster.Client.CustomObjects.CreateNamespacedCustomObjectAsync(
            Manifest($"n-{i}", new JsonObject { ["model"] = "Nano", ["maxContextTokens"] = 8192 }), NemotronApi.Group, NemotronApi.Version, "models", NemotronDeployment.Plural)));
        Console.WriteLine($"measured: {count} NemotronDeployments created at once through the webhook in {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s, none refused");

        cluster.Deployments().Count.ShouldBe(count);
        var metrics = await MetricsAsync(app);
        // The process's registry counts for all operators that run in it, those of tests before this one too.
        (Requests(metrics, 200) - Requests(before, 200)).ShouldBeGreaterThanOrEqualTo(count);
        Requests(metrics, 500).ShouldBe(Requests(before, 500));
    }

    private static double Requests(string metrics, int code)
    {
        var series = $"controller_runtime_webhook_requests_total{{webhook=\"/validate/nemotrondeployment\",code=\"{code}\"}} ";
        return metrics.Split('\n').FirstOrDefault(line => line.StartsWith(series, StringComparison.Ordinal)) is { } line
            ? double.Parse(line[series.Length..], System.Globalization.CultureInfo.InvariantCulture) : 0;
    }

    private static async Task<(string Name, string? Refusal)> AnswerAsync(TestCluster cluster, JsonObject manifest)
    {
        var name = manifest["metadata"]!["name"]!.ToString();
        try
        {
            await cluster.Client.CustomObjects.CreateNamespacedCustomObjectAsync(manifest, NemotronApi.Group, NemotronApi.Version, "models", NemotronDeployment.Plural, dryRun: "All");
            return (name, null);
        }
        catch (HttpOperationException e)
        {
            var message = JsonNode.Parse(e.Response.Content)!["message"]!.ToString();
            message.ShouldStartWith(Denied, Case.Sensitive, "the schema takes it");
            return (name, message[Denied.Length..]);
        }
    }

    private static JsonObject Manifest(string name, Random random)
    {
        T? One<T>(params T?[] values) => values[random.Next(values.Length)];
        var spec = new JsonObject();
        if (One("Nano", "Super", "Ultra", null) is { } tier) spec["model"] = tier;
        else spec["modelRef"] = new JsonObject { ["name"] = One("supr", "nano-4b", "llama-3.1-70b", "hymba-1.5b") };
        if (One<int?>(null, 1, 2, 4, 8) is { } degree) spec["tensorParallel"] = degree;
        if (One(null, "BF16", "FP8", "NVFP4") is { } precision) spec["precision"] = precision;
        if (One<int?>(null, 8192, 131_072, 1_000_000) is { } context) spec["maxContextTokens"] = context;
        if (One<int?>(null, null, 256) is { } concurrent) spec["maxConcurrentRequests"] = concurrent;
        if (One(null, null, "h100", "l40s", "gold") is { } pool) spec["nodePool"] = pool;
        if (One(null, "TrtLlmServe", "Triton") is { } engine) spec["engine"] = new JsonObject { ["type"] = engine };
        if (One(null, null, "/weights") is { } path) spec["checkpoint"] = new JsonObject { ["path"] = path };
        return Manifest(name, spec);
    }

    private static JsonObject Manifest(string name, JsonObject spec) => new()
    {
        ["apiVersion"] = NemotronApi.GroupVersion,
        ["kind"] = nameof(NemotronDeployment),
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "models" },
        ["spec"] = spec,
    };

    private static string Deployment(string name, string spec) => $"""
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata:
          name: {name}
          namespace: models
        spec: {spec}
        """;

    private static async Task<string> MetricsAsync(Microsoft.AspNetCore.Builder.WebApplication app)
    {
        using var stream = new MemoryStream();
        await ((Prometheus.CollectorRegistry)app.Services.GetService(typeof(Prometheus.CollectorRegistry))!).CollectAndExportAsTextAsync(stream);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
