using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Nemotron.Engines.Tests.WireCompat;

/// <summary>Messages with every field set to a value of its own, so that two swapped numbers show.</summary>
internal sealed class FilledMessages(int variant)
{
    private int _next = 1;

    /// <summary>How many variants see every choice of every oneof.</summary>
    public const int Variants = 5;

    public IMessage Fill(MessageDescriptor descriptor)
    {
        var message = (IMessage)Activator.CreateInstance(descriptor.ClrType)!;
        foreach (var field in descriptor.Fields.InFieldNumberOrder())
        {
            if (field.RealContainingOneof is { } oneof && oneof.Fields[variant % oneof.Fields.Count] != field) continue;
            if (field.IsMap)
            {
                var (key, value) = (field.MessageType.Fields[1], field.MessageType.Fields[2]);
                ((IDictionary)field.Accessor.GetValue(message)).Add(Value(key), Value(value));
            }
            else if (field.IsRepeated)
            {
                var list = (IList)field.Accessor.GetValue(message);
                list.Add(Value(field));
                list.Add(Value(field));
            }
            else
            {
                field.Accessor.SetValue(message, Value(field));
            }
        }

        return message;
    }

    private object Value(FieldDescriptor field)
    {
        var n = _next++;
        return field.FieldType switch
        {
            FieldType.Bool => true,
            FieldType.String => $"{field.Name} {n}",
            FieldType.Bytes => ByteString.CopyFrom((byte)n, 0, 255),
            FieldType.Int32 => -n,
            FieldType.UInt32 => uint.MaxValue - (uint)n,
            // Beyond what a double holds.
            FieldType.Int64 => long.MinValue + n,
            FieldType.UInt64 => ulong.MaxValue - (ulong)n,
            FieldType.Float => n + 0.5f,
            FieldType.Double => n + 0.25,
            FieldType.Enum => Enum.ToObject(field.EnumType.ClrType, field.EnumType.Values[1 + (n % (field.EnumType.Values.Count - 1))].Number),
            FieldType.Message => Fill(field.MessageType),
            _ => throw new NotSupportedException($"{field.FullName} is a {field.FieldType}"),
        };
    }
}
