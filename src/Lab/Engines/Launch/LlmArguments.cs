using System.Globalization;
using Nemotron.Planning;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Nemotron.Lab.Engines;

/// <summary>
/// The YAML that trtllm-serve (<c>--config</c>) and Triton's llmapi model (<c>model.yaml</c>) take: the arguments of TensorRT-LLM's LLM class.
/// Keys it does not have are refused, as the real one refuses them.
/// </summary>
internal sealed class LlmArguments
{
    private static readonly HashSet<string> Keys = new(StringComparer.Ordinal)
    {
        "model", "backend", "tokenizer", "tokenizer_mode", "custom_tokenizer", "skip_tokenizer_init", "trust_remote_code", "tensor_parallel_size",
        "pipeline_parallel_size", "context_parallel_size", "dtype", "revision", "tokenizer_revision", "gpus_per_node", "moe_cluster_parallel_size",
        "moe_tensor_parallel_size", "moe_expert_parallel_size", "enable_attention_dp", "attention_dp_config", "pp_partition", "cp_config", "load_format",
        "fail_fast_on_attention_window_too_large", "enable_lora", "lora_config", "kv_cache_config", "enable_chunked_prefill", "guided_decoding_backend",
        "iter_stats_max_iterations", "request_stats_max_iterations", "peft_cache_config", "scheduler_config", "cache_transceiver_config",
        "sparse_attention_config", "speculative_config", "max_batch_size", "max_input_len", "max_seq_len", "max_beam_width", "max_num_tokens",
        "gather_generation_logits", "num_postprocess_workers", "postprocess_tokenizer_dir", "reasoning_parser", "tool_parser", "return_perf_metrics",
        "perf_metrics_max_requests", "prometheus_metrics_config", "orchestrator_type", "env_overrides", "cuda_graph_config", "disable_overlap_scheduler",
        "moe_config", "nvfp4_gemm_config", "attn_backend", "sampler_type", "enable_iter_perf_stats", "enable_iter_req_stats", "print_iter_log",
        "batch_wait_timeout_ms", "batch_wait_timeout_iters", "batch_wait_max_tokens_ratio", "torch_compile_config", "enable_autotuner",
        "enable_layerwise_nvtx_marker", "enable_min_latency", "stream_interval", "force_dynamic_quantization", "allreduce_strategy",
        "checkpoint_loader", "checkpoint_format", "kv_connector_config", "mm_encoder_only", "quant_config", "generation_config",
        "allow_request_chat_template", "otlp_traces_endpoint", "enable_sleep", "garbage_collection_gen0_threshold", "use_low_precision_moe_combine",
        "calib_config", "build_config", "hostname", "port", "num_instances", "enable_lm_head_tp_in_adp",
    };

    private static readonly HashSet<string> KvKeys = new(StringComparer.Ordinal)
    {
        "enable_block_reuse", "enable_partial_reuse", "copy_on_partial_reuse", "max_tokens", "max_attention_window", "sink_token_length",
        "free_gpu_memory_fraction", "host_cache_size", "onboard_blocks", "cross_kv_cache_fraction", "secondary_offload_min_priority",
        "event_buffer_max_size", "attention_dp_events_gather_period_ms", "use_uvm", "max_gpu_total_bytes", "dtype", "mamba_ssm_cache_dtype",
        "tokens_per_block", "iteration_stats_interval", "use_kv_cache_manager_v2", "max_util_for_resume",
    };

    private readonly YamlMappingNode root;

    private LlmArguments(YamlMappingNode root) => this.root = root;

    /// <summary>Reads a file's text.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="text">Its text.</param>
    /// <param name="alsoKnown">Keys that this use knows besides.</param>
    /// <exception cref="StartRefusedException">It is no YAML mapping, or has a key that the program does not know.</exception>
    public static LlmArguments Read(string path, string text, params string[] alsoKnown)
    {
        var root = Mapping(path, text);
        var wrong = Unknown(root, Keys, alsoKnown).ToList();
        if (root.Children.TryGetValue("kv_cache_config", out var kv) && kv is YamlMappingNode kvNode) wrong.AddRange(Unknown(kvNode, KvKeys, []).Select(key => $"kv_cache_config.{key}"));
        if (wrong.Count == 0) return new(root);
        throw new StartRefusedException(1,
        [
            "Traceback (most recent call last):",
            $"pydantic_core._pydantic_core.ValidationError: {wrong.Count} validation error{(wrong.Count == 1 ? "" : "s")} for TorchLlmArgs ({path})",
            .. wrong.SelectMany(key => new[] { key, "  Extra inputs are not permitted [type=extra_forbidden]" }),
        ]);
    }

    /// <summary>A text, or null.</summary>
    public string? Text(params ReadOnlySpan<string> path)
    {
        YamlNode node = root;
        foreach (var key in path)
        {
            if (node is not YamlMappingNode mapping || !mapping.Children.TryGetValue(key, out var next)) return null;
            node = next;
        }

        return node is YamlScalarNode { Value: { Length: > 0 } value } ? value is "null" or "~" ? null : value : null;
    }

