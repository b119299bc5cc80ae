namespace Nemotron.Lab.Engines;

/// <summary>A tensor of a model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type as <c>config.pbtxt</c> spells it without prefix: <c>STRING</c>, <c>INT32</c>, <c>FP32</c>, <c>BOOL</c>, <c>UINT64</c>.</param>
/// <param name="Length">Its one dimension; -1 for any.</param>
internal sealed record TritonTensor(string Name, string Type, int Length)
{
    /// <summary>KServe's name of the type.</summary>
    public string Datatype => Type == "STRING" ? "BYTES" : Type;
}

/// <summary>What clients see of the models that Triton serves: names and tensors.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Platform">Its platform.</param>
/// <param name="Inputs">Its inputs.</param>
/// <param name="Outputs">Its outputs.</param>
internal sealed record TritonModel(string Name, string Platform, IReadOnlyList<TritonTensor> Inputs, IReadOnlyList<TritonTensor> Outputs)
{
    /// <summary>The only version there is.</summary>
    public const string Version = "1";

    /// <summary>The llmapi model: PyTorch behind a Python back end.</summary>
    public static TritonModel LlmApi { get; } = new(
        "tensorrt_llm", "",
        [
            new("text_input", "STRING", -1), new("image_url", "STRING", -1), new("streaming", "BOOL", 1), new("sampling_param_best_of", "INT32", 1),
            new("sampling_param_temperature", "FP32", 1), new("sampling_param_top_k", "INT32", 1), new("sampling_param_top_p", "FP32", 1),
            new("sampling_param_frequency_penalty", "FP32", 1), new("sampling_param_presence_penalty", "FP32", 1), new("sampling_param_max_tokens", "INT32", 1),
            new("sampling_param_stop", "STRING", -1), new("sampling_param_seed", "UINT64", 1), new("sampling_param_exclude_input_from_output", "BOOL", 1),
            new("sampling_param_return_perf_metrics", "BOOL", 1), new("return_finish_reason", "BOOL", 1), new("return_stop_reason", "BOOL", 1),
            new("return_cumulative_logprob", "BOOL", 1), new("stop", "BOOL", 1), new("lora_id", "UINT64", 1), new("lora_name", "STRING", 1),
        ],
        [
            new("text_output", "STRING", -1), new("finish_reason", "STRING", -1), new("stop_reason", "STRING", -1), new("cumulative_logprob", "FP32", -1),
            new("kv_cache_reused_block", "INT32", -1), new("kv_cache_missed_block", "INT32", -1), new("kv_cache_hit_rate", "FP32", -1),
            new("kv_cache_alloc_new_blocks", "INT32", -1), new("kv_cache_alloc_total_blocks", "INT32", -1),
            new("arrival_time_ns", "INT64", 1), new("first_scheduled_time_ns", "INT64", 1), new("first_token_time_ns", "INT64", 1), new("last_token_time_ns", "INT64", 1),
        ]);

    /// <summary>The legacy ensemble, of which clients use this one.</summary>
    public static TritonModel Ensemble { get; } = new(
        "ensemble", "ensemble",
        [
            new("text_input", "STRING", 1), new("max_tokens", "INT32", 1), new("bad_words", "STRING", -1), new("stop_words", "STRING", -1),
            new("exclude_input_in_output", "BOOL", 1), new("end_id", "INT32", 1), new("pad_id", "INT32", 1), new("top_k", "INT32", 1), new("top_p", "FP32", 1),
            new("temperature", "FP32", 1), new("seed", "UINT64", 1), new("beam_width", "INT32", 1), new("num_return_sequences", "INT32", 1), new("stream", "BOOL", 1),
            new("return_num_input_tokens", "BOOL", 1), new("return_num_output_tokens", "BOOL", 1),
        ],
        [
            new("text_output", "STRING", -1), new("batch_index", "INT32", 1), new("sequence_index", "INT32", 1),
            new("num_input_tokens", "INT32", 1), new("num_output_tokens", "INT32", 1),
        ]);

    /// <summary>The models of a server, the one that clients use first.</summary>
    public static IReadOnlyList<TritonModel> Of(EngineSettings settings) => settings.Ensemble
        ? [Ensemble, new("tensorrt_llm", "", [], []), new("preprocessing", "", [], []), new("postprocessing", "", [], [])]
        : [LlmApi];

    /// <summary>Reads what a request asks of the engine.</summary>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="settings">The engine's settings.</param>
    /// <exception cref="RequestRefusedException">An input is missing.</exception>
    public static Asked Read(TritonInputs inputs, EngineSettings settings)
    {
        var text = inputs.Text("text_input") ?? throw new RequestRefusedException(400, "input 'text_input' is missing");
        var most = settings.Ensemble
            ? inputs.Whole("max_tokens") ?? throw new RequestRefusedException(400, "input 'max_tokens' is missing")
            // What the LLM class takes when it is told nothing.
            : inputs.Whole("sampling_param_max_tokens") ?? 32;
        return new()
        {
            Prompt = RenderedPrompt.Read(text),
            MaxTokens = (int)Math.Clamp(most, 1, int.MaxValue),
            Stops = inputs.Texts(settings.Ensemble ? "stop_words" : "sampling_param_stop"),
            Seed = inputs.Whole(settings.Ensemble ? "seed" : "sampling_param_seed"),
            Streams = inputs.Flag(settings.Ensemble ? "stream" : "streaming"),
        };
    }
}
