using k8s;
using Nemotron.Crds;
using Nemotron.Lab.Api;
using Nemotron.Lab.Nodes;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>The operator as the chart's service account, in a Lab where roles decide: it is refused nothing, and what it is granted it uses.</summary>
public class ChartRightsTests
{
    // So that the chart's names are those that webhooks and operator go by here.
    private const string Release = "nemotron-operator";
    private const string User = $"system:serviceaccount:{Webhooks.Namespace}:{Release}";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    // Granted, and not asked for in this scenario: what asks for it, and which scenario or test shows that.
    private static readonly Dictionary<string, string> Elsewhere = new(StringComparer.Ordinal)
    {
        ["/pods delete"] = "a hung engine (EngineHealthTests), a group on a node whose GPU is gone (NodeHealthTests)",
        ["/pods/eviction create"] = "a group that still works on a sick node (NodeHealthTests)",
        ["karpenter.sh/nodeclaims delete"] = "a sick node of a Karpenter pool with repair Replace: decided in RepairDecisionTests, sent to an API server by no test yet",
        ["cluster.x-k8s.io/machines patch"] = "which machine goes when a pool shrinks (ScalePoolTests)",
        ["cluster.x-k8s.io/machinepools/scale get"] = "as machinedeployments/scale; the Lab simulates those only",
        ["cluster.x-k8s.io/machinepools/scale patch"] = "as machinedeployments/scale; the Lab simulates those only",
        ["apps/replicasets list"] = "which pods of a rollout with a gate are new (RolloutGateTests)",
        ["/events list"] = "a Karpenter node that does not come (KarpenterPoolTests)",
        ["serving.nemotron.dev/nemotrondeployments/finalizers update"] = "asked by the API server's admission plugin OwnerReferencesPermissionEnforcement, not by a request",
        ["serving.nemotron.dev/gpunodepools/finalizers update"] = "asked by the API server's admission plugin OwnerReferencesPermissionEnforcement, not by a request",
        ["serving.nemotron.dev/nemotrondeployments get"] = "a child that is gone: is its owner? (ApplyTests)",
        ["events.k8s.io/events patch"] = "an event that comes again (EventTests)",
        ["batch/jobs delete"] = "weights that nobody wants any more while they are downloaded (WeightCacheTests)",
        ["/secrets update"] = "a certificate that is renewed (WebhookCertificateTests)",
    };

