using CsCheck;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Controllers.Fleets;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning;
using static Nemotron.Controllers.Tests.Builders.Cluster;
using ModelTier = Nemotron.Crds.ModelTier;
using ReasoningGrammar = Nemotron.Planning.ReasoningGrammar;
using ReasoningMode = Nemotron.Crds.ReasoningMode;
using ReasoningSpec = Nemotron.Crds.ReasoningSpec;

namespace Nemotron.Controllers.Tests.Reasoning;

/// <summary>What a deployment declares, as its gateway is told it; and which of it needs new pods.</summary>
public class GatewayPlanTests
{
    private static readonly Gen<SamplingParameters?> Sampling =
        from none in Gen.Bool
        from temperature in Gen.OneOf<double?>(null, 0, 0.7)
        from topP in Gen.OneOf<double?>(null, 0.9, 1)
        from topK in Gen.OneOf<int?>(null, 40)
        from most in Gen.OneOf<long?>(null, 4096)
        select none ? null : new SamplingParameters { Temperature = temperature, TopP = topP, TopK = topK, MaxTokens = most };

    private static readonly Gen<ReasoningSpec?> Reasoning =
        from none in Gen.Int[0, 9]
        from mode in Gen.OneOf<ReasoningMode?>(null, ReasoningMode.On, ReasoningMode.Off)
        from enforcement in Gen.OneOf<ReasoningEnforcement?>(null, ReasoningEnforcement.Default, ReasoningEnforcement.Enforced)
        from budget in Gen.OneOf<long?>(null, 1, 8192)
        from thinking in Sampling
        from answering in Sampling
        select none == 0 ? null : new ReasoningSpec { Default = mode, Enforcement = enforcement, BudgetTokens = budget, Sampling = new SamplingSpec { ModeOn = thinking, ModeOff = answering } };

    [Fact]
    public void No_change_of_the_reasoning_changes_the_pods_and_each_reaches_the_settings_as_declared() =>
        Gen.Select(Gen.OneOf(ModelTier.Nano, ModelTier.Super, ModelTier.Ultra), Gen.OneOf("1.2.1", "1.3.0rc14"), Reasoning, Reasoning).Sample((tier, version, before, after) =>
        {
            var (first, second) = (Decided(Spec(tier, version, before)), Decided(Spec(tier, version, after)));
            var entity = ADeployment("n", Spec(tier, version, before));
            ModelJson.Serialize(EnginePod.Server(entity, first)).ShouldBe(ModelJson.Serialize(EnginePod.Server(ADeployment("n", Spec(tier, version, after)), second)));

            // What the gateway reads is what was decided, and another mark goes with every other content.
            var read = GatewaySettingsYaml.Parse("gateway.yaml", File(entity, second));
            read.ShouldBe(second.Gateway!.Settings);
            (File(entity, first) == File(entity, second)).ShouldBe(first.Gateway!.Settings.Revision == second.Gateway.Settings.Revision);
            read.Reasoning.Default.ToString().ShouldBe((after?.Default ?? ReasoningMode.Off).ToString());
            read.Reasoning.Enforcement.ToString().ShouldBe((after?.Enforcement ?? ReasoningEnforcement.Default).ToString());
            read.Reasoning.Budget?.Tokens.ShouldBe(after?.BudgetTokens);
        });

    [Fact]
    public void What_a_running_gateway_does_not_take_changes_the_pods()
    {
        var launch = Decided(Spec(ModelTier.Nano, "1.2.1", null));
        var settings = launch.Gateway!.Settings;
        var hash = EngineConfigMap.Hash(launch.Launch, launch.Gateway);
        EngineConfigMap.Hash(launch.Launch, launch.Gateway with { Settings = settings with { Drain = new GatewayDrain { Deadline = TimeSpan.FromHours(1) } } }).ShouldBe(hash);
        EngineConfigMap.Hash(launch.Launch, launch.Gateway with { Settings = settings with { Timeouts = new GatewayTimeouts { Connect = TimeSpan.FromSeconds(1) } } }).ShouldNotBe(hash);
        EngineConfigMap.Hash(launch.Launch, launch.Gateway with { Settings = settings with { Access = new GatewayAccess { TlsCertificateFile = "/a", TlsKeyFile = "/b" } } }).ShouldNotBe(hash);
    }

