namespace Nemotron.Lab.Api;

/// <summary>How a Lab API server is set up.</summary>
public sealed record LabServerOptions
{
    /// <summary>The TCP port on the loopback interface; 0 lets the system choose.</summary>
    public int Port { get; init; }

    /// <summary>The clock behind every timestamp, age and timeout.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where uids and generated names come from; the same seed yields the same sequence.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Changes each kind remembers for watches; older watchers get 410 Expired. At least 16.</summary>
    public int HistoryCapacity { get; init; } = 65_536;

    /// <summary>How often a watch that asked for bookmarks gets one. The real server's is about one minute.</summary>
    public TimeSpan BookmarkInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Requests kept in the log.</summary>
    public int RequestLogCapacity { get; init; } = 100_000;

    /// <summary>Told of faults of the server itself, which are answered with 500.</summary>
    public Action<Exception>? OnInternalError { get; init; }
}
