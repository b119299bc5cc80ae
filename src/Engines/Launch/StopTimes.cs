namespace Nemotron.Engines.Launch;

/// <summary>What stopping takes besides the requests in flight.</summary>
internal static class StopTimes
{
    /// <summary>Endpoints take a moment to leave every node's tables; until then requests still arrive and must be served.</summary>
    public static readonly TimeSpan Leaving = TimeSpan.FromSeconds(5);

    /// <summary>For the engine to end by itself once its last request has; several pods end one after the other.</summary>
    public static TimeSpan Unload(LaunchRequest request) => TimeSpan.FromSeconds(request.Layout.Pods > 1 ? 60 : 30);
}