    [Fact]
    public void Standing_in_reaches_the_settings_and_changes_neither_the_pods_nor_what_is_declared()
    {
        var entity = ADeployment("small", Spec(ModelTier.Nano, "1.2.1", null));
        var seen = Seen(entity, Pool("h100", ANode("a")));
        var alone = DeploymentDecision.Decide(seen with { Fleet = new FleetShare("prod", null) }).Decided!;
        var standIn = DeploymentDecision.Decide(seen with { Fleet = new FleetShare("prod", null) { StandsInFor = ["super", "ultra"] } }).Decided!;
        alone.Gateway!.Settings.StandIn.ShouldBeNull();
        GatewaySettingsYaml.Parse("gateway.yaml", File(entity, standIn)).StandIn.ShouldBe(new GatewayStandIn { ServedBy = "small (Nano)", Namespace = "models", Services = ["super", "ultra"] });
        standIn.Gateway!.Settings.Revision.ShouldNotBe(alone.Gateway.Settings.Revision);
        standIn.Gateway.Declared.ShouldBe(alone.Gateway.Declared);
        ModelJson.Serialize(EnginePod.Server(entity, standIn)).ShouldBe(ModelJson.Serialize(EnginePod.Server(entity, alone)));
    }

    [Theory]
    [InlineData("nano", ReasoningGrammar.SystemDetailedThinking)]
    [InlineData("super-v1.5", ReasoningGrammar.SystemNoThink)]
    [InlineData("nemotron-nano-9b-v2", ReasoningGrammar.ThinkTags)]
    [InlineData("nemotron-h-56b", ReasoningGrammar.None)]
    public void The_grammar_is_the_models(string model, ReasoningGrammar grammar) =>
        Decided(new NemotronDeploymentSpec { ModelRef = new ModelReference { Name = model }, Checkpoint = Trusted }).Gateway!.Settings.Reasoning.Grammar.ShouldBe(grammar);

