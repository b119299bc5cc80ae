using System.Collections.Concurrent;

namespace Nemotron.Lab.Api;

/// <summary>One request the server answered.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path without the query.</param>
/// <param name="Query">The query with its question mark, or empty.</param>
/// <param name="UserAgent">The client's <c>User-Agent</c>, or empty.</param>
/// <param name="FieldManager">The <c>fieldManager</c> parameter, or empty.</param>
/// <param name="Status">The HTTP status answered; 0 when the connection was dropped on purpose.</param>
/// <param name="Started">When the request arrived, by the server's clock.</param>
public sealed record LoggedRequest(string Method, string Path, string Query, string UserAgent, string FieldManager, int Status, DateTimeOffset Started)
{
    /// <summary>Whether the request asked for a change. Reviews of access count as reads: they change nothing.</summary>
    public bool IsWrite => Method is "POST" or "PUT" or "PATCH" or "DELETE" && !Path.Contains("reviews", StringComparison.Ordinal);

    /// <summary>Whether the request opened a watch.</summary>
    public bool IsWatch => Method == "GET" && (Query.Contains("watch=true", StringComparison.Ordinal) || Query.Contains("watch=1", StringComparison.Ordinal));
}

/// <summary>The requests the server has answered, in order of arrival at the log; for tests that count writes. Thread-safe.</summary>
/// <param name="capacity">How many requests are kept; counters go on beyond.</param>
public sealed class RequestLog(int capacity)
{
    private readonly ConcurrentQueue<LoggedRequest> requests = new();
    private readonly ConcurrentDictionary<string, long> writesByAgent = new(StringComparer.Ordinal);
    private long total;

    /// <summary>The requests kept, oldest first.</summary>
    public IReadOnlyList<LoggedRequest> Requests => [.. requests];

    /// <summary>How many requests were answered since the start or the last <see cref="Clear"/>.</summary>
    public long Total => Interlocked.Read(ref total);

    /// <summary>Successful or refused writes by clients whose user agent starts with the text.</summary>
    public long Writes(string userAgentPrefix = "") =>
        writesByAgent.Where(w => w.Key.StartsWith(userAgentPrefix, StringComparison.Ordinal)).Sum(w => w.Value);

    /// <summary>Forgets everything and counts from zero.</summary>
    public void Clear()
    {
        requests.Clear();
        writesByAgent.Clear();
        Interlocked.Exchange(ref total, 0);
    }

    internal void Add(LoggedRequest request)
    {
        requests.Enqueue(request);
        Interlocked.Increment(ref total);
        if (request.IsWrite) writesByAgent.AddOrUpdate(request.UserAgent, 1, (_, n) => n + 1);
        while (requests.Count > capacity) requests.TryDequeue(out _);
    }
}
