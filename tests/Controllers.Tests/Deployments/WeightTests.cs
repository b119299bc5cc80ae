using k8s.Models;
using Nemotron.Controllers.Deployments.Weights;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Deployments;

/// <summary>Weights on the nodes' disks: which nodes download them, how many at once, and what is said of it.</summary>
public class WeightTests
{
    private const string NodeLabel = "weights.serving.nemotron.dev/";

    [Fact]
    public async Task Nodes_download_ahead_as_many_at_once_as_the_pool_allows()
    {
        var (harness, nano) = Start("a", "b", "c", "d");
        nano.Spec = nano.Spec with { Autoscaling = new AutoscalingSpec { MinReplicas = 1, MaxReplicas = 24 } };
        var result = await harness.ReconcileAsync(nano);
        harness.Jobs.Objects.Count.ShouldBe(2);
        result.RequeueAfter.ShouldNotBeNull();
        harness.Status.Weights.ShouldBe(new WeightsStatus { Folder = "default/nvidia/Llama-3.1-Nemotron-Nano-8B-v1", Key = harness.Status.Weights!.Key, Nodes = 4, Loaded = 0, Loading = 0, Failed = 0 });

        await harness.ReconcileAsync(nano);
        harness.Jobs.Objects.Count.ShouldBe(2);
        Condition(harness).ShouldBe(("False", "Downloading", "0 of 4 nodes hold default/nvidia/Llama-3.1-Nemotron-Nano-8B-v1 (16.1 GB); a, b download it."));

        End(harness.Jobs.Objects[0], "Complete");
        await harness.ReconcileAsync(nano);
        harness.Jobs.Objects.Count.ShouldBe(3);
        (harness.Status.Weights.Loaded, harness.Status.Weights.Loading).ShouldBe((1, 1));
    }

    [Fact]
    public async Task The_budget_is_one_over_all_deployments_of_a_pool()
    {
        var (harness, nano) = Start("a", "b");
        await harness.ReconcileAsync(nano);
        harness.Jobs.Objects.Count.ShouldBe(2);
        var other = Cached("other");
        other.Spec = other.Spec with { ModelRef = new ModelReference { Name = "Nemotron-Nano-9B-v2" }, Model = null };
        (await harness.ReconcileAsync(other)).RequeueAfter.ShouldNotBeNull();
        harness.Jobs.Objects.Count.ShouldBe(2);
        Condition(harness).Message.ShouldEndWith("the others wait for other downloads of the pool (spec.weightCache.parallelLoads).");
    }

    [Fact]
    public async Task A_node_that_says_it_holds_them_is_left_alone_and_all_settled_costs_no_write()
    {
        var (harness, nano) = Start("a", "b");
        await harness.ReconcileAsync(nano);
        foreach (var node in harness.Nodes.Objects) node.Label(NodeLabel + harness.Status.Weights!.Key, "loaded");
        harness.Jobs.Objects.Clear();
        await harness.ReconcileAsync(nano);
        harness.Jobs.Objects.ShouldBeEmpty();
        Condition(harness).ShouldBe(("True", "Cached", "2 of 2 nodes hold default/nvidia/Llama-3.1-Nemotron-Nano-8B-v1 (16.1 GB)."));
    }

    [Fact]
    public async Task Under_another_path_of_the_pool_no_node_holds_them()
    {
        var (harness, nano) = Start("a");
        await harness.ReconcileAsync(nano);
        var (key, job) = (harness.Status.Weights!.Key, harness.Jobs.Objects.Single().Metadata.Name);
        harness.Nodes.Objects.Single().Label(NodeLabel + key, "loaded");
        await harness.ReconcileAsync(nano);
        Condition(harness).Status.ShouldBe("True");

        harness.Pools.Objects[0].With(spec => spec with { WeightCache = spec.WeightCache! with { HostPath = "/mnt/larger" } });
        await harness.ReconcileAsync(nano);
        Condition(harness).Status.ShouldBe("False");
        harness.Status.Weights!.Key.ShouldNotBe(key);
        harness.Jobs.Objects.ShouldContain(made => made.Metadata.Name != job && made.Spec.Template.Spec.Volumes.Any(volume => volume.HostPath != null && volume.HostPath.Path == "/mnt/larger"));
    }

