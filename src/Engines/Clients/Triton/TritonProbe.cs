using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;
using Nemotron.Engines.Protos.Triton;

namespace Nemotron.Engines.Clients.Triton;

/// <summary>The tensors that ask one of TensorRT-LLM's two Triton models for one token.</summary>
internal static class TritonProbe
{
    private const string Prompt = "1";

    /// <summary>The name of the input that bounds the answer: of the llmapi model, or of the ensemble and BLS; null for a model that is neither.</summary>
    public static string? MaxTokensInput(IEnumerable<string> inputs)
    {
        var names = inputs.ToHashSet();
        if (!names.Contains("text_input")) return null;
        return names.Contains("sampling_param_max_tokens") ? "sampling_param_max_tokens" : names.Contains("max_tokens") ? "max_tokens" : null;
    }

    /// <summary>The request, or null when the model takes no such one.</summary>
    public static ModelInferRequest? Request(string model, ModelConfig config)
    {
        if (MaxTokensInput(config.Input.Select(i => i.Name)) is not { } maxTokens) return null;
        var request = new ModelInferRequest { ModelName = model, Id = $"nemotron-probe-{Guid.NewGuid():N}" };
        var batched = config.MaxBatchSize > 0;
        request.Inputs.Add(Tensor("text_input", "BYTES", batched));
        request.RawInputContents.Add(Text(Prompt));
        request.Inputs.Add(Tensor(maxTokens, "INT32", batched));
        request.RawInputContents.Add(Number(1));
        return request;
    }

    private static ModelInferRequest.Types.InferInputTensor Tensor(string name, string type, bool batched) => batched
        ? new() { Name = name, Datatype = type, Shape = { 1, 1 } }
        : new() { Name = name, Datatype = type, Shape = { 1 } };

    private static ByteString Text(string text)
    {
        var bytes = new byte[4 + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length - 4);
        Encoding.UTF8.GetBytes(text, bytes.AsSpan(4));
        return ByteString.CopyFrom(bytes);
    }

    private static ByteString Number(int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return ByteString.CopyFrom(bytes);
    }
}