    /// <summary>A whole number, or null.</summary>
    /// <exception cref="StartRefusedException">It is none.</exception>
    public long? Whole(params ReadOnlySpan<string> path)
    {
        if (Text(path) is not { } text) return null;
        return long.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Wrong(string.Join('.', path!), "Input should be a valid integer", text);
    }

    /// <summary>A number, or null.</summary>
    /// <exception cref="StartRefusedException">It is none.</exception>
    public double? Number(params ReadOnlySpan<string> path)
    {
        if (Text(path) is not { } text) return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : throw Wrong(string.Join('.', path!), "Input should be a valid number", text);
    }

    /// <summary>A boolean, or null.</summary>
    /// <exception cref="StartRefusedException">It is none.</exception>
    public bool? Flag(params ReadOnlySpan<string> path) => Text(path) switch
    {
        null => null,
        "true" or "True" or "TRUE" => true,
        "false" or "False" or "FALSE" => false,
        var text => throw Wrong(string.Join('.', path!), "Input should be a valid boolean", text),
    };

    /// <summary>What the file says over what the command line said: the file wins.</summary>
    /// <param name="settings">The command line's.</param>
    /// <exception cref="StartRefusedException">A value is of the wrong kind.</exception>
    public EngineSettings Over(EngineSettings settings) => settings with
    {
        Model = Text("model") ?? settings.Model,
        TensorParallel = Count(Whole("tensor_parallel_size")) ?? settings.TensorParallel,
        PipelineParallel = Count(Whole("pipeline_parallel_size")) ?? settings.PipelineParallel,
        GpusPerNode = Count(Whole("gpus_per_node")) ?? settings.GpusPerNode,
        MaxBatchSize = Count(Whole("max_batch_size")) ?? settings.MaxBatchSize,
        MaxNumTokens = Count(Whole("max_num_tokens")) ?? settings.MaxNumTokens,
        MaxSequenceTokens = Count(Whole("max_seq_len")) ?? settings.MaxSequenceTokens,
        TrustRemoteCode = Flag("trust_remote_code") ?? settings.TrustRemoteCode,
        ReasoningParser = Text("reasoning_parser") ?? settings.ReasoningParser,
        ToolParser = Text("tool_parser") ?? settings.ToolParser,
        MemoryFraction = Number("kv_cache_config", "free_gpu_memory_fraction") ?? settings.MemoryFraction,
        KvPrecision = KvPrecisionOf(Text("kv_cache_config", "dtype")) ?? settings.KvPrecision,
        TokensPerBlock = Count(Whole("kv_cache_config", "tokens_per_block")) ?? settings.TokensPerBlock,
        KvMaxTokens = Whole("kv_cache_config", "max_tokens") ?? settings.KvMaxTokens,
        BlockReuse = Flag("kv_cache_config", "enable_block_reuse") ?? settings.BlockReuse,
        Preempts = (Text("scheduler_config", "capacity_scheduler_policy") ?? "").Equals("MAX_UTILIZATION", StringComparison.OrdinalIgnoreCase) || settings.Preempts,
        ReturnPerfMetrics = Flag("return_perf_metrics") ?? settings.ReturnPerfMetrics,
        IterationStats = Flag("enable_iter_perf_stats") ?? settings.IterationStats,
        IterationStatsKept = Count(Whole("iter_stats_max_iterations")) ?? settings.IterationStatsKept,
    };

    /// <summary>A KV cache's element type by the engine's name for it; null for <c>auto</c>.</summary>
    public static KvPrecision? KvPrecisionOf(string? dtype) => dtype?.ToLowerInvariant() switch
    {
        "fp8" or "fp8_e4m3" => Planning.KvPrecision.FP8,
        "nvfp4" => Planning.KvPrecision.NVFP4,
        "bfloat16" or "float16" or "bf16" or "fp16" => Planning.KvPrecision.BF16,
        _ => null,
    };

    private static int? Count(long? number) => number is { } given ? (int)Math.Clamp(given, 1, int.MaxValue) : null;

    private static YamlMappingNode Mapping(string path, string text)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents switch
            {
                [] => [],
                [{ RootNode: YamlMappingNode mapping }] => mapping,
                _ => throw new StartRefusedException(1, $"TypeError: {path}: a mapping of LLM arguments is expected"),
            };
        }
        catch (YamlException bad)
        {
            throw new StartRefusedException(1, "Traceback (most recent call last):", $"yaml.scanner.ScannerError: {bad.Message}", $"  in \"{path}\", line {bad.Start.Line}, column {bad.Start.Column}");
        }
    }

    private static IEnumerable<string> Unknown(YamlMappingNode mapping, HashSet<string> known, string[] alsoKnown) =>
        mapping.Children.Keys.Select(key => key.ToString()).Where(key => !known.Contains(key) && !alsoKnown.Contains(key));

    private static StartRefusedException Wrong(string key, string what, string text) => new(1,
        "Traceback (most recent call last):",
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for TorchLlmArgs",
        key,
        $"  {what} [input_value='{text}']");
}
