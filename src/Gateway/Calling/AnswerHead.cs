using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Nemotron.Gateway.Calling;

/// <summary>The status and the header fields of an answer. Reading the next one on the same connection takes its place.</summary>
internal sealed class AnswerHead
{
    private static readonly SearchValues<byte> OfNames =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"u8);

    // What an answer to a client may have in a field: what is printed, and tabs.
    private static readonly SearchValues<byte> OfValues = SearchValues.Create([(byte)'\t', .. Enumerable.Range(' ', '~' - ' ' + 1).Select(letter => (byte)letter)]);

    private readonly List<Field> _fields = [];
    private int _count;
    private long? _length;
    private bool _inChunks;
    private bool _isOld;

    /// <summary>The status; below 200 another head follows.</summary>
    public int Status { get; private set; }

    /// <summary>The answer is one of success.</summary>
    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>The connection can take another request when the body has ended.</summary>
    public bool KeepsConnection { get; private set; }

    /// <summary>The content is a stream of server-sent events.</summary>
    public bool IsEventStream { get; private set; }

    /// <summary>The body's length, where the head states it and it counts.</summary>
    public long? ContentLength => _inChunks || Status is 204 or 304 ? null : _length;

    /// <summary>How many header fields there are.</summary>
    public int Count => _count;

    /// <summary>A header field, as the engine wrote it.</summary>
    public Field this[int index] => _fields[index];

    /// <summary>Reads a head.</summary>
    /// <param name="bytes">What has come.</param>
    /// <returns>Its length; 0 where it is not all there.</returns>
    /// <exception cref="HttpRequestException">That is no answer of HTTP/1.</exception>
    public int Read(ReadOnlySpan<byte> bytes)
    {
        (_count, _length, _inChunks, _isOld, IsEventStream) = (0, null, false, false, false);
        for (var at = 0; ;)
        {
            var length = bytes[at..].IndexOf((byte)'\n');
            if (length < 0) return 0;
            var line = bytes.Slice(at, length);
            if (line.EndsWith("\r"u8)) line = line[..^1];
            if (at == 0) ReadStatus(line);
            else if (line.IsEmpty) return at + length + 1;
            else ReadField(line);
            at += length + 1;
        }
    }

    /// <summary>Sets how the body that follows the head is framed.</summary>
    public void Frame(BodyFraming body)
    {
        if (Status is 204 or 304) body.OfLength(0);
        else if (_inChunks)
        {
            body.InChunks();
            // Both at once is how answers are smuggled: the connection is not trusted with another.
            if (_length is not null) KeepsConnection = false;
        }
        else if (_length is { } length) body.OfLength(length);
        else
        {
            body.UntilConnectionEnds();
            KeepsConnection = false;
        }
    }

    private void ReadStatus(ReadOnlySpan<byte> line)
    {
        if (line.Length < 12 || !line.StartsWith("HTTP/1."u8) || line[7] is not ((byte)'0' or (byte)'1') || line[8] != ' ' || (line.Length > 12 && line[12] != ' ')
            || !Utf8Parser.TryParse(line.Slice(9, 3), out int status, out var digits) || digits != 3 || status < 100)
            throw Broken("it does not begin with a status");
        Status = status;
        _isOld = line[7] == '0';
        KeepsConnection = !_isOld;
    }

    private void ReadField(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        if (colon < 1 || line[..colon].ContainsAnyExcept(OfNames)) throw Broken("a header field has no name");
        var before = _count < _fields.Count ? _fields[_count] : default;
        var name = Text(line[..colon], before.Name);
        var bytes = line[(colon + 1)..].Trim(" \t"u8);
        // Such a field cannot be passed on.
        if (bytes.ContainsAnyExcept(OfValues)) return;
        var value = Text(bytes, before.Value);
        Understand(name, value);
        if (_count < _fields.Count) _fields[_count] = new Field(name, value);
        else _fields.Add(new Field(name, value));
        _count++;
    }

    private void Understand(string name, string value)
    {
        switch (name.Length)
        {
            case 14 when Is("Content-Length"):
                if (!long.TryParse(value, System.Globalization.NumberStyles.None, null, out var length) || (_length is { } other && other != length)) throw Broken("its length is no number");
                _length = length;
                break;
            case 17 when Is("Transfer-Encoding"):
                if (_inChunks || !value.Equals("chunked", StringComparison.OrdinalIgnoreCase)) throw Broken("its transfer encoding is unknown");
                _inChunks = true;
                break;
            case 12 when Is("Content-Type"):
                var media = value.AsSpan();
                var end = media.IndexOf(';');
                IsEventStream = (end < 0 ? media : media[..end]).Trim().Equals("text/event-stream", StringComparison.OrdinalIgnoreCase);
                break;
            case 10 when Is("Connection"):
                foreach (var option in value.AsSpan().Split(','))
                {
                    if (value.AsSpan()[option].Trim().Equals("close", StringComparison.OrdinalIgnoreCase)) KeepsConnection = false;
                    else if (_isOld && value.AsSpan()[option].Trim().Equals("keep-alive", StringComparison.OrdinalIgnoreCase)) KeepsConnection = true;
                }

                break;
        }

        bool Is(string wanted) => name.Equals(wanted, StringComparison.OrdinalIgnoreCase);
    }

    // Engines answer alike again and again, so that most texts have been made before.
    private static string Text(ReadOnlySpan<byte> bytes, string? before) => before is not null && Ascii.Equals(bytes, before) ? before : Encoding.ASCII.GetString(bytes);

    private static HttpRequestException Broken(string why) => new(HttpRequestError.InvalidResponse, $"The engine's answer is no HTTP/1 answer: {why}.");

    /// <summary>A header field.</summary>
    internal readonly record struct Field(string Name, string Value);
}
