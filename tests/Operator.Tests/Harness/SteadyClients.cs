using System.Net.Http.Json;
using k8s;

namespace Nemotron.Operator.Tests.Harness;

/// <summary>Clients that ask a Service all the time and count what they lose.</summary>
internal sealed class SteadyClients : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly List<Task> _clients = [];
    private readonly List<string> _lost = [];
    private readonly HashSet<string> _models = [];
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

    /// <summary>Begins, and returns when the first has its answer.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="service">The Service in namespace models.</param>
    /// <param name="clients">How many ask at once.</param>
    /// <param name="tokens">Tokens of an answer.</param>
    public static async Task<SteadyClients> BeginAsync(TestCluster cluster, string service, int clients = 8, int tokens = 40)
    {
        var steady = new SteadyClients();
        var found = await cluster.Client.ReadNamespacedServiceAsync(service, "models", cancellationToken: TestContext.Current.CancellationToken);
        var url = new Uri($"http://{found.Spec.ClusterIP}:{found.Spec.Ports.First(port => port.Name == "http").Port}/v1/chat/completions");
        for (var i = 0; i < clients; i++) steady._clients.Add(steady.AskAsync(url, service, tokens, i));
        await Until.TrueAsync(() => steady.Answered > 0, "a first answer");
        return steady;
    }

    /// <summary>Forgets which models answered so far.</summary>
    public void ForgetModels()
    {
        lock (_models) _models.Clear();
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

    private async Task AskAsync(Uri url, string model, int tokens, int client)
    {
        // A connection for each request: it goes to whoever serves now.
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = TimeSpan.FromMinutes(2) };
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var answer = await http.PostAsJsonAsync(url, new { model, max_tokens = tokens, ignore_eos = true, messages = new[] { new { role = "user", content = $"Client {client} says hello." } } });
                var body = await answer.Content.ReadAsStringAsync();
                if (!answer.IsSuccessStatusCode) throw new HttpRequestException($"{(int)answer.StatusCode}: {body}");
                using var json = System.Text.Json.JsonDocument.Parse(body);
                lock (_models) _models.Add(json.RootElement.GetProperty("model").GetString() ?? "");
                Interlocked.Increment(ref _answered);
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException or System.Text.Json.JsonException)
            {
                lock (_lost) _lost.Add(e.InnerException is { } inner ? $"{e.Message} {inner.Message}" : e.Message);
            }
        }
    }
}
