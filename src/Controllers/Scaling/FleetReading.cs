using System.Globalization;
using Nemotron.Controllers.Prometheus;

namespace Nemotron.Controllers.Scaling;

/// <summary>One tick's answers, by pod. Pure.</summary>
internal sealed class FleetReading
{
    private readonly Dictionary<(string Namespace, string Pod), PodReading> _pods = [];

    private FleetReading(IReadOnlyList<string> warnings) => Warnings = warnings;

    /// <summary>What Prometheus warned of: series may be missing.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Series of the answers.</summary>
    public int Series { get; private set; }

    /// <summary>What is known of a pod; null where no series names it.</summary>
    public PodReading? Of(string? ns, string pod) => _pods.GetValueOrDefault((ns ?? "", pod));

    /// <summary>Sorts the answers.</summary>
    public static FleetReading Of(IReadOnlyDictionary<FleetSignal, QueryAnswer> answers)
    {
        var reading = new FleetReading([.. answers.Values.SelectMany(answer => answer.Warnings).Distinct()]);
        foreach (var (signal, answer) in answers)
        {
            foreach (var sample in answer.Samples) reading.Take(signal, sample);
            reading.Series += answer.Samples.Count;
        }

        return reading;
    }

    private void Take(FleetSignal signal, Sample sample)
    {
        if (sample["pod"] is not { Length: > 0 } name) return;
        var key = (sample["namespace"], name);
        if (!_pods.TryGetValue(key, out var pod)) _pods[key] = pod = new PodReading();
        var side = sample["mode"] == "on" ? ReasoningSide.On : ReasoningSide.Off;
        switch (signal)
        {
            case FleetSignal.TtftBuckets:
                Bucket(pod.Ttft, side, sample);
                break;
            case FleetSignal.ItlBuckets:
                Bucket(pod.Itl, side, sample);
                break;
            case <= FleetSignal.InFlight:
                pod.Add(signal, side, sample.Value);
                break;
            default:
                pod.Set(signal, sample.Value);
                break;
        }
    }

    private static void Bucket(LatencyBuckets?[] sides, ReasoningSide side, Sample sample)
    {
        var le = sample["le"] is "+Inf" ? double.PositiveInfinity : double.TryParse(sample["le"], NumberStyles.Float, CultureInfo.InvariantCulture, out var bound) ? bound : double.NaN;
        if (double.IsNaN(le) || !double.IsFinite(sample.Value)) return;
        (sides[(int)side] ??= new LatencyBuckets()).Add(le, sample.Value);
    }
}
