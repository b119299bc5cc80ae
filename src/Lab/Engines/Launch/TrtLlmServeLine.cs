using System.Globalization;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Engines;

/// <summary>Reads the command line of <c>trtllm-serve [serve] MODEL …</c>.</summary>
internal static class TrtLlmServeLine
{
    private static readonly ProgramOption[] Options =
    [
        ProgramOption.Of("--host"), ProgramOption.Of("--port"), ProgramOption.Of("--backend"), ProgramOption.Of("--tokenizer"), ProgramOption.Of("--custom_tokenizer"),
        ProgramOption.Of("--max_beam_width"), ProgramOption.Of("--max_batch_size"), ProgramOption.Of("--max_num_tokens"), ProgramOption.Of("--max_seq_len"),
        ProgramOption.Of("--tp_size", "--tensor_parallel_size"), ProgramOption.Of("--pp_size", "--pipeline_parallel_size"), ProgramOption.Of("--cp_size", "--context_parallel_size"),
        ProgramOption.Of("--ep_size", "--moe_expert_parallel_size"), ProgramOption.Of("--cluster_size", "--moe_cluster_parallel_size"), ProgramOption.Of("--gpus_per_node"),
        ProgramOption.Of("--kv_cache_free_gpu_memory_fraction", "--free_gpu_memory_fraction"), ProgramOption.Of("--kv_cache_dtype"), ProgramOption.Of("--num_postprocess_workers"),
        ProgramOption.Flag("--trust_remote_code"), ProgramOption.Of("--hf_revision", "--revision"), ProgramOption.Of("--extra_llm_api_options", "--config"),
        ProgramOption.Of("--reasoning_parser"), ProgramOption.Of("--tool_parser"), ProgramOption.Flag("--enable_chunked_prefill"), ProgramOption.Flag("--enable_attention_dp"),
        ProgramOption.Of("--chat_template"), ProgramOption.Of("--served_model_name"), ProgramOption.Flag("--grpc"), ProgramOption.Of("--grpc-protocol", "--grpc_protocol"),
        ProgramOption.Of("--otlp_traces_endpoint"), ProgramOption.Of("--metadata_server_config_file"), ProgramOption.Of("--server_role"), ProgramOption.Of("--disagg_cluster_uri"),
        ProgramOption.Flag("--fail_fast_on_attention_window_too_large"), ProgramOption.Of("--log_level"), ProgramOption.Of("--media_io_kwargs"),
    ];

    /// <summary>Reads it.</summary>
    /// <param name="arguments">What follows <c>trtllm-serve</c>.</param>
    /// <param name="start">The container, for its files.</param>
    /// <param name="version">The version by its image.</param>
    /// <param name="versionText">The same as the tag spells it.</param>
    /// <exception cref="StartRefusedException">The real one would not start either.</exception>
    public static EngineSettings Read(IReadOnlyList<string> arguments, ContainerStart start, EngineVersion version, string versionText)
    {
        var rest = arguments is ["serve", ..] ? arguments.Skip(1).ToList() : [.. arguments];
        if (rest is ["disaggregated" or "disaggregated_mpi_worker" or "mm_embedding_serve", ..])
            throw new StartRefusedException(1, $"nemotron-lab: \"trtllm-serve {rest[0]}\" is not simulated");
        var options = ParsedOptions.Read(Options, rest);
        if (options.Unknown is [var unknown, ..])
        {
            var nearest = ParsedOptions.Nearest(Options, unknown);
            throw Usage($"No such option: {unknown}{(nearest is null ? "" : $" Did you mean {nearest}?")}");
        }

        if (options.Valueless is { } valueless) throw Usage($"Option '{valueless}' requires an argument.");
        if (options.Words is not [var model, .. var surplus]) throw Usage("Missing argument 'MODEL'.");
        if (surplus.Count > 0) throw Usage($"Got unexpected extra argument{(surplus.Count == 1 ? "" : "s")} ({string.Join(' ', surplus)})");
        var grpc = options.Has("--grpc");
        if (grpc && !version.AtLeast(1, 3)) throw Usage("No such option: --grpc");
        if (grpc && options["--grpc-protocol"] is { } protocol and not "smg") throw new StartRefusedException(1, $"nemotron-lab: \"--grpc-protocol {protocol}\" is not simulated; smg is");

        var port = Whole(options, "--port", 1, 65535) ?? 8000;
        var settings = new EngineSettings
        {
            Product = EngineProduct.TrtLlmServe,
            Version = version,
            VersionText = versionText,
            Model = model,
            ServedName = options["--served_model_name"] ?? ModelName(model),
            Host = options["--host"] ?? "localhost",
            HttpPort = grpc ? null : port,
            GrpcPort = grpc ? port : null,
            TensorParallel = Whole(options, "--tp_size", 1) ?? 1,
            PipelineParallel = Whole(options, "--pp_size", 1) ?? 1,
            GpusPerNode = Whole(options, "--gpus_per_node", 1) ?? 0,
            MaxBatchSize = Whole(options, "--max_batch_size", 1) ?? 2048,
            MaxNumTokens = Whole(options, "--max_num_tokens", 1) ?? 8192,
            MaxSequenceTokens = Whole(options, "--max_seq_len", 1),
            MemoryFraction = Fraction(options, "--kv_cache_free_gpu_memory_fraction") ?? 0.9,
            KvPrecision = LlmArguments.KvPrecisionOf(options["--kv_cache_dtype"]),
            TrustRemoteCode = options.Has("--trust_remote_code"),
            ReasoningParser = options["--reasoning_parser"],
            ToolParser = options["--tool_parser"],
            NotSimulated =
            [
                .. new[] { "--chat_template", "--ep_size", "--cp_size", "--max_beam_width", "--num_postprocess_workers", "--otlp_traces_endpoint", "--server_role", "--enable_attention_dp" }.Where(options.Has),
            ],
        };
        if (options["--extra_llm_api_options"] is not { } path) return settings;
        if (!start.Files.TryGetValue(path, out var yaml))
            throw Usage($"Invalid value for '--extra_llm_api_options' / '--config': File '{path}' does not exist. (The container has the files of its ConfigMaps and Secrets only.)");
        return LlmArguments.Read(path, yaml).Over(settings);
    }

    /// <summary>The name a model is served under: the id as given, or the base name of a folder.</summary>
    public static string ModelName(string model) => model.StartsWith('/') || model.StartsWith('.') ? Path.GetFileName(model.TrimEnd('/')) : model;

    private static int? Whole(ParsedOptions options, string name, int least, int most = int.MaxValue)
    {
        if (options[name] is not { } text) return null;
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) throw Usage($"Invalid value for '{name}': '{text}' is not a valid integer.");
        return number >= least && number <= most ? number : throw Usage($"Invalid value for '{name}': {number} is not in the range x>={least}.");
    }

    private static double? Fraction(ParsedOptions options, string name)
    {
        if (options[name] is not { } text) return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 1
            ? number
            : throw Usage($"Invalid value for '{name}': '{text}' is not a number above 0 and at most 1.");
    }

    // As click prints it.
    private static StartRefusedException Usage(string what) => new(2, "Usage: trtllm-serve serve [OPTIONS] MODEL", "Try 'trtllm-serve serve --help' for help.", "", $"Error: {what}");
}
