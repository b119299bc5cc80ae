namespace Nemotron.Gateway.Hosting;

/// <summary>The exec form of the drain, for a container's preStop hook.</summary>
internal static class DrainCommand
{
    /// <summary>Has the gateway of this pod drained, and ends when it is.</summary>
    /// <returns>0; 1 where the gateway does not answer.</returns>
    public static async Task<int> RunAsync(int adminPort, CancellationToken cancellationToken)
    {
        // The gateway's own deadline ends the wait.
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
        try
        {
            using var response = await client.PostAsync(new Uri($"http://127.0.0.1:{adminPort}{AdminEndpoints.DrainPath}?wait=true"), content: null, cancellationToken);
            Console.Write(await response.Content.ReadAsStringAsync(cancellationToken));
            return response.IsSuccessStatusCode ? 0 : 1;
        }
        catch (HttpRequestException error)
        {
            Console.Error.WriteLine($"error: no gateway answers on admin port {adminPort}: {error.Message}");
            return 1;
        }
    }
}