    [Fact]
    public async Task One_that_is_made_anew_under_its_name_does_not_wait_for_its_predecessors_Jobs_to_go()
    {
        var (harness, nano) = Start("a");
        await harness.ReconcileAsync(nano);
        var former = harness.Jobs.Objects.Single().Metadata.Name;
        harness.Jobs.Objects.Clear();
        nano.Metadata.Uid += "-anew";
        await harness.ReconcileAsync(nano);
        harness.Jobs.Objects.Single().Metadata.Name.ShouldNotBe(former);
    }

    [Fact]
    public async Task A_download_that_fails_is_told_with_its_last_words_and_an_event()
    {
        var (harness, nano) = Start("a");
        await harness.ReconcileAsync(nano);
        var job = harness.Jobs.Objects.Single();
        End(job, "Failed");
        harness.Pods.Objects.Add(new PodView
        {
            Metadata = new V1ObjectMeta
            {
                Name = "loader", NamespaceProperty = "models",
                Labels = new Dictionary<string, string>(job.Spec.Template.Metadata.Labels) { ["batch.kubernetes.io/job-name"] = job.Metadata.Name },
            },
            Status = new PodViewStatus { Phase = "Failed", ContainerStatuses = [new ContainerStatusView { Name = "weights", State = new ContainerStateView { Terminated = new TerminatedView { Message = "weights: downloading\nweights: 16.0 GB are still to be downloaded and 3.0 GB are free.\n" } } }] },
        });
        await harness.ReconcileAsync(nano);
        var (status, reason, message) = Condition(harness);
        (status, reason).ShouldBe(("False", "LoadFailed"));
        message.ShouldContain("Node a cannot download it: weights: 16.0 GB are still to be downloaded and 3.0 GB are free. It is tried again within ten minutes.");
        harness.Events.ShouldContain(text => text.StartsWith("Warning LoadFailed:", StringComparison.Ordinal));
        harness.Status.Weights!.Failed.ShouldBe(1);
        // It goes ten minutes after its end, and only then another is made.
        harness.Jobs.Objects.Count.ShouldBe(1);
        harness.Jobs.Objects.Clear();
        await harness.ReconcileAsync(nano);
        harness.Jobs.Objects.Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_is_downloaded_for_nobody_any_more_is_broken_off()
    {
        var (harness, nano) = Start("a");
        await harness.ReconcileAsync(nano);
        var before = harness.Jobs.Objects.Single().Metadata.Name;
        nano.Spec = nano.Spec with { Checkpoint = nano.Spec.Checkpoint! with { HuggingFace = new HuggingFaceCheckpoint { Id = "nvidia/Llama-3.1-Nemotron-Nano-8B-v1", Revision = "refs/pr/7" } } };
        await harness.ReconcileAsync(nano);
        harness.Deleted.ShouldBe([$"Job {before}"]);
        harness.Status.Weights!.Folder.ShouldBe("refs-pr-7/nvidia/Llama-3.1-Nemotron-Nano-8B-v1");

        nano.Spec = nano.Spec with { Checkpoint = null };
        await harness.ReconcileAsync(nano);
        harness.Deleted.Count.ShouldBe(2);
        harness.Status.Weights.ShouldBeNull();
        harness.Status.Conditions!.ShouldNotContain(condition => condition.Type == ConditionTypes.WeightsCached);
    }

    [Fact]
    public async Task What_was_known_stays_while_the_pool_keeps_no_weights_any_more()
    {
        var (harness, nano) = Start("a");
        await harness.ReconcileAsync(nano);
        await harness.ReconcileAsync(nano);
        var known = (harness.Status.Weights, Condition(harness));
        harness.Pools.Objects[0].With(spec => spec with { WeightCache = null });
        await harness.ReconcileAsync(nano);
        harness.Status.Conditions!.ShouldContain(condition => condition.Type == ConditionTypes.CapacityAvailable && condition.Reason == ConditionReasons.NoWeightCache);
        (harness.Status.Weights, Condition(harness)).ShouldBe(known);
        harness.Deleted.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_pool_that_loads_nothing_ahead_says_so()
    {
        var (harness, nano) = Start("a");
        harness.Pools.Objects[0].With(spec => spec with { WeightCache = spec.WeightCache! with { ParallelLoads = 0 } });
        await harness.ReconcileAsync(nano);
        harness.Jobs.Objects.ShouldBeEmpty();
        (Condition(harness).Status, Condition(harness).Reason).ShouldBe(("True", "LoadedOnDemand"));
        harness.Body("Deployment")!["spec"]!["template"]!["spec"]!["initContainers"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Weights_of_others_on_the_pool_stay_when_room_is_made()
    {
        var (harness, nano) = Start("a");
        var other = Cached("other");
        other.Status = new NemotronDeploymentStatus { NodePool = "h100", Weights = new WeightsStatus { Folder = "main/nvidia/Other", Key = "k" } };
        var elsewhere = Cached("elsewhere");
        elsewhere.Status = new NemotronDeploymentStatus { NodePool = "b200", Weights = new WeightsStatus { Folder = "main/nvidia/Elsewhere", Key = "e" } };
        harness.Entities.Objects.AddRange([other, elsewhere]);
        await harness.ReconcileAsync(nano);
        var command = string.Join(' ', harness.Jobs.Objects.Single().Spec.Template.Spec.Containers[0].Command);
        command.ShouldContain("--keep main/nvidia/Other");
        command.ShouldContain("--keep default/nvidia/Llama-3.1-Nemotron-Nano-8B-v1");
        command.ShouldNotContain("Elsewhere");
    }

    [Fact]
    public void A_node_made_anew_under_its_name_does_not_hold_what_its_predecessor_did()
    {
        var job = new V1Job
        {
            Metadata = new V1ObjectMeta
            {
                Labels = new Dictionary<string, string> { [NemotronLabels.Weights] = "k" }, Annotations = new Dictionary<string, string> { [NemotronAnnotations.WeightsNode] = "a/old" },
            },
        };
        End(job, "Complete");
        WeightUsers.Downloaded([job])["a/old"].ShouldBe(["k"]);
        WeightUsers.Downloaded([job])["a/new"].ShouldBeEmpty();
    }

    private static (ReconcilerHarness Harness, NemotronDeployment Nano) Start(params string[] nodes)
    {
        var harness = new ReconcilerHarness();
        harness.Pools.Objects.Add(APool("h100").With(spec => spec with { WeightCache = new WeightCacheSpec { HostPath = "/mnt/weights", ParallelLoads = 2 } }));
        harness.Nodes.Objects.AddRange(nodes.Select(name => ANode(name)));
        return (harness, Cached("nano"));
    }

    private static NemotronDeployment Cached(string name) => ADeployment(name, new NemotronDeploymentSpec { Model = ModelTier.Nano, Checkpoint = Trusted with { Cache = CheckpointCache.Node } });

    private static void End(V1Job job, string type) => job.Status = new V1JobStatus { Conditions = [new V1JobCondition { Type = type, Status = "True", Message = "Job has reached the specified backoff limit" }] };

    private static (string Status, string Reason, string Message) Condition(ReconcilerHarness harness)
    {
        var condition = harness.Status.Conditions!.Single(condition => condition.Type == ConditionTypes.WeightsCached);
        return (condition.Status, condition.Reason, condition.Message);
    }
}
