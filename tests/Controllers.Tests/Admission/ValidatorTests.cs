using k8s;
using k8s.Models;
using Nemotron.Controllers.Admission;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Models;
using Nemotron.Controllers.Scaling;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Planning;
using NSubstitute;
using static Nemotron.Controllers.Tests.Builders.Cluster;
using ModelTier = Nemotron.Crds.ModelTier;

namespace Nemotron.Controllers.Tests.Admission;

/// <summary>Which writes are judged at all, and by what this replica knows, leading or not.</summary>
public class ValidatorTests
{
    private readonly FakeCache<GpuNodePool> _pools = new() { Objects = { APool("h100") } };
    private readonly FakeCache<NodeView> _nodes = new() { Objects = { ANode("n") } };
    private readonly FakeCache<NemotronModel> _models = new();
    private readonly FakeCache<NemotronDeployment> _deployments = new();
    private readonly IKubernetes _client = Substitute.For<IKubernetes>();
    private readonly ModelLibrary _library = new(ModelCatalogue.Default);

    [Fact]
    public async Task What_does_not_fit_is_refused_when_new_and_when_a_change_makes_it_so()
    {
        var good = ADeployment("n", new() { Model = ModelTier.Super, TensorParallel = 2, Checkpoint = new() { TrustRemoteCode = true } });
        var bad = ADeployment("n", good.Spec with { TensorParallel = 1 });
        (await Deployments.CreateAsync(good, false, default)).Message.ShouldBeNull();
        (await Deployments.CreateAsync(bad, false, default)).Message!.ShouldStartWith("spec.tensorParallel: ");
        (await Deployments.UpdateAsync(good, bad, false, default)).StatusCode.ShouldBe(422);
    }

    [Fact]
    public async Task A_change_of_anything_but_the_spec_is_never_refused_nor_one_on_the_way_out()
    {
        var bad = ADeployment("n", new() { Model = ModelTier.Super, TensorParallel = 1 });
        var labelled = ADeployment("n", new() { Model = ModelTier.Super, TensorParallel = 1 });
        labelled.Metadata.Labels = new Dictionary<string, string> { ["a"] = "b" };
        (await Deployments.UpdateAsync(bad, labelled, false, default)).ShouldSatisfyAllConditions(answer => answer.Allowed.ShouldBeTrue(), answer => answer.Warnings.ShouldBeEmpty());

        var going = ADeployment("n", new() { Model = ModelTier.Ultra, TensorParallel = 1 });
        going.Metadata.DeletionTimestamp = Now.UtcDateTime;
        (await Deployments.UpdateAsync(bad, going, false, default)).Allowed.ShouldBeTrue();
    }

    [Fact]
    public async Task A_fault_that_was_there_before_is_a_warning_and_a_new_one_a_refusal()
    {
        var bad = ADeployment("n", new() { Model = ModelTier.Super, TensorParallel = 1, Replicas = 3 });
        var fewer = await Deployments.UpdateAsync(bad, ADeployment("n", bad.Spec with { Replicas = 0 }), false, default);
        fewer.Allowed.ShouldBeTrue();
        fewer.Warnings.ShouldHaveSingleItem().ShouldStartWith("spec.tensorParallel: ");
        (await Deployments.UpdateAsync(bad, ADeployment("n", bad.Spec with { Model = ModelTier.Ultra }), false, default)).Allowed.ShouldBeFalse();
    }

    [Fact]
    public async Task A_name_that_is_yet_to_be_made_up_does_for_a_Service()
    {
        var nameless = ADeployment("x");
        nameless.Metadata.Name = null;
        nameless.Metadata.GenerateName = "nano-";
        (await Deployments.CreateAsync(nameless, false, default)).Allowed.ShouldBeTrue();
    }

    [Fact]
    public async Task A_replica_that_does_not_lead_knows_NemotronModels_as_the_leader_does()
    {
        // Nothing has been reconciled here: the library is as it was at the start.
        _models.Objects.Add(AModel("mine"));
        var entity = ADeployment("n", new() { ModelRef = new ModelReference { Name = "mine" }, Checkpoint = new CheckpointSpec { Path = "/weights" } });
        _library.Catalogue.TryFind("mine", out _).ShouldBeFalse();
        (await Deployments.CreateAsync(entity, false, default)).ShouldSatisfyAllConditions(answer => answer.Allowed.ShouldBeTrue(answer.Message), answer => answer.Warnings.ShouldBeEmpty());
    }

