namespace Nemotron.Conformance;

/// <summary>What people type, against the Lab.</summary>
public class KubectlTests
{
    private const string Crd = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: gizmos.lab.example.com}
        spec:
          group: lab.example.com
          scope: Namespaced
          names: {plural: gizmos, singular: gizmo, kind: Gizmo, shortNames: [gz], categories: [lab]}
          versions:
          - name: v1
            served: true
            storage: true
            subresources:
              status: {}
              scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
            additionalPrinterColumns:
            - {name: Model, type: string, jsonPath: .spec.model}
            - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
            schema:
              openAPIV3Schema:
                type: object
                description: A thing to try.
                properties:
                  spec:
                    type: object
                    description: What is wanted.
                    properties:
                      model: {type: string, enum: [Nano, Super], description: Which model to serve.}
                      replicas: {type: integer, minimum: 0, default: 1}
                  status:
                    type: object
                    properties:
                      replicas: {type: integer}
                      conditions:
                        type: array
                        items:
                          type: object
                          properties: {type: {type: string}, status: {type: string}}
        """;

    private const string Gizmo = """
        apiVersion: lab.example.com/v1
        kind: Gizmo
        metadata: {name: g}
        spec: {model: Nano}
        """;

    [Fact]
    public async Task Custom_resources_are_applied_read_scaled_waited_for_and_deleted()
    {
        await using var kubectl = await Kubectl.StartAsync();
        (await kubectl.RunAsync("apply -f -", Crd)).ShouldContain("customresourcedefinition.apiextensions.k8s.io/gizmos.lab.example.com created");
        await kubectl.RunAsync("wait --for=condition=Established crd/gizmos.lab.example.com --timeout=10s");
        (await kubectl.RunAsync("api-resources --api-group=lab.example.com")).ShouldContain("gz");

        (await kubectl.RunAsync("apply -f -", Gizmo)).ShouldContain("gizmo.lab.example.com/g created");
        (await kubectl.RunAsync("apply -f -", Gizmo)).ShouldContain("unchanged");
        string table = await kubectl.RunAsync("get gz");
        table.ShouldContain("MODEL");
        table.ShouldContain("Nano");
        (await kubectl.RunAsync("get gz g -o yaml")).ShouldContain("replicas: 1");
        (await kubectl.RunAsync("get lab -o name")).ShouldContain("gizmo.lab.example.com/g");

        await kubectl.RunAsync("scale gz g --replicas=3");
        (await kubectl.RunAsync("get gz g -o 'jsonpath={.spec.replicas}'")).ShouldBe("3");
        await kubectl.RunAsync("patch gz g --type=merge -p '{\"spec\":{\"model\":\"Super\"}}'");
        await kubectl.RunAsync("patch gz g --type=json -p '[{\"op\":\"test\",\"path\":\"/spec/model\",\"value\":\"Super\"}]'");
        await kubectl.RunAsync("label gz g a=b");
        await kubectl.RunAsync("patch gz g --subresource=status --type=merge -p '{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}'");
        await kubectl.RunAsync("wait gz/g --for=condition=Ready --timeout=10s");
        (await kubectl.RunAsync("delete gz g")).ShouldContain("deleted");
        (await kubectl.TryAsync("get gz g")).Error.ShouldContain("NotFound");
    }

    [Fact]
    public async Task What_is_wrong_is_refused_with_the_field_and_the_fault()
    {
        await using var kubectl = await Kubectl.StartAsync();
        await kubectl.RunAsync("apply -f -", Crd);
        (await kubectl.TryAsync("apply -f -", Gizmo.Replace("Nano", "Giga", StringComparison.Ordinal))).Error.ShouldContain("spec.model: Unsupported value: \"Giga\"");
        (await kubectl.TryAsync("apply -f -", Gizmo.Replace("model:", "modell:", StringComparison.Ordinal))).Error.ShouldContain("unknown field \"spec.modell\"");
    }

    [Fact]
    public async Task Explain_reads_the_published_schemas()
    {
        await using var kubectl = await Kubectl.StartAsync();
        await kubectl.RunAsync("apply -f -", Crd);
        string gizmo = await kubectl.RunAsync("explain gizmo.spec");
        gizmo.ShouldContain("What is wanted.");
        gizmo.ShouldContain("Which model to serve.");
        (await kubectl.RunAsync("explain deployment.spec.template.spec.containers")).ShouldContain("image");
        (await kubectl.RunAsync("explain pod.metadata")).ShouldContain("labels");
    }

    [Fact]
    public async Task Server_side_apply_tells_who_owns_a_field()
    {
        await using var kubectl = await Kubectl.StartAsync();
        const string config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {k: \"1\"}\n";
        await kubectl.RunAsync("apply --server-side --field-manager=one -f -", config);
        string other = config.Replace("\"1\"", "\"2\"", StringComparison.Ordinal);
        var refused = await kubectl.TryAsync("apply --server-side --field-manager=two -f -", other);
        refused.Code.ShouldNotBe(0);
        refused.Error.ShouldContain("conflict with \"one\"");
        await kubectl.RunAsync("apply --server-side --field-manager=two --force-conflicts -f -", other);
        (await kubectl.RunAsync("get cm c -o 'jsonpath={.data.k}'")).ShouldBe("2");
        (await kubectl.RunAsync("diff -f -", other)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Typed_creations_arrive_as_protobuf_and_are_understood()
    {
        await using var kubectl = await Kubectl.StartAsync();
        await kubectl.RunAsync("create namespace team");
        await kubectl.RunAsync("create configmap c --from-literal=a=1 -n team");
        (await kubectl.RunAsync("get cm c -n team -o 'jsonpath={.data.a}'")).ShouldBe("1");
        await kubectl.RunAsync("create secret generic s --from-literal=k=v -n team");
        (await kubectl.RunAsync("get secret s -n team -o 'jsonpath={.data.k}'")).ShouldBe("dg==");
        await kubectl.RunAsync("create serviceaccount sa -n team");
        await kubectl.RunAsync("create deployment d --image=e:1 --replicas=2 --port=80 -n team");
        (await kubectl.RunAsync("get deploy d -n team -o 'jsonpath={.spec.replicas} {.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].ports[0].containerPort}'"))
            .ShouldBe("2 e:1 80");
        (await kubectl.RunAsync("auth can-i create deployments")).ShouldContain("yes");
    }

    [Fact]
    public async Task Describe_dry_run_replace_and_events_work()
    {
        await using var kubectl = await Kubectl.StartAsync();
        const string pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: p}}\nspec: {containers: [{name: c, image: i}]}\n";
        (await kubectl.RunAsync("apply --dry-run=server -f -", pod)).ShouldContain("server dry run");
        (await kubectl.TryAsync("get pod p")).Code.ShouldNotBe(0);
        await kubectl.RunAsync("apply -f -", pod);
        string uid = await kubectl.RunAsync("get pod p -o 'jsonpath={.metadata.uid}'");
        await kubectl.RunAsync("apply -f -", $$"""
            apiVersion: events.k8s.io/v1
            kind: Event
            metadata: {name: p.1, namespace: default}
            eventTime: "2026-01-01T00:00:00.000000Z"
            reportingController: lab.example.com/op
            reportingInstance: op-0
            action: Placing
            reason: Placed
            note: on gpu-0
            type: Normal
            regarding: {apiVersion: v1, kind: Pod, name: p, namespace: default, uid: {{uid}}}
            """);
        (await kubectl.RunAsync("describe pod p")).ShouldContain("Placed");
        (await kubectl.RunAsync("get events")).ShouldContain("on gpu-0");
        await kubectl.RunAsync("delete pod p --grace-period=0 --force");
    }

    [Fact]
    public async Task The_suite_reaches_a_cluster_through_its_kubeconfig()
    {
        await using var kubectl = await Kubectl.StartAsync();
        await using var server = await ServerUnderTest.ProxyAsync(kubectl.Kubeconfig, TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = server.Url };
        (await client.GetStringAsync("/version", TestContext.Current.CancellationToken)).ShouldContain("nemotron-lab");
    }

    [Fact]
    public async Task A_watch_prints_rows_as_they_change()
    {
        await using var kubectl = await Kubectl.StartAsync();
        await kubectl.RunAsync("create configmap a");
        string rows = await kubectl.RunAsync("get cm -w --request-timeout=2s");
        rows.ShouldContain("NAME");
        rows.ShouldContain("a ");
    }
}
