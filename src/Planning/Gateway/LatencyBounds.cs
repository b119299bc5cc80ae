namespace Nemotron.Planning;

/// <summary>
/// The upper bounds, in seconds, of the gateway's latency histograms. The operator names, for each latency objective, the bound that a share of late
/// requests can be read at.
/// </summary>
public static class LatencyBounds
{
    /// <summary>Of the time to the first token. The objectives of the published serving benchmarks are among them.</summary>
    public static IReadOnlyList<double> TimeToFirstToken { get; } = [.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560];

    /// <summary>Of the mean time between the tokens of one answer.</summary>
    public static IReadOnlyList<double> TimePerOutputToken { get; } = [.001, .0025, .005, .0075, .01, .015, .02, .025, .03, .04, .05, .06, .08, .1, .15, .2, .3, .5, 1, 2.5, 10];

    /// <summary>The least of <paramref name="bounds"/> that is not below an objective: requests counted up to it include all that are in time. Null beyond the last.</summary>
    public static double? AtOrAbove(IReadOnlyList<double> bounds, double seconds)
    {
        foreach (var bound in bounds)
            if (bound >= seconds) return bound;
        return null;
    }
}
