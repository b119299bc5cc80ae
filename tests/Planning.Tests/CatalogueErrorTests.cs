namespace Nemotron.Planning.Tests;

/// <summary>A file that cannot be used is refused with file, path and reason.</summary>
public sealed class CatalogueErrorTests
{
    internal const string Good = """
        name: Tiny
        engines: [Vllm]
        architecture:
          hiddenSize: 64
          vocabularySize: 100
          tiedEmbeddings: false
          maxContextTokens: 1024
          layerCount: 3
          blocks:
            full:
              attention: { queryHeads: 4, kvHeads: 2, headDim: 16 }
              ffn: { width: 128, gated: true }
            empty: {}
          layers:
            - { repeat: 2, blocks: [full] }
            - { blocks: [empty] }
        """;

    [Fact]
    public void The_good_file_is_read()
    {
        var model = ModelYaml.Parse("tiny.yaml", Good);
        model.Architecture.LayerCount.ShouldBe(3);
        model.Architecture.Runs.Count.ShouldBe(2);
        model.Architecture.Parameters.Total.ShouldBe(2 * (64 * 64 * 2 + 64 * 64 + 3 * 64 * 128 + 2 * 64) + 2 * 100 * 64 + 64);
    }

    [Theory]
    [InlineData("hiddenSize: 64", "hiddenSise: 64", "architecture.hiddenSize", "is required")]
    [InlineData("engines: [Vllm]", "engine: [Vllm]", "engine", "did you mean engines")]
    [InlineData("engines: [Vllm]", "engines: [vLLM]", "engines[0]", "'vLLM' is not one of TrtLlmServe, Triton, Vllm, Sglang")]
    [InlineData("queryHeads: 4", "queryHeads: 0", "architecture.blocks.full.attention.queryHeads", "must be between 1 and")]
    [InlineData("kvHeads: 2", "kvHeads: 0", "architecture.blocks.full.attention.kvHeads", "must be between 1 and")]
    [InlineData("kvHeads: 2", "kvHeads: 3", "architecture.blocks.full.attention.kvHeads", "3 KV heads do not divide 4 query heads")]
    [InlineData("kvHeads: 2", "kvHeads: 2, window: 9", "architecture.blocks.full.attention.window", "did you mean windowTokens")]
    [InlineData("layerCount: 3", "layerCount: 4", "architecture.layers", "add up to 3 layers, but layerCount says 4")]
    [InlineData("layerCount: 3", "layerCount: 2", "architecture.layers", "but layerCount says 2")]
    [InlineData("[empty]", "[emtpy]", "architecture.layers[1].blocks[0]", "there is no block 'emtpy'")]
    [InlineData("    - { blocks: [empty] }", "    - { blocks: [full] }", "architecture.layers", "no run uses block 'empty'")]
    [InlineData("gated: true", "gated: yes", "architecture.blocks.full.ffn.gated", "must be true or false")]
    [InlineData("hiddenSize: 64", "hiddenSize: '64'", "architecture.hiddenSize", "must be a whole number")]
    [InlineData("hiddenSize: 64", "hiddenSize: 99999999999", "architecture.hiddenSize", "must be a whole number")]
    [InlineData("hiddenSize: 64", "hiddenSize: [64]", "architecture.hiddenSize", "must be a whole number")]
    [InlineData("  layers:", "  layers: {}\n  lairs:", "architecture.layers", "must be a list")]
    [InlineData("name: Tiny", "name: Tiny\nname: Twice", "line 2", "Duplicate key")]
    [InlineData("name: Tiny", "name: [", "line", "")]
    public void A_wrong_file_is_named_with_path_and_reason(string right, string wrong, string path, string reason)
    {
        Good.ShouldContain(right);
        var error = Should.Throw<CatalogueException>(() => ModelYaml.Parse("models/tiny.yaml", Good.Replace(right, wrong, StringComparison.Ordinal)));
        error.File.ShouldBe("models/tiny.yaml");
        error.Path.ShouldStartWith(path);
        error.Reason.ShouldContain(reason);
        error.Message.ShouldBe($"{error.File}: {error.Path}: {error.Reason}");
    }

    [Theory]
    [InlineData("memoryMiB: 0", "memoryMiB", "must be between 1 and")]
    [InlineData("memoryMib: 1", "memoryMiB", "is required")]
    [InlineData("memoryMiB: 1\ncomputeCapability: 90\ngpusPerNode: 8\nbandwith: 3", "bandwith", "did you mean bandwidthGBps")]
    public void A_wrong_gpu_file_is_named_with_path_and_reason(string figures, string path, string reason)
    {
        var text = "name: X\n" + figures + (figures.Contains("gpusPerNode", StringComparison.Ordinal) ? "" : "\ngpusPerNode: 8\ncomputeCapability: 90");
        var error = Should.Throw<CatalogueException>(() => GpuYaml.Parse("gpus/x.yaml", text));
        (error.File, error.Path).ShouldBe(("gpus/x.yaml", path));
        error.Reason.ShouldContain(reason);
    }

    [Fact]
    public void Classes_that_stay_in_bf16_anyway_are_not_to_be_named() =>
        Should.Throw<CatalogueException>(() => ModelYaml.Parse("x", Good + "\nkeptInBf16: [Embedding]")).Path.ShouldBe("keptInBf16[0]");

    [Fact]
    public void A_directory_that_is_not_there_is_named() =>
        Should.Throw<CatalogueException>(() => ModelCatalogue.FromDirectory("/no/such/folder")).Message.ShouldContain("/no/such/folder");
}
