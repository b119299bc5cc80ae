using Microsoft.Extensions.Logging;

namespace Nemotron.Kube;

internal static partial class ReconcileLog
{
    [LoggerMessage(201, LogLevel.Error, "A predicate or mapping of {Watched} failed")]
    internal static partial void MappingFailed(ILogger logger, string watched, Exception error);

    [LoggerMessage(202, LogLevel.Error, "{Controller} {Key}: {Why} Next attempt in {Delay}")]
    internal static partial void Failed(ILogger logger, string controller, NamespacedName key, string why, TimeSpan delay, Exception? error);

    [LoggerMessage(203, LogLevel.Error, "{Controller} {Key}: {Why} Trying again would not help; waiting for a change")]
    internal static partial void FailedForGood(ILogger logger, string controller, NamespacedName key, string why, Exception? error);

    [LoggerMessage(204, LogLevel.Debug, "{Controller} {Key}: {Why} Next attempt in {Delay}")]
    internal static partial void Conflict(ILogger logger, string controller, NamespacedName key, string why, TimeSpan delay);

    [LoggerMessage(205, LogLevel.Information, "Controller {Controller} runs with {Workers} worker(s)")]
    internal static partial void Started(ILogger logger, string controller, int workers);

    [LoggerMessage(206, LogLevel.Debug, "{Controller} {Key}: waits for the cache: {Why}")]
    internal static partial void WaitingForCache(ILogger logger, string controller, NamespacedName key, string why);
}