    [Fact]
    public async Task A_model_that_exists_and_does_not_add_up_is_a_warning_since_it_may_be_mended()
    {
        var broken = AModel("mine");
        broken.Spec = broken.Spec with { Architecture = broken.Spec.Architecture! with { LayerCount = 7 } };
        _models.Objects.Add(broken);
        var answer = await Deployments.CreateAsync(ADeployment("n", new() { ModelRef = new ModelReference { Name = "mine" } }), false, default);
        answer.Allowed.ShouldBeTrue();
        answer.Warnings.ShouldHaveSingleItem().ShouldStartWith("spec.modelRef.name: ");
    }

    [Fact]
    public async Task A_NemotronModel_that_does_not_add_up_is_refused_in_the_words_of_its_status()
    {
        var broken = AModel("mine");
        broken.Spec = broken.Spec with { Architecture = broken.Spec.Architecture! with { LayerCount = 7 } };
        var status = Should.Throw<CatalogueException>(() => DeclaredModel.Entry("mine", broken.Spec, null)).Message;
        (await Models.CreateAsync(broken, false, default)).Message.ShouldBe(status);
        (await Models.CreateAsync(AModel("mine"), false, default)).Message.ShouldBeNull();
    }

    [Fact]
    public void Deleting_what_others_use_names_them()
    {
        Models.Delete(AModel("mine"), false).Warnings.ShouldBeEmpty();
        for (var i = 0; i < 7; i++) _deployments.Objects.Add(ADeployment($"n-{i}", new() { ModelRef = new ModelReference { Name = "Mine" }, NodePool = "h100" }));
        var answer = Models.Delete(AModel("mine"), false);
        answer.Allowed.ShouldBeTrue();
        answer.Warnings.ShouldHaveSingleItem().ShouldStartWith(
            "NemotronModel mine is in use by models/n-0, models/n-1, models/n-2, models/n-3, models/n-4 and 2 others: what runs goes on");
        Pools.Delete(_pools.Objects[0], false).Warnings.ShouldHaveSingleItem().ShouldStartWith("GpuNodePool h100 is in use by models/n-0");
        Pools.Delete(APool("other"), false).Warnings.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_pool_is_warned_of_in_the_words_of_its_status()
    {
        (await Pools.CreateAsync(APool("second", age: 1), false, default)).Warnings.ShouldContain(warning => warning.StartsWith("Nodes of this pool also match h100.", StringComparison.Ordinal));
        var empty = APool("empty").With(spec => spec with { NodeSelector = new Dictionary<string, string> { ["gpu"] = "none" } });
        (await Pools.CreateAsync(empty, false, default)).Warnings.ShouldHaveSingleItem().ShouldStartWith("No node carries gpu=none.");
    }

    private NemotronDeploymentValidator Deployments
    {
        get
        {
            var fleet = Fleet;
            var fresh = new FreshObjects(_client);
            return new(
                new DeploymentSnapshots(
                    fleet, new FakeCache<V1Deployment>(), new FakeCache<LeaderWorkerSet>(), new FakeCache<PodMonitor>(), new FakeCache<PodView>(), Nemotron.Controllers.Deployments.Gateways.GatewayImage.OfThisVersion, new ScalingBoard(), TimeProvider.System,
                    new FakeCache<HorizontalPodAutoscalerView>(), new FakeCache<ScaledObjectView>(), new FakeCache<V1Service>()),
                fleet,
                new KnownModels(_library, _models, new ModelSource(_client), fresh, TimeProvider.System), fresh);
        }
    }

    private NemotronModelValidator Models => new(new ModelSource(_client), _deployments);

    private GpuNodePoolValidator Pools => new(Fleet, _deployments, TimeProvider.System);

    private FleetState Fleet => new(_pools, _nodes, new FakeCache<PodView> { Indexes = { [PodView.ByNode] = pod => pod.NodeName is { } node ? [node] : [] } }, _library, GpuCatalogue.Default);

    private static NemotronModel AModel(string name) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Uid = $"uid-{name}", Generation = 1 },
        Spec = new NemotronModelSpec
        {
            Architecture = new ArchitectureSpec
            {
                HiddenSize = 1024,
                VocabularySize = 32_000,
                TiedEmbeddings = false,
                MaxContextTokens = 8192,
                LayerCount = 8,
                Blocks = new Dictionary<string, BlockSpec>
                {
                    ["block"] = new() { Attention = new AttentionBlock { QueryHeads = 16, KvHeads = 8, HeadDim = 64 }, Ffn = new FfnBlock { Width = 4096, Gated = true } },
                },
                Layers = [new LayerRunSpec { Repeat = 8, Blocks = ["block"] }],
            },
        },
    };
}
