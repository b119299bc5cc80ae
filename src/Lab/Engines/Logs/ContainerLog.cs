using System.Globalization;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Engines;

/// <summary>The log of one run of a container: its newest lines, and whoever follows them. Thread-safe.</summary>
/// <param name="time">The Lab's clock.</param>
internal sealed class ContainerLog(TimeProvider time) : IContainerLog
{
    private const int Kept = 2000;
    private readonly Lock gate = new();
    private readonly Queue<LogLine> lines = [];
    private TaskCompletionSource more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long first;
    private bool closed;

    /// <summary>Writes a line.</summary>
    public void Write(string text)
    {
        TaskCompletionSource wake;
        lock (gate)
        {
            if (closed) return;
            lines.Enqueue(new(time.GetUtcNow(), text));
            if (lines.Count > Kept)
            {
                lines.Dequeue();
                first++;
            }

            wake = more;
            more = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        wake.TrySetResult();
    }

    /// <summary>Writes a line as Python's logging of TensorRT-LLM spells it.</summary>
    public void Info(string text) => Write($"[{time.GetUtcNow().UtcDateTime.ToString("MM/dd/yyyy-HH:mm:ss", CultureInfo.InvariantCulture)}] [TRT-LLM] [I] {text}");

    /// <summary>Ends the log: its container has ended.</summary>
    public void Close()
    {
        TaskCompletionSource wake;
        lock (gate)
        {
            closed = true;
            wake = more;
        }

        wake.TrySetResult();
    }

    /// <inheritdoc/>
    public (IReadOnlyList<LogLine> Lines, long Next, Task? More) Read(long from)
    {
        lock (gate)
        {
            var skip = (int)Math.Clamp(from - first, 0, lines.Count);
            return ([.. lines.Skip(skip)], first + lines.Count, closed ? null : more.Task);
        }
    }

    /// <summary>The last lines as a container's termination message: at most 80 lines and 2048 characters, as the kubelet takes.</summary>
    public string Tail()
    {
        lock (gate)
        {
            var text = string.Join('\n', lines.TakeLast(80).Select(line => line.Text));
            return text.Length > 2048 ? text[^2048..] : text;
        }
    }
}
