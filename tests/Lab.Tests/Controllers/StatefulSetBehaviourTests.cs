using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Tests;

/// <summary>StatefulSets and their claims over the real API server.</summary>
public class StatefulSetBehaviourTests
{
    [Fact]
    public async Task Pods_come_in_order_with_names_claims_and_labels_and_go_from_the_highest()
    {
        await using var lab = await ServedLab.StartAsync("1xH100:8");
        await lab.CreateAsync(BuiltIn.StatefulSets, StatefulSet("web", 3, claims: true));
        await lab.UntilAsync(BuiltIn.StatefulSets, "web", set => set.Whole("status", "availableReplicas") == 3);

        var pods = lab.Pods();
        pods.Select(pod => pod.Name()).ShouldBe(["web-0", "web-1", "web-2"]);
        pods.Select(pod => pod.Created()).ShouldBeInOrder();
        var second = pods[1];
        second.Label("apps.kubernetes.io/pod-index").ShouldBe("1");
        second.Label("statefulset.kubernetes.io/pod-name").ShouldBe("web-1");
        second.Label("controller-revision-hash").ShouldBe(lab.Get(BuiltIn.StatefulSets, "web").Text("status", "updateRevision"));
        second.Text("spec", "hostname").ShouldBe("web-1");
        second.Text("spec", "subdomain").ShouldBe("web");
        second.Items("spec", "volumes").Single(volume => volume.Text("name") == "data").Text("persistentVolumeClaim", "claimName").ShouldBe("data-web-1");

        var claim = lab.Get(BuiltIn.PersistentVolumeClaims, "data-web-1");
        claim.Text("status", "phase").ShouldBe("Bound");
        claim.Text("spec", "storageClassName").ShouldBe("standard");
        claim.Text("status", "capacity", "storage").ShouldBe("10Gi");
        claim.At("metadata", "ownerReferences").ShouldBeNull("claims are retained");
        var volume = lab.Api.Get(BuiltIn.PersistentVolumes, null, claim.Text("spec", "volumeName")!)!;
        volume.Text("status", "phase").ShouldBe("Bound");
        volume.Text("spec", "claimRef", "uid").ShouldBe(claim.Uid());

        lab.Patch(BuiltIn.StatefulSets, "web", """{"spec":{"replicas":1}}""");
        await lab.UntilAsync(BuiltIn.StatefulSets, "web", set => set.Whole("status", "replicas") == 1);
        lab.Pods().Select(pod => pod.Name()).ShouldBe(["web-0"]);
        lab.Api.List(BuiltIn.PersistentVolumeClaims, "default").Items.Count.ShouldBe(3);

        // The same claim comes back with the pod.
        lab.Patch(BuiltIn.StatefulSets, "web", """{"spec":{"replicas":2}}""");
        await lab.UntilAsync(BuiltIn.StatefulSets, "web", set => set.Whole("status", "availableReplicas") == 2);
        lab.Get(BuiltIn.PersistentVolumeClaims, "data-web-1").Uid().ShouldBe(claim.Uid());
    }

