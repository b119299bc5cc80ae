using Microsoft.Extensions.Logging;

namespace Nemotron.Kube;

internal static partial class ReflectorLog
{
    [LoggerMessage(101, LogLevel.Warning, "The cache of {Resource} is not current: {Why}")]
    internal static partial void Trouble(ILogger logger, string resource, string why);

    [LoggerMessage(102, LogLevel.Information, "The cache of {Resource} is current again")]
    internal static partial void Recovered(ILogger logger, string resource);

    [LoggerMessage(103, LogLevel.Debug, "Listing {Resource} anew: {Why}")]
    internal static partial void Relisting(ILogger logger, string resource, string why);

    [LoggerMessage(104, LogLevel.Information, "The cache of {Resource} holds {Count} objects (version {Version})")]
    internal static partial void Listed(ILogger logger, string resource, int count, string version);

    [LoggerMessage(105, LogLevel.Error, "{Resource} {Key} cannot be read and is left as last known: {Why}")]
    internal static partial void Unreadable(ILogger logger, string resource, NamespacedName key, string why);

    [LoggerMessage(106, LogLevel.Debug, "{Resource} is not installed; its cache is empty until it is")]
    internal static partial void NotInstalled(ILogger logger, string resource);
}
