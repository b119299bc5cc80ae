namespace Nemotron.Planning.Scaling;

/// <summary>
/// Expects the arrival rates at the end of the lead time: a line through the last minutes, by least squares, drawn on no further than the
/// history reaches back, and never below what the last minute shows beyond its noise, so that a jump is followed at once.
/// </summary>
internal static class ArrivalForecast
{
    public static readonly TimeSpan History = TimeSpan.FromMinutes(6);
    private static readonly TimeSpan Spacing = TimeSpan.FromSeconds(14);
    private const double TrendShare = 0.5;
    private const double RateWindowSeconds = 60;

    public static IReadOnlyList<ArrivalSample> Append(IReadOnlyList<ArrivalSample> samples, double off, double on, DateTimeOffset now)
    {
        if (samples.Count > 0 && now - samples[^1].At < Spacing) return samples;
        var kept = new List<ArrivalSample>(samples.Count + 1);
        foreach (var sample in samples)
        {
            if (sample.At > now - History && sample.At < now) kept.Add(sample);
        }
        kept.Add(new ArrivalSample(now, off, on));
        return kept;
    }

    /// <summary>The rate now, smoothed, and the rate expected after a time.</summary>
    public static ByMode<(double Now, double Then)> Expect(IReadOnlyList<ArrivalSample> samples, DateTimeOffset now, TimeSpan ahead) => new(
        One(samples, now, ahead, thinking: false), One(samples, now, ahead, thinking: true));

    private static (double Now, double Then) One(IReadOnlyList<ArrivalSample> samples, DateTimeOffset now, TimeSpan ahead, bool thinking)
    {
        if (samples.Count == 0) return (0, 0);
        var last = Rate(samples[^1]);
        var noise = Math.Sqrt(Math.Max(last, 1 / RateWindowSeconds) / RateWindowSeconds);
        double n = samples.Count, sumT = 0, sumY = 0, sumTt = 0, sumTy = 0;
        foreach (var sample in samples)
        {
            var t = (sample.At - now).TotalSeconds;
            var y = Rate(sample);
            sumT += t;
            sumY += y;
            sumTt += t * t;
            sumTy += t * y;
        }
        var spread = n * sumTt - sumT * sumT;
        var slope = samples.Count >= 4 && spread > 0 ? (n * sumTy - sumT * sumY) / spread : 0;
        var level = (sumY - slope * sumT) / n;
        // Two standard errors of a minute's count are noise; what is beyond is a jump.
        if (Math.Abs(last - level) > 2 * noise) level = last - Math.Sign(last - level) * noise;
        var reach = Math.Min(ahead.TotalSeconds, (now - samples[0].At).TotalSeconds);
        return (Math.Max(0, level), Math.Max(0, level + TrendShare * slope * reach));

        double Rate(ArrivalSample sample) => thinking ? sample.On : sample.Off;
    }
}
