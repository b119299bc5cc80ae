using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Engines;

/// <summary>
/// Reads <c>vllm serve MODEL …</c>, and a NIM's environment. vLLM's options are many and change by the month: those that decide what is
/// simulated are read, any other is named in the log and otherwise without effect.
/// </summary>
internal static class VllmLine
{
    private static readonly ProgramOption[] Options =
    [
        ProgramOption.Of("--model"), ProgramOption.Of("--host"), ProgramOption.Of("--port"), ProgramOption.Of("--served-model-name"),
        ProgramOption.Of("--tensor-parallel-size", "-tp"), ProgramOption.Of("--pipeline-parallel-size", "-pp"), ProgramOption.Of("--max-model-len"), ProgramOption.Of("--max-num-seqs"),
        ProgramOption.Of("--max-num-batched-tokens"), ProgramOption.Of("--gpu-memory-utilization"), ProgramOption.Of("--kv-cache-dtype"), ProgramOption.Of("--block-size"),
        ProgramOption.Of("--reasoning-parser"), ProgramOption.Of("--tool-call-parser"), ProgramOption.Flag("--enable-auto-tool-choice"), ProgramOption.Flag("--trust-remote-code"),
        ProgramOption.Flag("--enable-prefix-caching"), ProgramOption.Flag("--no-enable-prefix-caching"), ProgramOption.Of("--default-chat-template-kwargs"),
    ];

    // Known without effect, so that their values are not taken for the model.
    private static readonly ProgramOption[] WithoutEffect =
    [
        ProgramOption.Of("--tokenizer"), ProgramOption.Of("--revision"), ProgramOption.Of("--dtype"), ProgramOption.Of("--quantization", "-q"), ProgramOption.Of("--seed"),
        ProgramOption.Of("--chat-template"), ProgramOption.Of("--api-key"), ProgramOption.Of("--swap-space"), ProgramOption.Of("--cpu-offload-gb"), ProgramOption.Of("--download-dir"),
        ProgramOption.Of("--load-format"), ProgramOption.Of("--config"), ProgramOption.Of("--speculative-config"), ProgramOption.Of("--reasoning-config"),
        ProgramOption.Of("--tool-parser-plugin"), ProgramOption.Of("--mamba_ssm_cache_dtype", "--mamba-ssm-cache-dtype"), ProgramOption.Of("--distributed-executor-backend"),
        ProgramOption.Of("--uvicorn-log-level"), ProgramOption.Of("--generation-config"), ProgramOption.Of("--compilation-config"), ProgramOption.Of("--limit-mm-per-prompt"),
    ];

    /// <summary>Reads a vLLM command line.</summary>
    /// <param name="arguments">What follows <c>vllm</c> or the module's name.</param>
    /// <param name="start">The container.</param>
    /// <param name="version">The version by its image.</param>
    /// <param name="versionText">The same as the tag spells it.</param>
    /// <exception cref="StartRefusedException">The real one would not start either.</exception>
    public static EngineSettings Read(IReadOnlyList<string> arguments, ContainerStart start, EngineVersion version, string versionText)
    {
        _ = start;
        var options = ParsedOptions.Read([.. Options, .. WithoutEffect], arguments is ["serve", ..] ? [.. arguments.Skip(1)] : arguments);
        if (options.Valueless is { } valueless) throw Usage($"argument {valueless}: expected one argument");
        var model = options["--model"] ?? options.Words.FirstOrDefault() ?? "Qwen/Qwen3-0.6B";
        return new()
        {
            Product = EngineProduct.Vllm,
            Version = version,
            VersionText = versionText,
            Model = model,
            ServedName = options["--served-model-name"] ?? model,
            // Unlike trtllm-serve it binds every address when told none.
            Host = options["--host"] ?? "0.0.0.0",
            HttpPort = Whole(options, "--port") ?? 8000,
            TensorParallel = Whole(options, "--tensor-parallel-size") ?? 1,
            PipelineParallel = Whole(options, "--pipeline-parallel-size") ?? 1,
            MaxBatchSize = Whole(options, "--max-num-seqs") ?? 256,
            MaxNumTokens = Whole(options, "--max-num-batched-tokens") ?? 8192,
            MaxSequenceTokens = Whole(options, "--max-model-len"),
            MemoryFraction = Number(options, "--gpu-memory-utilization") ?? 0.9,
            KvPrecision = LlmArguments.KvPrecisionOf(options["--kv-cache-dtype"]),
            TokensPerBlock = Whole(options, "--block-size") ?? 16,
            BlockReuse = !options.Has("--no-enable-prefix-caching"),
            Preempts = true,
            TrustRemoteCode = options.Has("--trust-remote-code"),
            ReasoningParser = options["--reasoning-parser"],
            ToolParser = options["--tool-call-parser"],
            DefaultEnableThinking = EnableThinking(options["--default-chat-template-kwargs"]),
            ReturnPerfMetrics = true,
            IterationStats = true,
            NotSimulated = [.. WithoutEffect.Select(option => option.Names[0]).Where(options.Has), .. options.Unknown],
        };
    }

    /// <summary>Reads a NIM's environment. NIM from 2.0 on is vLLM behind a proxy; what is passed through to it is read as its command line.</summary>
    /// <param name="arguments">Arguments after the image.</param>
    /// <param name="start">The container.</param>
    /// <param name="version">The version by its image.</param>
    /// <param name="versionText">The same as the tag spells it.</param>
    public static EngineSettings ReadNim(IReadOnlyList<string> arguments, ContainerStart start, EngineVersion version, string versionText)
    {
        var environment = start.Environment;
        var passed = ShellWords.Split(environment.GetValueOrDefault("NIM_PASSTHROUGH_ARGS") ?? "");
        var image = start.Container["image"]?.GetValue<string>() ?? "";
        var named = image[(image.IndexOf("nim/", StringComparison.Ordinal) + 4)..].Split(':')[0];
        var model = environment.GetValueOrDefault("NIM_MODEL_NAME") ?? named;
        var settings = Read(["serve", model, .. passed, .. arguments], start, version, versionText);
        return settings with
        {
            Product = EngineProduct.Nim,
            ServedName = environment.GetValueOrDefault("NIM_SERVED_MODEL_NAME") ?? TrtLlmServeLine.ModelName(model),
            HttpPort = Env("NIM_SERVER_PORT") ?? Env("NIM_SERVER_HTTP_PORT") ?? 8000,
            TensorParallel = Env("NIM_TENSOR_PARALLEL_SIZE") ?? Math.Max(1, start.Gpus.Count),
            MaxSequenceTokens = Env("NIM_MAX_MODEL_LEN") ?? settings.MaxSequenceTokens,
        };

        int? Env(string name) => int.TryParse(environment.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static bool? EnableThinking(string? json)
    {
        if (json is null) return null;
        try
        {
            return JsonNode.Parse(json)?["enable_thinking"]?.GetValue<bool>();
        }
        catch (Exception bad) when (bad is JsonException or InvalidOperationException or FormatException)
        {
            throw Usage($"argument --default-chat-template-kwargs: Value {json} cannot be converted to JSON.");
        }
    }

    private static int? Whole(ParsedOptions options, string name)
    {
        if (options[name] is not { } text) return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : throw Usage($"argument {name}: invalid int value: '{text}'");
    }

    private static double? Number(ParsedOptions options, string name)
    {
        if (options[name] is not { } text) return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 1 ? number : throw Usage($"argument {name}: invalid float value: '{text}'");
    }

    private static StartRefusedException Usage(string what) => new(2, "usage: vllm serve [model_tag] [options]", $"vllm serve: error: {what}");
}
