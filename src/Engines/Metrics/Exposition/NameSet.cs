using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Nemotron.Engines.Metrics.Exposition;

/// <summary>Names looked up by their UTF-8 bytes, so that a series nobody wants costs no string.</summary>
public sealed class NameSet
{
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<byte>> _names;

    /// <summary>A set of metric or label names.</summary>
    public NameSet(IEnumerable<string> names) =>
        _names = new HashSet<string>(names, Utf8Comparer.Instance).GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>The set's own string for <paramref name="name"/>; false when it is not in the set.</summary>
    public bool TryGet(ReadOnlySpan<byte> name, [NotNullWhen(true)] out string? found) => _names.TryGetValue(name, out found);

    private sealed class Utf8Comparer : IEqualityComparer<string>, IAlternateEqualityComparer<ReadOnlySpan<byte>, string>
    {
        public static readonly Utf8Comparer Instance = new();

        public bool Equals(string? x, string? y) => x == y;

        public int GetHashCode(string text) => GetHashCode(Encoding.UTF8.GetBytes(text));

        public bool Equals(ReadOnlySpan<byte> bytes, string text) => Ascii.Equals(bytes, text);

        public int GetHashCode(ReadOnlySpan<byte> bytes)
        {
            var hash = new HashCode();
            hash.AddBytes(bytes);
            return hash.ToHashCode();
        }

        public string Create(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
    }
}
