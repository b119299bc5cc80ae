using System.Collections.Concurrent;
using System.Globalization;
using k8s;
using Nemotron.Crds;

namespace Nemotron.Operator.Tests.Harness;

/// <summary>What the gateways of a deployment's pods count, read all the time: also what one counted last before it was gone.</summary>
internal sealed class GatewayTally : IAsyncDisposable
{
    private const int AdminPort = 9464;

    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
    private readonly ConcurrentDictionary<string, Counts> _last = new(StringComparer.Ordinal);
    private readonly Task _reading;

    private GatewayTally(TestCluster cluster, IReadOnlyList<string> deployments) => _reading = ReadAsync(cluster, deployments);

    /// <summary>Requests of one gateway.</summary>
    /// <param name="Begun">Taken on.</param>
    /// <param name="Ended">No longer in flight, whatever came of them.</param>
    /// <param name="Cut">Of these, cut before their end, by whomever.</param>
    /// <param name="Failed">Answered with an error, those that were refused included.</param>
    public sealed record Counts(double Begun, double Ended, double Cut, double Failed)
    {
        public override string ToString() => $"begun {Begun}, ended {Ended}, cut {Cut}, failed {Failed}";
    }

    /// <summary>By pod, the counts that were read last.</summary>
    public IReadOnlyDictionary<string, Counts> ByPod => _last;

    /// <summary>Begins to read, and returns when every one of the deployments has been heard.</summary>
    public static async Task<GatewayTally> BeginAsync(TestCluster cluster, params string[] deployments)
    {
        var tally = new GatewayTally(cluster, deployments);
        await Until.TrueAsync(() => deployments.All(name => tally._last.Keys.Any(pod => pod.StartsWith($"{name}-", StringComparison.Ordinal))), "the gateways to be heard");
        return tally;
    }

    /// <summary>Holds that every request of these pods was answered to its end: none cut, none failed, none left.</summary>
    public async Task ShouldHaveLostNoneAsync(params string[] pods)
    {
        // Of one that lives the last answers may not have been read yet.
        await Until.TrueAsync(() => pods.All(pod => _last[pod].Begun <= _last[pod].Ended), "all that was begun to be ended", TimeSpan.FromSeconds(20), () => string.Join("; ", pods.Select(pod => $"{pod}: {_last[pod]}")));
        foreach (var pod in pods)
        {
            var counts = _last[pod];
            Console.WriteLine($"measured: gateway of {pod}: {counts}");
            counts.Begun.ShouldBeGreaterThan(0, pod);
            (counts.Ended, counts.Cut, counts.Failed).ShouldBe((counts.Begun, 0, 0), $"{pod}: {counts}");
        }
    }

    /// <summary>Holds that of every pod that was heard, those that are gone and those that came included, no request was lost.</summary>
    /// <param name="except">Pods of which that does not hold.</param>
    public async Task ShouldHaveLostNoneAnywhereAsync(params string[] except)
    {
        await ShouldHaveLostNoneAsync([.. _last.Where(pod => pod.Value.Begun > 0 && !except.Contains(pod.Key)).Select(pod => pod.Key).Order(StringComparer.Ordinal)]);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task ReadAsync(TestCluster cluster, IReadOnlyList<string> deployments)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        try
        {
            do
            {
                foreach (var name in deployments)
                    foreach (var pod in cluster.Client.ListNamespacedPod("models", labelSelector: $"{NemotronLabels.Deployment}={name}").Items.Where(pod => pod.Status.PodIP is { Length: > 0 }))
                        if (await CountsAsync(pod.Status.PodIP) is { } counts) _last[pod.Metadata.Name] = counts;
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Nobody looks any more.
        }
    }

    private async Task<Counts?> CountsAsync(string address)
    {
        try
        {
            var lines = (await _http.GetStringAsync(new Uri($"http://{address}:{AdminPort}/metrics"), _stop.Token)).Split('\n');
            double Sum(string name) => lines.Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal)).Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
            return new Counts(Sum("nemotron_gateway_requests_begun_total"), Sum("nemotron_gateway_requests_total"), Sum("nemotron_gateway_cancelled_total"), Sum("nemotron_gateway_errors_total"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !_stop.IsCancellationRequested))
        {
            // Not up yet, or gone.
            return null;
        }
    }
}
