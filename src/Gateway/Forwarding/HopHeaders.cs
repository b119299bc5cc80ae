using System.Collections.Frozen;

namespace Nemotron.Gateway.Forwarding;

/// <summary>Headers that concern one connection only (RFC 9110 §7.6.1), or that the message next along states anew.</summary>
internal static class HopHeaders
{
    private static readonly FrozenSet<string> OfConnections = new[]
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // Lengths and hosts are stated anew; answers are asked for uncompressed, since they are read on the way.
    private static readonly FrozenSet<string> OfRequests =
        OfConnections.Concat(["Host", "Content-Length", "Expect", "Accept-Encoding"]).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a request's header goes on to the engine.</summary>
    /// <param name="name">The header.</param>
    /// <param name="connection">What the request's <c>Connection</c> names.</param>
    public static bool RequestKeeps(string name, string connection) =>
        !OfRequests.Contains(name) && !name.StartsWith(GatewayHeaders.Prefix, StringComparison.OrdinalIgnoreCase) && !Names(connection, name);

    // The time of an answer and its length are stated anew.
    private static readonly FrozenSet<string> OfResponses = OfConnections.Concat(["Date", "Content-Length"]).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether an answer's header goes on to the client.</summary>
    public static bool ResponseKeeps(string name) => !OfResponses.Contains(name);

    private static bool Names(string connection, string name)
    {
        if (connection.Length == 0 || connection.Equals("keep-alive", StringComparison.OrdinalIgnoreCase)) return false;
        foreach (var token in connection.AsSpan().Split(','))
            if (connection.AsSpan()[token].Trim().Equals(name, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }
}
