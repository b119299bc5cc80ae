using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Nemotron.Engines.Protos.Triton;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Engines;

/// <summary>The named inputs of a Triton request, whichever way they came: gRPC tensors, HTTP tensors or the fields of <c>generate</c>.</summary>
internal sealed class TritonInputs
{
    private readonly Dictionary<string, IReadOnlyList<string>> values = new(StringComparer.Ordinal);

    /// <summary>The first value of an input, or null.</summary>
    public string? Text(string name) => values.TryGetValue(name, out var list) && list.Count > 0 ? list[0] : null;

    /// <summary>All values of an input.</summary>
    public IReadOnlyList<string> Texts(string name) => values.GetValueOrDefault(name, []);

    /// <summary>A whole number, or null.</summary>
    public long? Whole(string name) => Text(name) is { } text && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? (long)number : null;

    /// <summary>A boolean; false when absent.</summary>
    public bool Flag(string name) => Text(name) is "true" or "True" or "1";

    /// <summary>Reads gRPC tensors, typed or raw.</summary>
    /// <exception cref="RequestRefusedException">Raw contents do not match the tensors.</exception>
    public static TritonInputs Of(ModelInferRequest request)
    {
        var inputs = new TritonInputs();
        if (request.RawInputContents.Count > 0 && request.RawInputContents.Count != request.Inputs.Count)
            throw new RequestRefusedException(400, $"expected {request.Inputs.Count} entries in raw_input_contents, got {request.RawInputContents.Count}");
        for (var i = 0; i < request.Inputs.Count; i++)
        {
            var tensor = request.Inputs[i];
            inputs.values[tensor.Name] = request.RawInputContents.Count > 0 ? Raw(tensor.Datatype, request.RawInputContents[i]) : Typed(tensor.Contents);
        }

        return inputs;
    }

    /// <summary>Reads the tensors of an HTTP infer request.</summary>
    public static TritonInputs OfInfer(JsonObject body)
    {
        var inputs = new TritonInputs();
        foreach (var tensor in body.Items("inputs")) inputs.values[tensor.Text("name") ?? ""] = tensor.At("data") is JsonArray data ? [.. Flatten(data)] : [];
        return inputs;
    }

    /// <summary>Reads the fields of a <c>generate</c> request: <c>{"text_input": "…", "sampling_param_max_tokens": 64}</c>, or below <c>parameters</c>.</summary>
    public static TritonInputs OfGenerate(JsonObject body)
    {
        var inputs = new TritonInputs();
        foreach (var fields in new[] { body.Obj("parameters") ?? [], body })
        {
            foreach (var (name, value) in fields)
            {
                if (value is JsonArray list) inputs.values[name] = [.. Flatten(list)];
                else if (value is JsonValue single) inputs.values[name] = [Spelled(single)];
            }
        }

        return inputs;
    }

    private static IEnumerable<string> Flatten(JsonArray list)
    {
        foreach (var item in list)
        {
            if (item is JsonArray inner)
            {
                foreach (var text in Flatten(inner)) yield return text;
            }
            else if (item is JsonValue value)
            {
                yield return Spelled(value);
            }
        }
    }

    private static string Spelled(JsonValue value) => value.TryGetValue<string>(out var text) ? text : value.ToJsonString();

    private static List<string> Typed(InferTensorContents? contents) => contents switch
    {
        null => [],
        { BytesContents.Count: > 0 } => [.. contents.BytesContents.Select(bytes => bytes.ToStringUtf8())],
        { BoolContents.Count: > 0 } => [.. contents.BoolContents.Select(flag => flag ? "true" : "false")],
        { IntContents.Count: > 0 } => [.. contents.IntContents.Select(number => number.ToString(CultureInfo.InvariantCulture))],
        { Int64Contents.Count: > 0 } => [.. contents.Int64Contents.Select(number => number.ToString(CultureInfo.InvariantCulture))],
        { UintContents.Count: > 0 } => [.. contents.UintContents.Select(number => number.ToString(CultureInfo.InvariantCulture))],
        { Uint64Contents.Count: > 0 } => [.. contents.Uint64Contents.Select(number => number.ToString(CultureInfo.InvariantCulture))],
        { Fp32Contents.Count: > 0 } => [.. contents.Fp32Contents.Select(number => number.ToString(CultureInfo.InvariantCulture))],
        _ => [],
    };

    private static List<string> Raw(string datatype, ByteString bytes)
    {
        var span = bytes.Span;
        var list = new List<string>();
        while (!span.IsEmpty)
        {
            switch (datatype)
            {
                case "BYTES" when span.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(span) is var length && length <= span.Length - 4:
                    list.Add(Encoding.UTF8.GetString(span.Slice(4, (int)length)));
                    span = span[(4 + (int)length)..];
                    break;
                case "BOOL":
                    list.Add(span[0] != 0 ? "true" : "false");
                    span = span[1..];
                    break;
                case "INT32" or "UINT32" or "FP32" when span.Length >= 4:
                    list.Add(datatype == "FP32"
                        ? BinaryPrimitives.ReadSingleLittleEndian(span).ToString(CultureInfo.InvariantCulture)
                        : BinaryPrimitives.ReadInt32LittleEndian(span).ToString(CultureInfo.InvariantCulture));
                    span = span[4..];
                    break;
                case "INT64" or "UINT64" when span.Length >= 8:
                    list.Add(BinaryPrimitives.ReadInt64LittleEndian(span).ToString(CultureInfo.InvariantCulture));
                    span = span[8..];
                    break;
                default:
                    throw new RequestRefusedException(400, $"unexpected bytes for a tensor of {datatype}");
            }
        }

        return list;
    }
}
