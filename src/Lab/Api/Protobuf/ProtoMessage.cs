using System.Text;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api.Protobuf;

/// <summary>What a field holds.</summary>
internal enum ProtoType { Text, Bytes, Integer, Boolean, Message, TextMap, BytesMap, MessageMap, Time, IntOrText, Quantity }

/// <summary>One field of a message.</summary>
/// <param name="Name">Its JSON name.</param>
/// <param name="Type">What it holds.</param>
/// <param name="Repeated">Whether it may stand several times and becomes an array.</param>
/// <param name="Message">The fields of a nested message; a thunk, so that messages may nest themselves.</param>
internal sealed record ProtoField(string Name, ProtoType Type, bool Repeated = false, Func<IReadOnlyDictionary<int, ProtoField>>? Message = null);

/// <summary>Protobuf's wire format to JSON by a table of fields. Zero values, which Go writes out, are left out as JSON's <c>omitempty</c> does.</summary>
internal static class ProtoMessage
{
    /// <exception cref="FormatException">The bytes end early or hold an unknown wire type.</exception>
    public static JsonObject Decode(ReadOnlySpan<byte> bytes, IReadOnlyDictionary<int, ProtoField> fields)
    {
        var obj = new JsonObject();
        while (!bytes.IsEmpty)
        {
            ulong tag = Varint(ref bytes);
            int number = (int)(tag >> 3);
            fields.TryGetValue(number, out var field);
            switch (tag & 7)
            {
                case 0:
                    long value = (long)Varint(ref bytes);
                    if (field is not null && value != 0) Add(obj, field, field.Type == ProtoType.Boolean ? JsonValue.Create(true) : JsonValue.Create(value));
                    break;
                case 1: bytes = Skip(bytes, 8); break;
                case 5: bytes = Skip(bytes, 4); break;
                case 2:
                    int length = (int)Varint(ref bytes);
                    if (length < 0 || length > bytes.Length) throw new FormatException("a length runs past the end");
                    if (field is not null) AddDelimited(obj, field, bytes[..length]);
                    bytes = bytes[length..];
                    break;
                default: throw new FormatException("unknown wire type");
            }
        }
        return obj;
    }

    private static void AddDelimited(JsonObject obj, ProtoField field, ReadOnlySpan<byte> bytes)
    {
        switch (field.Type)
        {
            case ProtoType.Text:
                if (bytes.Length > 0 || field.Repeated) Add(obj, field, Encoding.UTF8.GetString(bytes));
                break;
            case ProtoType.Bytes:
                Add(obj, field, Convert.ToBase64String(bytes));
                break;
            case ProtoType.Message:
                var message = Decode(bytes, field.Message!());
                if (message.Count > 0 || field.Repeated) Add(obj, field, message);
                break;
            case ProtoType.TextMap or ProtoType.BytesMap or ProtoType.MessageMap:
                AddEntry(obj, field, bytes);
                break;
            case ProtoType.Quantity:
                Add(obj, field, Decode(bytes, ProtoKinds.QuantityFields)["string"].Text() ?? "0");
                break;
            case ProtoType.Time:
                long seconds = Decode(bytes, ProtoKinds.TimeFields)["seconds"].Integer() ?? 0;
                if (seconds > 0) Add(obj, field, ObjectMeta.Timestamp(DateTimeOffset.FromUnixTimeSeconds(seconds)));
                break;
            case ProtoType.IntOrText:
                var either = Decode(bytes, ProtoKinds.IntOrTextFields);
                if ((either["type"].Integer() ?? 0) == 0) Add(obj, field, either["int"].Integer() ?? 0);
                else Add(obj, field, either["text"].Text() ?? "");
                break;
            default:
                throw new FormatException($"{field.Name} is not a number");
        }
    }

    private static void AddEntry(JsonObject obj, ProtoField field, ReadOnlySpan<byte> bytes)
    {
        var value = field.Type switch
        {
            ProtoType.TextMap => new ProtoField("value", ProtoType.Text),
            ProtoType.BytesMap => new ProtoField("value", ProtoType.Bytes),
            _ => new ProtoField("value", ProtoType.Quantity),
        };
        var entry = Decode(bytes, new Dictionary<int, ProtoField> { [1] = new("key", ProtoType.Text), [2] = value });
        if (obj[field.Name] is not JsonObject map) obj[field.Name] = map = [];
        map[entry["key"].Text() ?? ""] = entry["value"]?.DeepClone() ?? "";
    }

    private static void Add(JsonObject obj, ProtoField field, JsonNode value)
    {
        if (!field.Repeated)
        {
            obj[field.Name] = value;
            return;
        }
        if (obj[field.Name] is not JsonArray array) obj[field.Name] = array = [];
        array.Add(value);
    }

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if (bytes.IsEmpty) throw new FormatException("a number runs past the end");
            byte b = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80) return value;
        }
        throw new FormatException("a number is too long");
    }

    private static ReadOnlySpan<byte> Skip(ReadOnlySpan<byte> bytes, int count) =>
        bytes.Length >= count ? bytes[count..] : throw new FormatException("a fixed field runs past the end");
}
