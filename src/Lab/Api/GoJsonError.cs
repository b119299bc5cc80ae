using System.Text.Json;

namespace Nemotron.Lab.Api;

/// <summary>Go's sentence for malformed JSON, which clients know from the real server.</summary>
internal static class GoJsonError
{
    public static string Of(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, isFinalBlock: false, state: new JsonReaderState(new JsonReaderOptions { MaxDepth = 512 }));
        try
        {
            while (reader.Read())
            {
            }
            return "unexpected end of JSON input";
        }
        catch (JsonException)
        {
            int at = (int)reader.BytesConsumed;
            while (at < json.Length && json[at] is (byte)' ' or (byte)'\n' or (byte)'\t' or (byte)'\r' or (byte)',' or (byte)':') at++;
            return at < json.Length ? $"invalid character '{(char)json[at]}' looking for beginning of value" : "unexpected end of JSON input";
        }
    }
}
