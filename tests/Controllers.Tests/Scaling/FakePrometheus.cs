using Nemotron.Controllers.Prometheus;
using Nemotron.Controllers.Scaling;

namespace Nemotron.Controllers.Tests.Scaling;

/// <summary>Answers the fleet's queries with the series that a test sets, or not at all.</summary>
internal sealed class FakePrometheus : IPrometheus
{
    private static readonly Dictionary<string, FleetSignal> Signals = FleetQueries.All("", TimeSpan.FromMinutes(1)).ToDictionary(query => query.Value, query => query.Key);
    private readonly Dictionary<FleetSignal, List<Sample>> _series = [];

    /// <summary>Why it does not answer; null while it does.</summary>
    public string? Down { get; set; }

    /// <summary>Queries asked so far.</summary>
    public int Asked { get; private set; }

    /// <summary>Forgets all series.</summary>
    public void Clear() => _series.Clear();

    /// <summary>Sets a pod's series of a signal.</summary>
    public FakePrometheus With(FleetSignal signal, string pod, double value, string? mode = null, string? le = null)
    {
        var labels = new Dictionary<string, string> { ["namespace"] = "models", ["pod"] = pod };
        if (mode is not null) labels["mode"] = mode;
        if (le is not null) labels["le"] = le;
        if (!_series.TryGetValue(signal, out var list)) _series[signal] = list = [];
        list.Add(new Sample(labels, value));
        return this;
    }

    /// <summary>Sets what a scraped gateway and engine say under a load of requests that do not think.</summary>
    public FakePrometheus Serves(string pod, double arrivals, double inFlight, double prompt = 500, double output = 200, double kvUsed = 1000, double kvTotal = 400_000, double waiting = 0)
    {
        foreach (var (mode, share) in new[] { ("off", 1.0), ("on", 0.0), ("unset", 0.0) })
        {
            With(FleetSignal.Begun, pod, share * arrivals, mode);
            With(FleetSignal.Completed, pod, share * arrivals, mode);
            With(FleetSignal.InFlight, pod, share * inFlight, mode);
            With(FleetSignal.PromptTokens, pod, share * arrivals * prompt, mode);
            With(FleetSignal.OutputTokens, pod, share * arrivals * output, mode);
            With(FleetSignal.FinishedTokens, pod, share * arrivals * output, mode);
        }

        return With(FleetSignal.GatewayAge, pod, 3).With(FleetSignal.Running, pod, inFlight).With(FleetSignal.Waiting, pod, waiting).With(FleetSignal.KvUsed, pod, kvUsed).With(FleetSignal.KvTotal, pod, kvTotal);
    }

    public Task<QueryAnswer> QueryAsync(string query, CancellationToken cancellationToken)
    {
        Asked++;
        return Down is { } why ? Task.FromException<QueryAnswer>(new PrometheusException(why)) : Task.FromResult(new QueryAnswer(_series.GetValueOrDefault(Signals[query]) ?? [], []));
    }
}
