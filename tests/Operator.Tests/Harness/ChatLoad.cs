using System.Net.Http.Json;
using k8s;

namespace Nemotron.Operator.Tests.Harness;

/// <summary>Clients that chat with a deployment through its Service, one request after the other, every second of them thinking; all answers are streamed.</summary>
internal sealed class ChatLoad : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly List<Task> _clients;

    private ChatLoad(Uri url, int clients) => _clients = [.. Enumerable.Range(0, clients).Select(client => ChatAsync(url, client))];

    public static async Task<ChatLoad> BeginAsync(IKubernetes cluster, string name, int clients)
    {
        var service = await cluster.CoreV1.ReadNamespacedServiceAsync(name, "models");
        var port = service.Spec.Ports.First(candidate => candidate.Name == "http").Port;
        return new ChatLoad(new Uri($"http://{service.Spec.ClusterIP}:{port}/v1/chat/completions"), clients);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task ChatAsync(Uri url, int client)
    {
        var mode = client % 2 == 0 ? "on" : "off";
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, url)
                {
                    Content = JsonContent.Create(new
                    {
                        max_tokens = 120,
                        ignore_eos = true,
                        stream = true,
                        messages = new[] { new { role = "system", content = $"detailed thinking {mode}" }, new { role = "user", content = $"Client {client} says hello." } },
                    }),
                };
                // A Service balances connections: those that are kept never see a replica that came later.
                request.Headers.ConnectionClose = true;
                using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _stop.Token);
                await answer.Content.CopyToAsync(Stream.Null, _stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or HttpRequestException)
            {
                // A replica that is taken away cuts what is left: the next request goes elsewhere.
            }
        }
    }
}
