namespace Nemotron.Lab.Api;

/// <summary>A line of a container's log.</summary>
/// <param name="At">When it was written.</param>
/// <param name="Text">The line.</param>
internal readonly record struct LogLine(DateTimeOffset At, string Text);

/// <summary>The log of one run of a container.</summary>
internal interface IContainerLog
{
    /// <summary>The lines from a place on; the place behind them; and what ends when there are more, or null when there will be none.</summary>
    /// <param name="from">The place: 0 for the first line ever. Lines that are no longer kept are left out.</param>
    (IReadOnlyList<LogLine> Lines, long Next, Task? More) Read(long from);
}

/// <summary>Where the API server finds what containers have written.</summary>
internal interface IPodLogs
{
    /// <summary>The log of a container's present run or the one before; null when there is none.</summary>
    IContainerLog? Find(string podUid, string container, bool previous);
}
