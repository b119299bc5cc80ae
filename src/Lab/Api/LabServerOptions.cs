namespace Nemotron.Lab.Api;

/// <summary>Who decides what may be done.</summary>
public enum AuthorizationMode
{
    /// <summary>Everybody may do everything, whoever they are.</summary>
    AlwaysAllow,

    /// <summary>Roles and bindings decide, as in every ordinary cluster. Credentials must be good, so this implies HTTPS.</summary>
    Rbac,
}

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

    /// <summary>Bytes of JSON that each kind remembers at most of those changes.</summary>
    public long HistoryBytes { get; init; } = Storage.RevisionedStore.DefaultHistoryBytes;

    /// <summary>How long an Event stays after it was last written. The real server's <c>--event-ttl</c> is an hour.</summary>
    public TimeSpan EventTimeToLive { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How often a watch that asked for bookmarks gets one. The real server's is about one minute.</summary>
    public TimeSpan BookmarkInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Whether to serve HTTPS, with HTTP/2, under an authority of the server's own. Always so with <see cref="AuthorizationMode.Rbac"/>.</summary>
    public bool Tls { get; init; }

    /// <summary>Who decides what may be done.</summary>
    public AuthorizationMode Authorization { get; init; }

    /// <summary>The clock that certificates go by, which the other side's TLS shares.</summary>
    public TimeProvider SystemTime { get; init; } = TimeProvider.System;

    /// <summary>Events kept in the audit log.</summary>
    public int AuditCapacity { get; init; } = 20_000;

    /// <summary>A file that audit events are appended to, one <c>audit.k8s.io/v1</c> Event in JSON a line; null for none.</summary>
    public string? AuditFile { get; init; }

    /// <summary>Requests kept in the log.</summary>
    public int RequestLogCapacity { get; init; } = 100_000;

    /// <summary>Told of faults of the server itself, which are answered with 500.</summary>
    public Action<Exception>? OnInternalError { get; init; }

    /// <summary>The server's certificate in place of one of its own making, with <see cref="Tls"/>.</summary>
    internal System.Security.Cryptography.X509Certificates.X509Certificate2? ServerCertificate { get; init; }

    /// <summary>Whether a client's certificate is trusted, in place of the server's own authority.</summary>
    internal Func<System.Security.Cryptography.X509Certificates.X509Certificate2, bool>? TrustsClient { get; init; }

    /// <summary>The first two numbers of Services' addresses.</summary>
    internal string ServicePrefix { get; init; } = "10.0";

    /// <summary>Where the logs of containers are; null when none are kept.</summary>
    internal IPodLogs? Logs { get; init; }

    /// <summary>Admission of the server's own, asked before webhooks are.</summary>
    internal IReadOnlyList<IAdmission> Admission { get; init; } = [];
}
