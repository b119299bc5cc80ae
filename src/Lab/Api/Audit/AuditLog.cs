using System.Collections.Concurrent;
using System.Text;

namespace Nemotron.Lab.Api.Audit;

/// <summary>The requests of the server with who made them, oldest first; kept up to a bound, and written to a file where one is named. Thread-safe.</summary>
public sealed class AuditLog : IDisposable
{
    private readonly int capacity;
    private readonly ConcurrentQueue<AuditEvent> events = new();
    private readonly Lock gate = new();
    private readonly StreamWriter? file;
    private TaskCompletionSource added = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long serial;

    /// <summary>An empty log.</summary>
    /// <param name="capacity">Events kept in memory.</param>
    /// <param name="path">A file to append to, one <c>audit.k8s.io/v1</c> Event in JSON a line; null for none.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    internal AuditLog(int capacity, string? path)
    {
        this.capacity = capacity;
        if (path is not null) file = new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read), new UTF8Encoding(false)) { AutoFlush = true };
    }

    /// <summary>The events kept.</summary>
    public IReadOnlyList<AuditEvent> Events => [.. events];

    /// <summary>
    /// The first event kept that satisfies a condition, waiting for it to come: a client has its answer a moment before the log has the event.
    /// </summary>
    /// <param name="wanted">The condition.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public async Task<AuditEvent> FirstAsync(Func<AuditEvent, bool> wanted, CancellationToken cancel)
    {
        while (true)
        {
            var next = Volatile.Read(ref added).Task;
            if (events.FirstOrDefault(wanted) is { } found) return found;
            await next.WaitAsync(cancel);
        }
    }

    /// <summary>Forgets what is kept; the file stays.</summary>
    public void Clear() => events.Clear();

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate) file?.Dispose();
    }

    internal void Add(AuditEvent entry)
    {
        events.Enqueue(entry);
        while (events.Count > capacity) events.TryDequeue(out _);
        Interlocked.Exchange(ref added, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        if (file is null) return;
        lock (gate) file.WriteLine(entry.ToJson(new Guid(0, 0, 0, BitConverter.GetBytes(++serial)).ToString("D")).ToJsonString(Rendering.Compact));
    }
}
