namespace Nemotron.Gateway.Answers;

/// <summary>Cuts a stream of server-sent events into its events.</summary>
internal static class ServerSentEvents
{
    private static ReadOnlySpan<byte> DataField => "data:"u8;

    /// <summary>Where the first event of the bytes ends, its empty line included; -1 where it is not all there.</summary>
    /// <param name="bytes">What has come.</param>
    /// <param name="searched">How many of them have been searched before, in vain.</param>
    public static int EndOfFirst(ReadOnlySpan<byte> bytes, int searched = 0)
    {
        // Lines may end in CR LF, and the end may have been cut anywhere.
        for (var at = Math.Max(0, searched - 2); ;)
        {
            var line = bytes[at..].IndexOf((byte)'\n');
            if (line < 0) return -1;
            at += line + 1;
            if (at < bytes.Length && bytes[at] == '\n') return at + 1;
            if (at + 1 < bytes.Length && bytes[at] == '\r' && bytes[at + 1] == '\n') return at + 2;
        }
    }

    /// <summary>The place of an event's data where that is a single line, as engines write it; empty for an event without data or with several lines of it.</summary>
    public static Range DataOf(ReadOnlySpan<byte> sse)
    {
        var found = false;
        Range data = default;
        for (var start = 0; start < sse.Length;)
        {
            var length = sse[start..].IndexOf((byte)'\n');
            var end = length < 0 ? sse.Length : start + length;
            var line = sse[start..end];
            if (line.StartsWith(DataField))
            {
                if (found) return default;
                found = true;
                var from = start + DataField.Length + (line.Length > DataField.Length && line[DataField.Length] == ' ' ? 1 : 0);
                data = from..(line.EndsWith("\r"u8) ? end - 1 : end);
            }

            start = end + 1;
        }

        return data;
    }

    /// <summary>An event of one line of data.</summary>
    public static byte[] Write(ReadOnlySpan<byte> data)
    {
        var text = new byte[data.Length + 8];
        "data: "u8.CopyTo(text);
        data.CopyTo(text.AsSpan(6));
        "\n\n"u8.CopyTo(text.AsSpan(6 + data.Length));
        return text;
    }

    /// <summary>The last event of a stream.</summary>
    public static ReadOnlySpan<byte> Done => "[DONE]"u8;
}