    [Fact]
    public void The_page_shows_a_resource_and_the_settings_that_come_of_it()
    {
        var page = System.IO.File.ReadAllText(Path.Combine(Root(), "docs", "reasoning.md"));
        var resource = Manifests.Ours<NemotronDeployment>(Manifests.Documents($"apiVersion: serving.nemotron.dev/v1alpha1\nkind: NemotronDeployment\nmetadata:\n  name: n\n{Block(page, "resource")}").Single());
        var decided = Decided(resource.Spec);
        File(resource, decided).ShouldBe(Block(page, "settings").Replace("REVISION", decided.Gateway!.Settings.Revision, StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_word_the_cards_sampling_counts_and_each_declared_field_replaces_its_own()
    {
        GatewaySampling card = new() { Temperature = 0.6, TopP = 0.95 };
        DeclaredSampling.Over(card, null).ShouldBe(card);
        DeclaredSampling.Over(card, new SamplingParameters { MaxTokens = 100 }).ShouldBe(card with { MaxTokens = 100 });
        DeclaredSampling.Over(card, new SamplingParameters { Temperature = 1 }).ShouldBe(card with { Temperature = 1 });
        DeclaredSampling.Over(card, new SamplingParameters { Temperature = 0 }).ShouldBe(new GatewaySampling { Temperature = 0 });
        DeclaredSampling.Over(new GatewaySampling { Temperature = 0 }, new SamplingParameters { TopP = 0.9 }).ShouldBe(new GatewaySampling { TopP = 0.9 });
        DeclaredSampling.Over(null, new SamplingParameters { TopK = 5 }).ShouldBe(new GatewaySampling { TopK = 5 });
    }

    [Fact]
    public void Kubernetes_waits_longer_than_the_drain_and_the_engine_take_together()
    {
        foreach (var engine in new[] { Crds.EngineKind.TrtLlmServe, Crds.EngineKind.Triton })
        {
            var decided = Decided(new NemotronDeploymentSpec { Model = ModelTier.Nano, Engine = new EngineSpec { Type = engine }, Drain = new DrainSpec { Timeout = new Duration(TimeSpan.FromMinutes(2)) } });
            var drain = decided.Gateway!.Settings.Drain;
            drain.Deadline.ShouldBe(TimeSpan.FromMinutes(2));
            PodStop.Of(decided).Grace.ShouldBeGreaterThan(drain.Delay + drain.Deadline + decided.Launch.Stop.Unload);
        }
    }

    [Fact]
    public void In_front_of_Triton_the_gateway_renders_ends_traces_itself_and_says_what_Triton_has_no_input_for()
    {
        var spec = new NemotronDeploymentSpec
        {
            ModelRef = new ModelReference { Name = "nemotron-nano-9b-v2" },
            Checkpoint = Trusted,
            Engine = new EngineSpec { Type = Crds.EngineKind.Triton },
            Reasoning = new ReasoningSpec
            {
                Default = ReasoningMode.On,
                Enforcement = ReasoningEnforcement.Enforced,
                BudgetTokens = 4096,
                Sampling = new SamplingSpec { ModeOn = new SamplingParameters { TopK = 40, MinP = 0.1, RepetitionPenalty = 1.1 } },
            },
        };
        var decided = Decided(spec);
        var settings = decided.Gateway!.Settings;
        settings.Triton.ShouldBe(new GatewayTriton { Grpc = "http://127.0.0.1:8001", ServedName = decided.ServedModel, ChatTemplate = Planning.ChatTemplate.NemotronNanoV2, MaxTokens = (int)decided.ContextTokens });
        settings.Reasoning.Budget.ShouldBe(new ThinkingBudget { By = BudgetMechanism.Stream, Tokens = 4096 });
        settings.Reasoning.SamplingOn.ShouldBe(new GatewaySampling { Temperature = 0.6, TopP = 0.95, TopK = 40 });
        GatewaySettingsYaml.Parse("gateway.yaml", File(ADeployment("n", spec), decided)).ShouldBe(settings);
        DeploymentFieldsNotInEffect.Of(spec, decided).ShouldBe(
            ["spec.reasoning.sampling.modeOn.minP (Triton's llmapi model has no such input)", "spec.reasoning.sampling.modeOn.repetitionPenalty (Triton's llmapi model has no such input)"]);
    }

    [Theory]
    [InlineData(ReasoningEnforcement.Enforced, false)]
    [InlineData(ReasoningEnforcement.Default, true)]
    public void A_mode_that_is_held_leaves_gRPC_clients_no_way_past_the_gateway(ReasoningEnforcement enforcement, bool open)
    {
        var owner = ADeployment("n", new NemotronDeploymentSpec
        {
            Model = ModelTier.Nano,
            Engine = new EngineSpec { Type = Crds.EngineKind.Triton },
            Reasoning = new ReasoningSpec { Enforcement = enforcement },
            NetworkPolicy = new NetworkPolicySpec { Enabled = true },
        });
        var decided = Decided(owner.Spec);
        (EngineServices.BuildGrpc(owner, decided) is not null).ShouldBe(open);
        var clients = EngineNetworkPolicy.Build(owner, decided, new PolicyPeers(new k8s.Models.V1NetworkPolicyPeer(), new k8s.Models.V1NetworkPolicyPeer()))!.Spec.Ingress[0].Ports.Select(port => (string)port.Port);
        clients.ShouldBe(open ? ["8000", "8001"] : ["8000"]);
    }

    [Fact]
    public void Without_a_known_chat_template_Triton_gets_prompts_as_they_come_and_no_mode_can_be_enforced()
    {
        var entry = ModelCatalogue.Default.Find("Nano") with { Name = "mine", DisplayName = "Mine", Tier = null, Aliases = [], Checkpoints = [new Checkpoint("me/mine", Planning.Precision.BF16)], ChatTemplate = null };
        var spec = new NemotronDeploymentSpec { ModelRef = new ModelReference { Name = "mine" }, Engine = new EngineSpec { Type = Crds.EngineKind.Triton }, Reasoning = new ReasoningSpec { Default = ReasoningMode.On } };
        var decided = Decide(spec).Decided!;
        decided.Gateway!.Settings.Triton.ShouldBeNull();
        decided.Gateway.Settings.Reasoning.Grammar.ShouldBe(ReasoningGrammar.None);
        DeploymentFieldsNotInEffect.Of(spec, decided).Single().ShouldContain("the model's chat template is not known");
        var refused = Decide(spec with { Reasoning = new ReasoningSpec { Enforcement = ReasoningEnforcement.Enforced } }).Refused.ShouldNotBeNull();
        refused.Reason.ShouldBe(ConditionReasons.EngineNotSupported);
        refused.Message.ShouldContain("the chat template of mine is not known");

        DeploymentDecision Decide(NemotronDeploymentSpec declared) =>
            DeploymentDecision.Decide(Seen(ADeployment("n", declared), Pool("h100", ANode("a"))) with { Models = ModelCatalogue.Default.With([entry]) });
    }

    private static string Block(string page, string kind)
    {
        var from = page.IndexOf($"```{kind}\n", StringComparison.Ordinal) + kind.Length + 4;
        return page[from..page.IndexOf("```", from, StringComparison.Ordinal)];
    }

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (System.IO.File.Exists(Path.Combine(folder.FullName, "NemotronOperator.sln"))) return folder.FullName;
        throw new InvalidOperationException("NemotronOperator.sln is in no folder above the test binaries.");
    }

    private static string File(NemotronDeployment entity, DecidedDeployment decided) => EngineConfigMap.Build(entity, decided).Data[EngineConfigMap.GatewayFile];

    private static NemotronDeploymentSpec Spec(ModelTier tier, string version, ReasoningSpec? reasoning) => new()
    {
        Model = tier,
        Checkpoint = Trusted,
        Reasoning = reasoning,
        Engine = new EngineSpec { Version = version, ReasoningParser = "deepseek-r1" },
    };

    private static DecidedDeployment Decided(NemotronDeploymentSpec spec)
    {
        var decision = DeploymentDecision.Decide(Seen(ADeployment("n", spec), Pool("h100", ANode("a"), ANode("b"))));
        return decision.Decided ?? throw new InvalidOperationException((decision.Refused ?? decision.NoPlace)!.Message);
    }
}
