namespace Nemotron.Planning.Tests;

public sealed class CatalogueTests
{
    [Fact]
    public void Every_model_that_users_name_is_there() =>
        ModelCatalogue.Default.Models.Select(model => model.Name).ShouldBe(
            [
                "Nano", "Nano-4B", "Super", "Super-v1.5", "Ultra", "Nemotron-H-4B", "Nemotron-H-8B", "Nemotron-H-47B", "Nemotron-H-56B",
                "Nemotron-Nano-9B-v2", "Nemotron-Nano-12B-v2", "Hymba-1.5B", "Llama-3.1-8B", "Llama-3.1-70B", "Llama-3.1-405B", "Qwen3-32B",
            ],
            ignoreOrder: true);

    [Fact]
    public void Every_gpu_that_users_name_is_there() =>
        GpuCatalogue.Default.Gpus.Select(gpu => gpu.Name).ShouldBe(
            [
                "A10G", "A100-SXM-40GB", "A100-SXM-80GB", "L4", "L40S", "RTX-PRO-6000", "H100-SXM", "H100-PCIe", "H100-NVL",
                "H200-SXM", "B200-SXM", "B300-SXM", "GB200", "GB300",
            ],
            ignoreOrder: true);

    [Theory]
    [InlineData("super", "Super")]
    [InlineData("nvidia/Llama-3_3-Nemotron-Super-49B-v1-FP8", "Super")]
    [InlineData("LN-Ultra", "Ultra")]
    [InlineData(" Nano-9B-v2 ", "Nemotron-Nano-9B-v2")]
    public void A_model_answers_to_name_alias_and_checkpoint(string name, string model) =>
        ModelCatalogue.Default.Find(name).Name.ShouldBe(model);

    [Theory]
    [InlineData("Supr", "Super")]
    [InlineData("Nemotron-H-9B", "Nemotron-H-8B")]
    [InlineData("nvidia/Llama-3_3-Nemotron-Super-49B-v2", "nvidia/Llama-3_3-Nemotron-Super-49B-v1")]
    public void An_unknown_model_is_answered_with_the_nearest(string name, string nearest)
    {
        var error = Should.Throw<UnknownNameException>(() => ModelCatalogue.Default.Find(name));
        error.Nearest.ShouldContain(nearest);
        error.Message.ShouldContain(name);
    }

    [Theory]
    [InlineData("NVIDIA-H100-80GB-HBM3", "H100-SXM")]
    [InlineData("H100-80GB-HBM3-SHARED", "H100-SXM")]
    [InlineData("A100-SXM4-40GB-MIG-1g.5gb", "A100-SXM-40GB")]
    [InlineData("NVIDIA-A100-SXM4-80GB-MIG-3g.40gb-SHARED", "A100-SXM-80GB")]
    [InlineData("NVIDIA-B300-SXM6-AC", "B300-SXM")]
    [InlineData("NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition", "RTX-PRO-6000")]
    public void A_gpu_answers_to_its_product_label(string label, string gpu) => GpuCatalogue.Default.Find(label).Name.ShouldBe(gpu);

    [Fact]
    public void An_unknown_gpu_is_answered_with_the_nearest() =>
        Should.Throw<UnknownNameException>(() => GpuCatalogue.Default.Find("H100")).Nearest
            .ShouldBe(["H100-NVL", "H100-PCIe", "H100-SXM"]);

    [Theory]
    [InlineData("H1000", "H100-NVL")]
    [InlineData("H100-SXMM", "H100-SXM")]
    [InlineData("b20", "B200-SXM")]
    public void What_was_typed_may_be_the_beginning_of_a_name(string typed, string nearest) =>
        Should.Throw<UnknownNameException>(() => GpuCatalogue.Default.Find(typed)).Nearest[0].ShouldBe(nearest);

