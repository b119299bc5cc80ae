using System.Net.Http.Json;
using k8s.Models;

namespace Nemotron.Operator.Tests.Harness;

/// <summary>Requests at one engine, as its users have: some that last, and short ones that come and go.</summary>
internal sealed class EngineLoad : IAsyncDisposable
{
    private const int Lasting = 3;

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly List<Task> _running = [];

    private EngineLoad()
    {
    }

    /// <summary>Begins, and returns when a short request has been answered while others last.</summary>
    public static async Task<EngineLoad> BeginAsync(V1Pod pod, bool triton = false)
    {
        var load = new EngineLoad();
        var answered = new TaskCompletionSource();
        var (path, body) = triton
            ? ("/v2/models/tensorrt_llm/generate", (Func<int, object>)(tokens => new { text_input = "Say hello.", sampling_param_max_tokens = tokens }))
            : ("/v1/completions", tokens => new { model = "any", prompt = "Say hello.", max_tokens = tokens, ignore_eos = true });
        var url = new Uri($"http://{pod.Status.PodIP}:8000{path}");
        if (!triton)
        {
            for (var i = 0; i < Lasting; i++) load._running.Add(load.AskAsync(url, body(60_000)));
        }

        load._running.Add(load.AgainAndAgainAsync(url, body(16), answered));
        await answered.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        return load;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _client.Dispose();
        _stop.Dispose();
    }

    private async Task AgainAndAgainAsync(Uri url, object body, TaskCompletionSource answered)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        do
        {
            if (await AskAsync(url, body)) answered.TrySetResult();
        }
        while (await pause.WaitForNextTickAsync(_stop.Token));
    }

    private async Task<bool> AskAsync(Uri url, object body)
    {
        try
        {
            using var response = await _client.PostAsJsonAsync(url, body, _stop.Token);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            return false;
        }
    }
}
