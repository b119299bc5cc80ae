using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;

namespace Nemotron.Lab.Engines;

/// <summary>One output of a response, of one value.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Datatype">KServe's type.</param>
/// <param name="Text">A text's value; null for a number.</param>
/// <param name="Number">A number's value.</param>
internal sealed record TritonOutput(string Name, string Datatype, string? Text, double Number)
{
    /// <summary>The value as JSON.</summary>
    public JsonNode Json => Text is { } text ? JsonValue.Create(text) : Datatype == "FP32" ? JsonValue.Create(Number) : JsonValue.Create((long)Number);

    /// <summary>The value as raw contents: a text behind four bytes of length, a number little-endian.</summary>
    public ByteString Raw
    {
        get
        {
            if (Text is { } text)
            {
                var content = Encoding.UTF8.GetBytes(text);
                var framed = new byte[content.Length + 4];
                BinaryPrimitives.WriteInt32LittleEndian(framed, content.Length);
                content.CopyTo(framed, 4);
                return ByteString.CopyFrom(framed);
            }

            var bytes = new byte[Datatype == "INT64" ? 8 : 4];
            if (Datatype == "INT64") BinaryPrimitives.WriteInt64LittleEndian(bytes, (long)Number);
            else if (Datatype == "FP32") BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)Number);
            else BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)Number);
            return ByteString.CopyFrom(bytes);
        }
    }
}

/// <summary>The outputs of a response, by what the request asked to be returned.</summary>
internal static class TritonOutputs
{
    /// <summary>
    /// Those of the tokens from one place up to another; with the last token come the figures of the request. The ensemble gives the text of these tokens, the
    /// llmapi model with each response all of the text so far.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="from">The first token.</param>
    /// <param name="to">Behind the last.</param>
    public static IReadOnlyList<TritonOutput> Of(EngineRequest request, TritonInputs inputs, SimulatedEngine engine, int from, int to)
    {
        var script = request.Choices[0].Script;
        var outputs = new List<TritonOutput> { new("text_output", "BYTES", script.Text(engine.Settings.Ensemble ? from : 0, to), 0) };
        if (to < script.Length) return outputs;
        if (engine.Settings.Ensemble)
        {
            if (inputs.Flag("return_num_input_tokens")) outputs.Add(new("num_input_tokens", "INT32", null, request.PromptTokens));
            if (inputs.Flag("return_num_output_tokens")) outputs.Add(new("num_output_tokens", "INT32", null, script.Length));
            return outputs;
        }

        if (inputs.Flag("return_finish_reason")) outputs.Add(new("finish_reason", "BYTES", script.Finish == FinishReason.Length ? "length" : "stop", 0));
        if (inputs.Flag("return_stop_reason")) outputs.Add(new("stop_reason", "BYTES", script.Stop ?? "None", 0));
        if (inputs.Flag("return_cumulative_logprob")) outputs.Add(new("cumulative_logprob", "FP32", null, 0));
        if (!inputs.Flag("sampling_param_return_perf_metrics") || request.Finished is not { } done) return outputs;
        var blocks = (request.PromptTokens + engine.Sizing.BlockTokens - 1) / engine.Sizing.BlockTokens;
        outputs.Add(new("kv_cache_reused_block", "INT32", null, 0));
        outputs.Add(new("kv_cache_missed_block", "INT32", null, blocks));
        outputs.Add(new("kv_cache_hit_rate", "FP32", null, 0));
        outputs.Add(new("kv_cache_alloc_new_blocks", "INT32", null, blocks));
        outputs.Add(new("kv_cache_alloc_total_blocks", "INT32", null, blocks));
        outputs.Add(new("arrival_time_ns", "INT64", null, done.Arrived.TotalNanoseconds));
        outputs.Add(new("first_scheduled_time_ns", "INT64", null, done.Scheduled.TotalNanoseconds));
        outputs.Add(new("first_token_time_ns", "INT64", null, done.FirstToken.TotalNanoseconds));
        outputs.Add(new("last_token_time_ns", "INT64", null, done.LastToken.TotalNanoseconds));
        return outputs;
    }
}