    [Theory]
    [InlineData(ModelTier.Nano)]
    [InlineData(ModelTier.Super)]
    [InlineData(ModelTier.Ultra)]
    public void A_tier_names_its_model(ModelTier tier) => ModelCatalogue.Default.Find(tier).Name.ShouldBe(tier.ToString());

    [Fact]
    public void Checkpoints_are_found_by_precision_and_not_invented()
    {
        Plans.Model("Super").CheckpointFor(Precision.FP8)!.HuggingFaceId.ShouldBe("nvidia/Llama-3_3-Nemotron-Super-49B-v1-FP8");
        Plans.Model("Super").CheckpointFor(Precision.NVFP4).ShouldBeNull();
        Plans.Model("Nano").CheckpointFor(Precision.FP8).ShouldBeNull();
        Plans.Plan("Nano", precision: Precision.FP8).Findings.ShouldContain(finding => finding.Kind == PlanFindingKind.NoCheckpoint && !finding.Refuses);
    }

    [Fact]
    public void What_was_not_read_first_hand_is_marked()
    {
        Plans.Model("Nano-4B").Provenance.ShouldContain(mark => mark.Figure == "architecture.tiedEmbeddings" && mark.Status == FigureStatus.NotFound);
        Plans.Model("Super-v1.5").Provenance.ShouldContain(mark => mark.Figure == "architecture" && mark.Status == FigureStatus.Derived);
        Plans.Gpu("H200-SXM").Provenance.ShouldContain(mark => mark.Figure == "memoryMiB");
        Plans.Gpu("H100-SXM").Provenance.ShouldBeEmpty();
    }

    [Fact]
    public void Every_switch_has_the_grammar_of_its_card()
    {
        Grammar("Nano").ShouldBe(ReasoningGrammar.SystemDetailedThinking);
        Grammar("Super-v1.5").ShouldBe(ReasoningGrammar.SystemNoThink);
        Grammar("Nemotron-Nano-9B-v2").ShouldBe(ReasoningGrammar.ThinkTags);
        Grammar("Nemotron-H-47B").ShouldBe(ReasoningGrammar.SystemJson);
        Grammar("Llama-3.1-8B").ShouldBe(ReasoningGrammar.None);
        Plans.Model("Super-v1.5").Reasoning.DefaultMode.ShouldBe(ReasoningMode.On);
        Plans.Model("Super").Reasoning.SamplingOn.ShouldBe(new SamplingDefaults(0.6, 0.95));
        Plans.Model("Super").Reasoning.SamplingOff.ShouldBe(new SamplingDefaults(0, null));

        static ReasoningGrammar Grammar(string model) => Plans.Model(model).Reasoning.Grammar;
    }

    [Fact]
    public void An_entry_added_replaces_one_of_its_name_and_keeps_the_others()
    {
        var mine = Plans.Model("Super-v1.5") with { Architecture = Plans.Model("Nano").Architecture };
        var catalogue = ModelCatalogue.Default.With([mine]);
        catalogue.Find("nvidia/Llama-3_3-Nemotron-Super-49B-v1_5").Architecture.Parameters.Total.ShouldBe(8_030_261_248);
        catalogue.Models.Count.ShouldBe(ModelCatalogue.Default.Models.Count);
    }

    [Fact]
    public void A_name_that_would_find_two_models_is_refused() =>
        Should.Throw<CatalogueException>(() => ModelCatalogue.Default.With([Plans.Model("Nano") with { Name = "Other" }]))
            .Message.ShouldContain("also names");

    [Fact]
    public void A_directory_serves_as_catalogue()
    {
        var folder = Directory.CreateTempSubdirectory("catalogue");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "tiny.yaml"), CatalogueErrorTests.Good);
            File.WriteAllText(Path.Combine(folder.FullName, "notes.txt"), "not a model");
            ModelCatalogue.FromDirectory(folder.FullName).Models.ShouldHaveSingleItem().Name.ShouldBe("Tiny");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