    [Fact]
    public async Task A_new_template_rolls_from_the_highest_down_to_the_partition_and_back()
    {
        await using var lab = await ServedLab.StartAsync("1xH100:8");
        await lab.CreateAsync(BuiltIn.StatefulSets, StatefulSet("web", 3));
        await lab.UntilAsync(BuiltIn.StatefulSets, "web", set => set.Whole("status", "availableReplicas") == 3);
        var first = lab.Get(BuiltIn.StatefulSets, "web").Text("status", "currentRevision");

        lab.Patch(BuiltIn.StatefulSets, "web", """{"spec":{"updateStrategy":{"rollingUpdate":{"partition":2}},"template":{"metadata":{"annotations":{"v":"2"}}}}}""");
        await lab.UntilAsync(BuiltIn.StatefulSets, "web", set => set.Whole("status", "observedGeneration") == set.Generation() && set.Whole("status", "updatedReplicas") == 1 && set.Whole("status", "availableReplicas") == 3);
        lab.Pods().Select(pod => pod.Annotation("v")).ShouldBe([null, null, "2"]);
        var set = lab.Get(BuiltIn.StatefulSets, "web");
        set.Text("status", "currentRevision").ShouldBe(first);
        set.Whole("status", "currentReplicas").ShouldBe(2);

        // A pod below the partition that goes comes back as it was.
        lab.Api.Delete(BuiltIn.Pods, "default", "web-0");
        await lab.UntilAsync(BuiltIn.StatefulSets, "web", set => set.Whole("status", "availableReplicas") == 3 && lab.Pods().All(pod => !pod.IsDeleting()));
        lab.Pods()[0].Annotation("v").ShouldBeNull();

        lab.Patch(BuiltIn.StatefulSets, "web", """{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}""");
        await lab.UntilAsync(BuiltIn.StatefulSets, "web", set => set.Text("status", "currentRevision") == set.Text("status", "updateRevision") && set.Whole("status", "availableReplicas") == 3);
        lab.Pods().Select(pod => pod.Annotation("v")).ShouldBe(["2", "2", "2"]);

        // Going back is not a third revision but the first under a new number.
        lab.Patch(BuiltIn.StatefulSets, "web", """{"spec":{"template":{"metadata":{"annotations":null}}}}""");
        await lab.UntilAsync(BuiltIn.StatefulSets, "web", set => set.Text("status", "currentRevision") == first && set.Whole("status", "availableReplicas") == 3);
        lab.Api.List(BuiltIn.ControllerRevisions, "default").Items.ToDictionary(r => r.Name(), r => r.Whole("revision"))[first!].ShouldBe(3);
        lab.Api.List(BuiltIn.ControllerRevisions, "default").Items.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Claims_go_with_the_set_and_with_scaled_pods_when_the_policy_says_so()
    {
        await using var lab = await ServedLab.StartAsync("1xH100:8");
        var set = StatefulSet("web", 2, claims: true);
        set["spec"]!["podManagementPolicy"] = "Parallel";
        set["spec"]!["persistentVolumeClaimRetentionPolicy"] = new JsonObject { ["whenDeleted"] = "Delete", ["whenScaled"] = "Delete" };
        await lab.CreateAsync(BuiltIn.StatefulSets, set);
        await lab.UntilAsync(BuiltIn.StatefulSets, "web", set => set.Whole("status", "availableReplicas") == 2);
        lab.Patch(BuiltIn.StatefulSets, "web", """{"spec":{"replicas":1}}""");
        await lab.UntilGoneAsync(BuiltIn.PersistentVolumeClaims, "data-web-1");
        lab.Get(BuiltIn.PersistentVolumeClaims, "data-web-0").Items("metadata", "ownerReferences").Single().Text("kind").ShouldBe("StatefulSet");
        lab.Api.Delete(BuiltIn.StatefulSets, "default", "web");
        await lab.UntilGoneAsync(BuiltIn.PersistentVolumeClaims, "data-web-0");
        // Their class says Delete: the volumes go too.
        await lab.UntilAsync(BuiltIn.PersistentVolumes, () => lab.Api.List(BuiltIn.PersistentVolumes).Items.Count == 0);
    }

    [Fact]
    public async Task A_failed_pod_is_replaced_and_orphans_of_the_right_name_are_adopted()
    {
        await using var lab = await ServedLab.StartAsync("1xH100:8");
        var orphan = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject { ["name"] = "web-1", ["labels"] = new JsonObject { ["app"] = "web" } },
            ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = "i:1" }) },
        };
        var stranger = (JsonObject)orphan.DeepClone();
        stranger["metadata"]!["name"] = "other";
        await lab.CreateAsync(BuiltIn.Pods, orphan);
        await lab.CreateAsync(BuiltIn.Pods, stranger);
        await lab.CreateAsync(BuiltIn.StatefulSets, StatefulSet("web", 2));
        await lab.UntilAsync(BuiltIn.StatefulSets, "web", set => set.Whole("status", "availableReplicas") == 2);
        lab.Get(BuiltIn.Pods, "web-1").ControllerUid().ShouldBe(lab.Get(BuiltIn.StatefulSets, "web").Uid());
        lab.Get(BuiltIn.Pods, "other").ControllerUid().ShouldBeNull();

        var first = lab.Get(BuiltIn.Pods, "web-0").Uid();
        lab.Patch(BuiltIn.Pods, "web-0", """{"status":{"phase":"Failed"}}""", "status");
        await lab.UntilAsync(BuiltIn.Pods, "web-0", pod => pod.Uid() != first && pod.ConditionIsTrue("Ready"));
    }

    [Fact]
    public async Task A_pod_waits_for_its_claim_and_says_so()
    {
        await using var lab = await ServedLab.StartAsync("1xH100:8");
        await lab.CreateAsync(BuiltIn.Pods, Mounting("p", "weights"));
        await lab.UntilAsync(BuiltIn.Pods, "p", pod => pod.Condition("PodScheduled").Text("message") == "0/1 nodes are available: persistentvolumeclaim \"weights\" not found.");
        await lab.CreateAsync(BuiltIn.PersistentVolumeClaims, Claim("weights", "fast"));
        await lab.UntilAsync(BuiltIn.Pods, "p", pod => pod.Condition("PodScheduled").Text("message") == "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.");
        await lab.UntilAsync(BuiltIn.Events, () => lab.EventsOf("weights").Contains("ProvisioningFailed: storageclass.storage.k8s.io \"fast\" not found"));
        lab.Api.Create(BuiltIn.StorageClasses, null, (JsonObject)JsonNode.Parse("""{"metadata":{"name":"fast"},"provisioner":"csi.example.com","reclaimPolicy":"Retain"}""")!, "test");
        await lab.UntilAsync(BuiltIn.Pods, "p", pod => pod.ConditionIsTrue("Ready"));

        // With Retain the volume stays, released, when its claim goes.
        var volume = lab.Get(BuiltIn.PersistentVolumeClaims, "weights").Text("spec", "volumeName")!;
        lab.Api.Delete(BuiltIn.Pods, "default", "p");
        lab.Api.Delete(BuiltIn.PersistentVolumeClaims, "default", "weights");
        await lab.UntilAsync(BuiltIn.PersistentVolumes, () => lab.Api.Get(BuiltIn.PersistentVolumes, null, volume).Text("status", "phase") == "Released");
    }

    [Fact]
    public async Task A_claim_may_wait_for_its_first_pod_and_take_a_volume_that_is_there()
    {
        await using var lab = await ServedLab.StartAsync("1xH100:8");
        lab.Api.Create(BuiltIn.StorageClasses, null, (JsonObject)JsonNode.Parse(
            """{"metadata":{"name":"local"},"provisioner":"kubernetes.io/no-provisioner","volumeBindingMode":"WaitForFirstConsumer"}""")!, "test");
        foreach (var (name, size) in (ReadOnlySpan<(string, string)>)[("small", "5Gi"), ("large", "500Gi"), ("right", "20Gi")])
        {
            lab.Api.Create(BuiltIn.PersistentVolumes, null, (JsonObject)JsonNode.Parse($$$$$"""
                {"metadata":{"name":"{{{{{name}}}}}"},"spec":{"capacity":{"storage":"{{{{{size}}}}}"},"accessModes":["ReadWriteOnce"],"storageClassName":"local","hostPath":{"path":"/mnt"}}}
                """)!, "test");
        }

        await lab.CreateAsync(BuiltIn.PersistentVolumeClaims, Claim("weights", "local"));
        await lab.UntilAsync(BuiltIn.Events, () => lab.EventsOf("weights").Contains("WaitForFirstConsumer: waiting for first consumer to be created before binding"));
        // The binder chooses among the volumes that it has seen.
        await lab.UntilAsync(BuiltIn.PersistentVolumes, () => lab.Api.Get(BuiltIn.PersistentVolumes, null, "right").Text("status", "phase") == "Available");
        await lab.CreateAsync(BuiltIn.Pods, Mounting("p", "weights"));
        await lab.UntilAsync(BuiltIn.PersistentVolumeClaims, "weights", claim => claim.Text("status", "phase") == "Bound");
        lab.Get(BuiltIn.PersistentVolumeClaims, "weights").Text("spec", "volumeName").ShouldBe("right");
        await lab.UntilAsync(BuiltIn.Pods, "p", pod => pod.ConditionIsTrue("Ready"));
        await lab.UntilAsync(BuiltIn.PersistentVolumes, () => lab.Api.Get(BuiltIn.PersistentVolumes, null, "small").Text("status", "phase") == "Available");
    }

    internal static JsonObject StatefulSet(string name, int replicas, bool claims = false)
    {
        var set = (JsonObject)JsonNode.Parse($$$$$$"""
            {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"{{{{{{name}}}}}}"},
             "spec":{"replicas":{{{{{{replicas}}}}}},"serviceName":"{{{{{{name}}}}}}","selector":{"matchLabels":{"app":"{{{{{{name}}}}}}"}},
              "template":{"metadata":{"labels":{"app":"{{{{{{name}}}}}}"}},"spec":{"containers":[{"name":"c","image":"i:1"}],"volumes":[{"name":"scratch","emptyDir":{}}]}}}}
            """)!;
        if (claims)
        {
            set["spec"]!["volumeClaimTemplates"] = JsonNode.Parse(
                """[{"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"10Gi"}}}}]""");
            set["spec"]!["template"]!["spec"]!["containers"]![0]!["volumeMounts"] = JsonNode.Parse("""[{"name":"data","mountPath":"/data"}]""");
        }

        return set;
    }

    private static JsonObject Claim(string name, string storageClass) => (JsonObject)JsonNode.Parse($$$$$$"""
        {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"{{{{{{name}}}}}}"},
         "spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"{{{{{{storageClass}}}}}}","resources":{"requests":{"storage":"10Gi"}}}}
        """)!;

    private static JsonObject Mounting(string name, string claim) => (JsonObject)JsonNode.Parse($$$$$$"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{{{{name}}}}}}"},"spec":{"containers":[{"name":"c","image":"i:1"}],
         "volumes":[{"name":"w","persistentVolumeClaim":{"claimName":"{{{{{{claim}}}}}}"}}]}}
        """)!;
}
