namespace Nemotron.Planning.Scaling;

/// <summary>
/// Expects the arrival rates at the end of the lead time: a line through the last minutes, by least squares, drawn on no further than two minutes
/// and than the history reaches back, and never below what the last minute shows beyond its noise, so that a jump is followed at once.
/// </summary>
internal static class ArrivalForecast
{
    public static readonly TimeSpan History = TimeSpan.FromMinutes(6);
    private static readonly TimeSpan Spacing = TimeSpan.FromSeconds(14);

    // Bursts are over before help that takes five minutes comes: what grows is taken to grow for so long, however long that takes.
    private const double ReachSeconds = 120;
    private const double GrowthNoise = 0.1;
    private const double MostGrowth = 1.5;
    private const double TrendShare = 0.5;
    private const double RateWindowSeconds = 60;

    public static IReadOnlyList<ArrivalSample> Append(IReadOnlyList<ArrivalSample> samples, double off, double on, double inFlight, DateTimeOffset now)
    {
        if (samples.Count > 0 && now >= samples[^1].At && now - samples[^1].At < Spacing) return samples;
        var kept = new List<ArrivalSample>(samples.Count + 1);
        foreach (var sample in samples)
        {
            if (sample.At > now - History && sample.At < now) kept.Add(sample);
        }
        kept.Add(new ArrivalSample(now, off, on, inFlight));
        return kept;
    }

    /// <summary>The rate now, smoothed, and the rate expected after a time.</summary>
    public static ByMode<(double Now, double Then)> Expect(IReadOnlyList<ArrivalSample> samples, DateTimeOffset now, TimeSpan ahead) => new(
        One(samples, now, ahead, thinking: false), One(samples, now, ahead, thinking: true));

    /// <summary>The mean rates of the last time.</summary>
    public static ByMode<double> Recent(IReadOnlyList<ArrivalSample> samples, DateTimeOffset now, TimeSpan time)
    {
        double off = 0, on = 0;
        var count = 0;
        foreach (var sample in samples)
        {
            if (sample.At < now - time) continue;
            off += sample.Off;
            on += sample.On;
            count++;
        }
        return count == 0 ? default : new ByMode<double>(off / count, on / count);
    }

    /// <summary>How many times as many requests will be in flight after a time, at least 1: those that grow in number go on growing for as long as help takes to come.</summary>
    public static double Growth(IReadOnlyList<ArrivalSample> samples, DateTimeOffset now, TimeSpan ahead)
    {
        double n = 0, sumT = 0, sumY = 0, sumTt = 0, sumTy = 0;
        foreach (var sample in samples)
        {
            var t = (sample.At - now).TotalSeconds;
            if (t < -ReachSeconds) continue;
            n++;
            sumT += t;
            sumY += sample.InFlight;
            sumTt += t * t;
            sumTy += t * sample.InFlight;
        }
        var spread = n * sumTt - sumT * sumT;
        if (n < 4 || spread <= 0 || sumY <= 0) return 1;
        var slope = (n * sumTy - sumT * sumY) / spread;
        var reach = Math.Min(ahead.TotalSeconds, ReachSeconds);
        return Math.Clamp(1 - GrowthNoise + slope * reach / Math.Max(1, samples[^1].InFlight), 1, MostGrowth);
    }

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
        var reach = Math.Min(Math.Min(ahead.TotalSeconds, ReachSeconds), (now - samples[0].At).TotalSeconds);
        return (Math.Max(0, level), Math.Max(0, level + TrendShare * slope * reach));

        double Rate(ArrivalSample sample) => thinking ? sample.On : sample.Off;
    }
}
