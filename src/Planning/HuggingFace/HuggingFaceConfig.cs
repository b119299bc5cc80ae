namespace Nemotron.Planning;

/// <summary>
/// Reads the <c>config.json</c> of a Hugging Face checkpoint: Llama, nemotron-nas (DeciLM with <c>block_configs</c>) and nemotron_h.
/// What it does not understand it refuses; keys that have no bearing on memory are passed over.
/// </summary>
public static class HuggingFaceConfig
{
    private static readonly EngineKind[] AllEngines = [EngineKind.TrtLlmServe, EngineKind.Triton, EngineKind.Vllm, EngineKind.Sglang];
    private static readonly EngineKind[] HybridEngines = [EngineKind.TrtLlmServe, EngineKind.Triton, EngineKind.Vllm];

    /// <summary>Reads the architecture.</summary>
    /// <param name="file">What errors call the document.</param>
    /// <param name="json">The document.</param>
    /// <exception cref="CatalogueException">The text is no JSON, the architecture is unknown, or a figure is missing or wrong.</exception>
    public static ModelArchitecture ReadArchitecture(string file, string json) => Read(DocumentNode.ParseJson(file, json));

    /// <summary>Reads a model entry: the architecture, the state format that the checkpoint asks for, and whether it brings its own code.</summary>
    /// <param name="file">What errors call the document.</param>
    /// <param name="json">The document.</param>
    /// <param name="name">The entry's name; null takes <c>_name_or_path</c>, or else the file's.</param>
    /// <param name="ssmState">The state's format where the document does not say.</param>
    /// <exception cref="CatalogueException">As for <see cref="ReadArchitecture"/>.</exception>
    public static ModelEntry ReadModel(string file, string json, string? name = null, StatePrecision ssmState = StatePrecision.FP32)
    {
        var root = DocumentNode.ParseJson(file, json);
        var architecture = Read(root);
        name ??= root.Optional("_name_or_path") is { IsText: true } path ? path.Text() : file;
        return new ModelEntry
        {
            Name = name,
            DisplayName = name,
            Architecture = architecture,
            RemoteCode = root.Optional("auto_map") is not null,
            Engines = architecture.HasMamba ? HybridEngines : AllEngines,
            SsmState = ReadSsmState(root) ?? ssmState,
        };
    }

    private static ModelArchitecture Read(DocumentNode root)
    {
        RefuseWideTypes(root);
        var named = root.Optional("architectures")?.Texts() ?? [];
        var type = root.Optional("model_type")?.Text() ?? "";
        return (named.Count > 0 ? named[0] : "", type) switch
        {
            ("DeciLMForCausalLM" or "NemotronNASForCausalLM", _) or ("", "nemotron-nas") => NasConfig.Read(root),
            ("NemotronHForCausalLM", _) or ("", "nemotron_h") => NemotronHConfig.Read(root),
            ("LlamaForCausalLM", _) or ("", "llama") => LlamaConfig.Read(root),
            ("", "") => throw root.Error("architectures", "is required, or model_type"),
            ("", var unknown) => throw root.Error("model_type", Unknown(unknown)),
            var (unknown, _) => throw root.Error("architectures[0]", Unknown(unknown)),
        };
    }

    private static string Unknown(string architecture) =>
        $"unknown architecture '{architecture}'; understood are LlamaForCausalLM, DeciLMForCausalLM (nemotron-nas) and NemotronHForCausalLM (nemotron_h)";

    // Weights are planned in bf16 or below; a checkpoint in a wider type would take twice what the plan says.
    private static void RefuseWideTypes(DocumentNode root)
    {
        foreach (var key in (string[])["torch_dtype", "dtype"])
        {
            if (root.Optional(key) is { } type && type.Text() is not ("bfloat16" or "float16" or "auto"))
                throw root.Error(key, $"'{type.Text()}' is not planned; bfloat16 and float16 are");
        }
    }

    private static StatePrecision? ReadSsmState(DocumentNode root)
    {
        if (root.Optional("mamba_ssm_cache_dtype") is not { } type) return null;
        return type.Text() switch
        {
            "float32" => StatePrecision.FP32,
            "bfloat16" or "float16" => StatePrecision.BF16,
            var other => throw root.Error("mamba_ssm_cache_dtype", $"'{other}' is not float32, bfloat16 or float16"),
        };
    }
}
