using System.Net.Http.Json;
using System.Text.Json;
using k8s;

namespace Nemotron.Operator.Tests.Harness;

/// <summary>Clients that stream answers of a Service, one after the other, and count those they do not get to the end.</summary>
internal sealed class SteadyClients : IAsyncDisposable
{
    private const string Event = "data: ";

    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly List<Task> _clients = [];
    private readonly List<string> _lost = [];
    private readonly HashSet<string> _models = [];
    private readonly HashSet<string> _standIns = [];
    private int _answered;

    /// <summary>Requests that were answered to their end.</summary>
    public int Answered => _answered;

    /// <summary>What became of those that were not.</summary>
    public IReadOnlyList<string> Lost
    {
        get
        {
            lock (_lost) return [.. _lost];
        }
    }

    /// <summary>The models that answered.</summary>
    public IReadOnlyCollection<string> Models
    {
        get
        {
            lock (_models) return [.. _models];
        }
    }

    /// <summary>The stand-ins that answers said they are of.</summary>
    public IReadOnlyCollection<string> StandIns
    {
        get
        {
            lock (_models) return [.. _standIns];
        }
    }

    /// <summary>Begins, and returns when the first has its answer.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="service">The Service in namespace models.</param>
    /// <param name="clients">How many ask at once.</param>
    /// <param name="tokens">Tokens of an answer.</param>
    /// <param name="patience">How long one waits for the next piece of an answer; null for two minutes.</param>
    /// <param name="pause">How long one rests after an answer; null for not at all.</param>
    public static async Task<SteadyClients> BeginAsync(TestCluster cluster, string service, int clients = 8, int tokens = 40, TimeSpan? patience = null, TimeSpan? pause = null)
    {
        var steady = new SteadyClients();
        var found = await cluster.Client.ReadNamespacedServiceAsync(service, "models", cancellationToken: TestContext.Current.CancellationToken);
        var url = new Uri($"http://{found.Spec.ClusterIP}:{found.Spec.Ports.First(port => port.Name == "http").Port}/v1/chat/completions");
        for (var i = 0; i < clients; i++) steady._clients.Add(steady.AskAsync(url, service, tokens, i, patience ?? TimeSpan.FromMinutes(2), pause ?? TimeSpan.Zero));
        await Until.TrueAsync(() => steady.Answered > 0, "a first answer");
        return steady;
    }

    /// <summary>Forgets who answered so far.</summary>
    public void ForgetModels()
    {
        lock (_models)
        {
            _models.Clear();
            _standIns.Clear();
        }
    }

    /// <summary>Stops; requests under way are finished first.</summary>
    public async Task EndAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _stop.Dispose();
    }

    private async Task AskAsync(Uri url, string model, int tokens, int client, TimeSpan patience, TimeSpan pause)
    {
        // A connection for each request: it goes to whoever serves now.
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = Timeout.InfiniteTimeSpan };
        while (!_stop.IsCancellationRequested)
        {
            using var limit = new CancellationTokenSource(patience);
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, url)
                {
                    Content = JsonContent.Create(new { model, max_tokens = tokens, ignore_eos = true, stream = true, messages = new[] { new { role = "user", content = $"Client {client} says hello." } } }),
                };
                // The cluster's DNS is not here; the name that would have led there is.
                request.Headers.Host = $"{model}.models.svc";
                using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
                var served = await ReadAsync(answer, limit, patience);
                lock (_models)
                {
                    _models.Add(served);
                    if (answer.Headers.TryGetValues("X-Nemotron-Served-By", out var standIn)) _standIns.UnionWith(standIn);
                }

                Interlocked.Increment(ref _answered);
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException or JsonException)
            {
                lock (_lost) _lost.Add(e.InnerException is { } inner ? $"{e.Message} {inner.Message}" : e.Message);
            }

            if (pause > TimeSpan.Zero) await Task.Delay(pause, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Reads a stream to its last event, and returns the model that it names.</summary>
    private static async Task<string> ReadAsync(HttpResponseMessage answer, CancellationTokenSource limit, TimeSpan patience)
    {
        if (!answer.IsSuccessStatusCode) throw new HttpRequestException($"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(limit.Token)}");
        using var pieces = new StreamReader(await answer.Content.ReadAsStreamAsync(limit.Token));
        string? model = null;
        while (await pieces.ReadLineAsync(limit.Token) is { } line)
        {
            limit.CancelAfter(patience);
            if (!line.StartsWith(Event, StringComparison.Ordinal)) continue;
            if (line == Event + "[DONE]") return model ?? throw new IOException("The stream ended without an answer.");
            using var json = JsonDocument.Parse(line.AsMemory(Event.Length));
            model ??= json.RootElement.TryGetProperty("model", out var name) ? name.GetString() : throw new IOException($"The stream has {line}");
        }

        throw new IOException("The stream broke off before its last event.");
    }
}
