using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api;

/// <summary>Where a paged list goes on: the revision of its first page and the last key given.</summary>
internal readonly record struct ContinueToken(long Revision, string? Namespace, string Name)
{
    public string Encode()
    {
        var token = new JsonObject { ["v"] = "meta.k8s.io/v1", ["rv"] = Revision, ["start"] = $"/{(Namespace is null ? "" : Namespace + "/")}{Name}\0" };
        return Convert.ToBase64String(Encoding.UTF8.GetBytes(token.ToJsonString())).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }

    /// <param name="text">The token as the client sent it.</param>
    /// <exception cref="ApiException">400 when it is no token of ours.</exception>
    public static ContinueToken Decode(string text)
    {
        byte[] bytes;
        try
        {
            string padded = text.Replace('-', '+').Replace('_', '/');
            bytes = Convert.FromBase64String(padded.PadRight((padded.Length + 3) / 4 * 4, '='));
        }
        catch (FormatException)
        {
            throw ApiErrors.BadRequest("invalid continue token: continue key is not valid: illegal base64 data at input byte 0");
        }
        if (bytes.Length == 0 || bytes[0] != (byte)'{')
        {
            string first = bytes.Length == 0 ? "unexpected end of JSON input" : $"invalid character '{Printable(bytes[0])}' looking for beginning of value";
            throw ApiErrors.BadRequest($"invalid continue token: continue key is not valid: {first}");
        }
        try
        {
            var token = JsonNode.Parse(bytes)!;
            string[] start = (token["start"].Text() ?? "").Trim('/', '\0').Split('/');
            return new ContinueToken(token["rv"].Integer() ?? 0, start.Length > 1 ? start[0] : null, start[^1]);
        }
        catch (System.Text.Json.JsonException)
        {
            throw ApiErrors.BadRequest("invalid continue token: continue key is not valid: unexpected end of JSON input");
        }
    }

    private static string Printable(byte b) => b is >= 0x20 and < 0x7f ? ((char)b).ToString() : $"\\x{b.ToString("x2", CultureInfo.InvariantCulture)}";
}
