using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nemotron.Operator.Tests.Harness;

/// <summary>
/// Answers as a Prometheus that scrapes dcgm-exporter would, for the one gauge of XID errors. Simulated: the expression is not evaluated, only told apart from
/// the others that are asked.
/// </summary>
internal sealed class SimulatedGpuMetrics : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentDictionary<(string Node, int Gpu), int> _codes = new();
    private readonly Task _answering;
    private long _looks;

    public SimulatedGpuMetrics()
    {
        Url = new Uri($"http://127.0.0.1:{Ports.Free()}/");
        _listener.Prefixes.Add(Url.AbsoluteUri);
        _listener.Start();
        _answering = AnswerAsync();
    }

    public Uri Url { get; }

    /// <summary>Sets the last XID of a GPU; 0 for none.</summary>
    public void Set(string node, int gpu, int code) => _codes[(node, gpu)] = code;

    /// <summary>Waits until who asks has taken what is set now: an error is seen only by a change.</summary>
    public async Task UntilTakenAsync()
    {
        // Who asks twice from now on has taken the first answer.
        var until = Interlocked.Read(ref _looks) + 2;
        await Until.TrueAsync(() => Interlocked.Read(ref _looks) >= until, "the operator to look at the GPUs");
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _answering;
        _listener.Close();
    }

    private async Task AnswerAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var reader = new StreamReader(context.Request.InputStream);
                var query = WebUtility.UrlDecode(await reader.ReadToEndAsync());
                context.Response.ContentType = "application/json";
                await using var output = context.Response.OutputStream;
                await JsonSerializer.SerializeAsync(output, Vector(query));
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
            {
                // Stopped, or whoever asked has gone.
            }
        }
    }

    private JsonObject Vector(string query)
    {
        var xids = query.Contains("DCGM_FI_DEV_XID_ERRORS", StringComparison.Ordinal);
        if (xids) Interlocked.Increment(ref _looks);
        var series = xids ? _codes : [];
        return new JsonObject
        {
            ["status"] = "success",
            ["data"] = new JsonObject
            {
                ["resultType"] = "vector",
                ["result"] = new JsonArray([.. series.Select(one => (JsonNode)new JsonObject
                {
                    ["metric"] = new JsonObject { ["Hostname"] = one.Key.Node, ["gpu"] = $"{one.Key.Gpu}" },
                    // An offset looks back to before anything happened.
                    ["value"] = new JsonArray(0, query.Contains("offset", StringComparison.Ordinal) ? "0" : $"{one.Value}"),
                })]),
            },
        };
    }
}
