using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;
using Nemotron.Engines.Protos.Triton;

namespace Nemotron.Gateway.Triton;

/// <summary>Writes the inputs of a Triton request and reads the outputs of its answers: texts behind four bytes of length, numbers little-endian.</summary>
internal static class TritonTensors
{
    /// <summary>Adds texts.</summary>
    public static void Add(this ModelInferRequest request, string name, params IReadOnlyList<string> texts)
    {
        var bytes = new byte[texts.Sum(text => 4 + Encoding.UTF8.GetByteCount(text))];
        var at = 0;
        foreach (var text in texts)
        {
            var written = Encoding.UTF8.GetBytes(text, bytes.AsSpan(at + 4));
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), written);
            at += 4 + written;
        }

        Add(request, name, "BYTES", texts.Count, bytes);
    }

    /// <summary>Adds a whole number of 32 bits.</summary>
    public static void Add(this ModelInferRequest request, string name, int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        Add(request, name, "INT32", 1, bytes);
    }

    /// <summary>Adds a number of 64 bits without a sign.</summary>
    public static void Add(this ModelInferRequest request, string name, ulong number)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        Add(request, name, "UINT64", 1, bytes);
    }

    /// <summary>Adds a number.</summary>
    public static void Add(this ModelInferRequest request, string name, float number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, number);
        Add(request, name, "FP32", 1, bytes);
    }

    /// <summary>Adds a yes.</summary>
    public static void AddYes(this ModelInferRequest request, string name) => Add(request, name, "BOOL", 1, [1]);

    /// <summary>The first text of an output, in UTF-8; empty where the answer has no such output.</summary>
    public static ReadOnlySpan<byte> Bytes(this ModelInferResponse response, string name)
    {
        for (var i = 0; i < response.Outputs.Count; i++)
        {
            var output = response.Outputs[i];
            if (output.Name != name) continue;
            if (output.Contents is { BytesContents: [var content, ..] }) return content.Span;
            if (i >= response.RawOutputContents.Count) return [];
            var raw = response.RawOutputContents[i].Span;
            if (raw.Length < 4) return [];
            var length = BinaryPrimitives.ReadInt32LittleEndian(raw);
            return length >= 0 && length <= raw.Length - 4 ? raw.Slice(4, length) : [];
        }

        return [];
    }

    private static void Add(ModelInferRequest request, string name, string type, int count, byte[] content)
    {
        request.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = name, Datatype = type, Shape = { count } });
        request.RawInputContents.Add(UnsafeByteOperations.UnsafeWrap(content));
    }
}