    [Fact]
    public async Task The_operator_is_refused_nothing_and_uses_what_it_is_granted()
    {
        await using var cluster = await TestCluster.StartAsync(
            "3xH100:8", clockSpeed: 2, crds: false, with: LabAddOns.LeaderWorkerSets | LabAddOns.ClusterApi | LabAddOns.Karpenter, authorization: AuthorizationMode.Rbac);
        (await cluster.Helm.RunAsync($"install {Release} charts/nemotron-operator --namespace {Webhooks.Namespace} --create-namespace")).Succeeded();
        (await cluster.Kubectl.RunAsync("wait --for=condition=Established crd --all --timeout=30s")).Succeeded();
        await cluster.ApplyAsync(Fleets.All(ScaledObjects, OutsideKinds.All));
        (await cluster.Kubectl.RunAsync("wait --for=condition=Established crd podmonitors.monitoring.coreos.com --timeout=30s")).Succeeded();
        (await cluster.Kubectl.RunAsync("label node --all fleet=h100")).Succeeded();
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Machines(GrowingPools.MachineDeployment), GrowingPools.NodeClass("joinSeconds: 30")));
        await cluster.ApplyAsync(Blockers(cluster.Client.ReadNamespace("models").Metadata.Uid));

        // A server that cannot stream lists: informers list and watch.
        cluster.Lab.Server.Faults.Add(new Fault(FaultKind.Invalid, int.MaxValue, (_, path) => path.Contains("sendInitialEvents=true", StringComparison.Ordinal)));
        var port = Ports.Free();
        await Webhooks.WaitForThemAsync(cluster);
        await cluster.ApplyAsync(Webhooks.Endpoint(port));
        await cluster.StartOperatorAsync(leaderElect: true, webhookPort: port, account: Release);
        await Until.TrueAsync(() => Webhooks.Bundle(cluster) is not null, "the webhooks' authority to be trusted");

        await cluster.ApplyAsync(Fleets.All(
            "apiVersion: serving.nemotron.dev/v1alpha1\nkind: GpuNodePool\nmetadata: {name: h100}\nspec: {nodeSelector: {fleet: h100}, weightCache: {hostPath: /mnt/weights}}",
            Machines(Pool(GrowingPools.Scale, "machines")),
            Pool(GrowingPools.Karpenter, "karpenter"),
            Pool(GrowingPools.Karpenter, "taken"),
            File.ReadAllText(Repository.PathOf("config", "samples", "nemotronmodel.yaml")),
            "apiVersion: serving.nemotron.dev/v1alpha1\nkind: NemotronFleet\nmetadata: {name: all}\nspec: {selector: {matchLabels: {team: a}}, budgets: [{nodePool: h100}]}",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config, namespace: models}\ndata: {config.json: \"{}\"}",
            "apiVersion: serving.nemotron.dev/v1alpha1\nkind: NemotronModel\nmetadata: {name: from-config}\nspec: {hfConfigMapRef: {namespace: models, name: config, key: config.json}}",
            Nano("changing", "h100", "replicas: 1, monitoring: {podMonitor: {}}"),
            Nano("on-machines", "machines", "replicas: 1"),
            Nano("on-karpenter", "karpenter", "replicas: 1")));
        await ReadyAsync(cluster, "changing", "on-machines", "on-karpenter");

        // Scraped by a PodMonitor of its own until the replica that it scraped is replaced; from the disks of the nodes, and no longer.
        cluster.PodMonitors().Select(monitor => monitor.Metadata.Name).ShouldContain("changing");
        await cluster.ApplyAsync(Nano("changing", "h100", "replicas: 1, checkpoint: {cache: Node}"));
        await Until.TrueAsync(() => cluster.Deployment("changing")!.Is(ConditionTypes.WeightsCached), "the weights to be on the nodes", Limit, () => Told(cluster));
        await Until.TrueAsync(() => cluster.PodMonitors().All(monitor => monitor.Metadata.Name != "changing"), "the PodMonitor to go", Limit, () => Told(cluster));

        // To a replica over two nodes with an account of its own, and back.
        await cluster.ApplyAsync(Nano("changing", "h100", "replicas: 1, pipelineParallel: 2, engine: {type: TrtLlmServe}, podTemplate: {serviceAccountName: default}, networkPolicy: {enabled: true}"));
        await Until.TrueAsync(() => Names(cluster, "deployments") is var names && !names.Contains("changing"), "the Deployment to go", Limit, () => Told(cluster));
        await cluster.ApplyAsync(Nano("changing", "h100", "replicas: 1, engine: {type: Triton}"));
        await Until.TrueAsync(() => !Names(cluster, "leaderworkersets").Contains("changing-group") && Names(cluster, "services").Contains("changing-grpc"), "the groups to go and the gRPC Service to come", Limit, () => Told(cluster));
        await cluster.ApplyAsync(Nano("changing", "h100", "replicas: 1"));
        await Until.TrueAsync(() => !Names(cluster, "services").Contains("changing-grpc"), "the gRPC Service to go", Limit, () => Told(cluster));

        // What the caches do not have, the webhooks ask for before they say that it is missing.
        (await cluster.Kubectl.RunAsync("apply -f -", Nano("lost", "nowhere", "replicas: 0").Replace("model: Nano", "modelRef: {name: nothing}", StringComparison.Ordinal))).Error.ShouldContain("denied the request: spec.modelRef.name: ");
        (await cluster.Kubectl.RunAsync("apply -f -", Nano("lost", "nowhere", "replicas: 0"))).Error.ShouldContain("nowhere");

        // Names that others have: each kind of child is looked at before that is said.
        await cluster.ApplyAsync(string.Join("\n---\n", Blocked.Select(kind => Nano($"b-{kind}", "h100", kind == "leaderworkerset" ? "replicas: 0, pipelineParallel: 2" : kind == "networkpolicy" ? "replicas: 0, networkPolicy: {enabled: true}" : kind == "podmonitor" ? "replicas: 0, monitoring: {podMonitor: {}}" : "replicas: 0"))));
        foreach (var kind in Blocked)
            await Until.TrueAsync(() => cluster.Deployment($"b-{kind}")?.Status?.Conditions?.Any(condition => condition.Reason == ConditionReasons.NameTaken) == true, $"{kind}: the name that is taken to be told", Limit, () => Told(cluster));
        await Until.TrueAsync(() => cluster.PoolCondition(ConditionTypes.Provisioned, "taken") is { Status: "False" } condition && condition.Message.Contains("controlled by", StringComparison.Ordinal), "the NodePool of another to be told", Limit, () => cluster.PoolTold("taken"));

        (await cluster.Kubectl.RunAsync("delete nemo,nfleet,gnp,nmodel --all -A --timeout=60s")).Succeeded();

        Rights.Forbidden(cluster.AuditFile, User).ShouldBeEmpty();
        var used = Rights.UsedBy(cluster.AuditFile, User);
        var unused = Rights.Granted(Webhooks.Name).Where(grant => !used.Any(right => Rights.Covers(grant, right))).Select(Rights.OfAnyName).ToHashSet(StringComparer.Ordinal);
        unused.Except(Elsewhere.Keys).Order().ShouldBeEmpty("granted, and nothing here asks for it: narrow the role, or say what does");
        Elsewhere.Keys.Except(Rights.Granted(Webhooks.Name).Select(Rights.OfAnyName)).ShouldBeEmpty("not granted");
        Console.WriteLine($"measured: {used.Select(Rights.OfAnyName).Distinct().Count()} rights used by one scenario under the chart's roles, none refused, {unused.Count} of the granted ones left to other scenarios");
    }

    [Fact]
    public async Task In_two_namespaces_of_three_the_operator_needs_no_right_on_what_the_third_holds()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8", clockSpeed: 2, crds: false, authorization: AuthorizationMode.Rbac);
        var install = $"install {Release} charts/nemotron-operator --namespace {Webhooks.Namespace} --create-namespace --set watchNamespaces={{models,others}},webhook.enabled=false";
        (await cluster.Helm.RunAsync(install)).Error.ShouldContain("namespaces \"models\" not found", Case.Sensitive, "its Role has nowhere to be");
        (await cluster.Helm.RunAsync($"uninstall {Release} --namespace {Webhooks.Namespace}")).Succeeded();
        await cluster.ApplyAsync(string.Join("\n---\n", new[] { "models", "others", "elsewhere" }.Select(ns => $"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {ns}}}")));
        (await cluster.Helm.RunAsync(install)).Succeeded();
        (await cluster.Kubectl.RunAsync("wait --for=condition=Established crd --all --timeout=30s")).Succeeded();
        (await cluster.Kubectl.RunAsync("label node --all fleet=h100")).Succeeded();
        await cluster.StartOperatorAsync(namespaces: ["models", "others"], leaderElect: true, account: Release);
        var nano = Nano("nano", "h100", "replicas: 1, networkPolicy: {enabled: true}").Replace("tensorParallel: 8", "tensorParallel: 1", StringComparison.Ordinal);
        await cluster.ApplyAsync(Fleets.All(
            "apiVersion: serving.nemotron.dev/v1alpha1\nkind: GpuNodePool\nmetadata: {name: h100}\nspec: {nodeSelector: {fleet: h100}}",
            In("elsewhere"),
            In("others"),
            nano));
        foreach (var ns in new[] { "models", "others" })
            (await cluster.Kubectl.RunAsync($"-n {ns} wait --for=condition=Ready nemo/nano --timeout=120s")).Succeeded();

        cluster.Deployments("elsewhere").Single().Status.ShouldBeNull();
        Rights.Forbidden(cluster.AuditFile, User).ShouldBeEmpty();
        foreach (var (ns, may) in new[] { ("models", "yes"), ("others", "yes"), ("elsewhere", "no") })
            (await cluster.Kubectl.RunAsync($"auth can-i list pods --namespace {ns} --as {User}")).Output.Trim().ShouldBe(may, ns);
        Plugin.Run(cluster, "doctor").ShouldContain("✓ rights", Case.Sensitive, "asked in each namespace that the operator is told");

        // What goes in one namespace goes there alone.
        (await cluster.Kubectl.RunAsync("-n others delete nemo nano --timeout=60s")).Succeeded();
        await Until.TrueAsync(() => cluster.Client.ListNamespacedDeployment("others").Items.Count == 0, "the Deployment to go", Limit, () => Told(cluster));
        cluster.Client.ListNamespacedDeployment("models").Items.ShouldHaveSingleItem();

        string In(string ns) => nano.Replace("namespace: models", $"namespace: {ns}", StringComparison.Ordinal);
    }

    private static readonly string[] Blocked = ["configmap", "poddisruptionbudget", "serviceaccount", "service", "networkpolicy", "deployment", "leaderworkerset", "podmonitor"];

    private const string ScaledObjects = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: scaledobjects.keda.sh}
        spec:
          group: keda.sh
          scope: Namespaced
          names: {kind: ScaledObject, plural: scaledobjects}
          versions:
          - {name: v1alpha1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
        """;

    // Objects of the names that children would have, controlled by another: the namespace, for want of anything better.
    private static string Blockers(string uid)
    {
        var owner = $"ownerReferences: [{{apiVersion: v1, kind: Namespace, name: models, uid: {uid}, controller: true}}]";
        const string Pods = "{metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}";
        return string.Join("\n---\n",
            $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: b-configmap-engine, namespace: models, {owner}}}",
            $"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: b-poddisruptionbudget, namespace: models, {owner}}}\nspec: {{minAvailable: 0, selector: {{matchLabels: {{a: b}}}}}}",
            $"apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: b-serviceaccount, namespace: models, {owner}}}",
            $"apiVersion: v1\nkind: Service\nmetadata: {{name: b-service, namespace: models, {owner}}}\nspec: {{ports: [{{port: 1}}]}}",
            $"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: b-networkpolicy, namespace: models, {owner}}}\nspec: {{podSelector: {{}}}}",
            $"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: b-deployment, namespace: models, {owner}}}\nspec: {{replicas: 0, selector: {{matchLabels: {{a: b}}}}, template: {Pods}}}",
            $"apiVersion: leaderworkerset.x-k8s.io/v1\nkind: LeaderWorkerSet\nmetadata: {{name: b-leaderworkerset-group, namespace: models, {owner}}}\nspec: {{replicas: 0, leaderWorkerTemplate: {{size: 2, workerTemplate: {Pods}}}}}",
            $"apiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {{name: b-podmonitor, namespace: models, {owner}}}\nspec: {{selector: {{}}, podMetricsEndpoints: []}}",
            $"apiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata: {{name: taken, {owner}}}\nspec: {{template: {{spec: {{nodeClassRef: {{group: karpenter.lab.nemotron.dev, kind: LabNodeClass, name: h100}}, requirements: []}}}}}}");
    }

    // Pools of their own nodes.
    private static string Pool(string yaml, string name) => Labelled(yaml, name).Replace("metadata: {name: grown}", $"metadata: {{name: {name}}}", StringComparison.Ordinal);

    // Not named as the nodes that are there already: its machines become nodes of their names.
    private static string Machines(string yaml) => Labelled(yaml, "machines").Replace("name: h100", "name: more", StringComparison.Ordinal).Replace("join-seconds: \"120\"", "join-seconds: \"20\"", StringComparison.Ordinal);

    private static string Labelled(string yaml, string name) => yaml.Replace("fleet: grown", $"fleet: {name}", StringComparison.Ordinal);

    private static string Nano(string name, string pool, string more) =>
        $"apiVersion: serving.nemotron.dev/v1alpha1\nkind: NemotronDeployment\nmetadata: {{name: {name}, namespace: models}}\nspec: {{model: Nano, tensorParallel: 8, maxContextTokens: 8192, nodePool: {pool}, {more}}}";

    private static string[] Names(TestCluster cluster, string plural) => [.. (plural switch
    {
        "deployments" => cluster.Client.ListNamespacedDeployment("models").Items.Select(item => item.Metadata),
        "services" => cluster.Client.ListNamespacedService("models").Items.Select(item => item.Metadata),
        "leaderworkersets" => cluster.LeaderWorkerSets().Select(item => item.Metadata),
        _ => throw new ArgumentOutOfRangeException(nameof(plural)),
    }).Select(metadata => metadata.Name)];

    private static Task ReadyAsync(TestCluster cluster, params string[] names) => Until.TrueAsync(
        () => names.All(name => cluster.Deployment(name)?.Is(ConditionTypes.Ready) == true), $"{string.Join(", ", names)} Ready", Limit, () => $"{cluster.PoolTold("machines")}; {cluster.PoolTold("karpenter")}; {Told(cluster)}; refused: {string.Join(", ", Rights.Forbidden(cluster.AuditFile, User))}");

    private static string Told(TestCluster cluster) => string.Join("; ", cluster.Deployments().SelectMany(deployment =>
        deployment.Status?.Conditions?.Where(condition => condition.Status != "True").Select(condition => $"{deployment.Metadata.Name} {condition.Type} {condition.Reason}: {condition.Message}") ?? []));
}
