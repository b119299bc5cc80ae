using System.Text;

namespace Nemotron.Gateway.Bench;

/// <summary>The requests of the load, the same for every server under test.</summary>
internal static class Messages
{
    /// <summary>A small chat that is not streamed, as a whole HTTP request.</summary>
    public static byte[] Chat { get; } = Http(
        """{"model":"m","messages":[{"role":"system","content":"You are a kind assistant."},{"role":"user","content":"Hello, who are you and what can you do for me today?"}],"max_tokens":64}""");

    /// <summary>A streamed chat of so many tokens; a pause between them makes it a long one.</summary>
    public static byte[] Stream(int tokens, bool paced) => Http(
        $$"""{"model":"m","messages":[{"role":"user","content":"Count."}],"stream":true,"user":"{{(paced ? "paced" : "fast")}}","max_tokens":{{tokens}}}""");

    private static byte[] Http(string body) => Encoding.ASCII.GetBytes(
        $"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
}
