using System.Net;

namespace Nemotron.Kube;

/// <summary>An ERROR event within a watch: <c>{"type":"ERROR","object":{"kind":"Status","reason":"Expired","code":410,…}}</c>.</summary>
internal sealed class WatchStatusException(int code, string reason, string message) : Exception(message)
{
    internal HttpStatusCode Code { get; } = (HttpStatusCode)code;

    internal string Reason { get; } = reason;

    /// <summary>The version asked for is no longer kept: only a new list helps.</summary>
    internal bool IsExpired => Code == HttpStatusCode.Gone || Reason is "Expired" or "Gone";
}
