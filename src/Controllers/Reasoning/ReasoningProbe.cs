using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Engines.Launch;
using Nemotron.Planning;

namespace Nemotron.Controllers.Reasoning;

/// <summary>Asks one replica's gateway once for each mode.</summary>
/// <param name="handler">How it is reached.</param>
/// <param name="keys">Where the key comes from, for gateways that ask for one.</param>
/// <param name="time">The clock of the limits.</param>
internal sealed class ReasoningProbe(HttpMessageHandler handler, IProbeKeys keys, TimeProvider time) : IDisposable
{
    private const string Reasoning = "X-Nemotron-Reasoning", Overridden = "X-Nemotron-Reasoning-Overridden";

    // Enough for the opening of a trace; a trivial question might go without one.
    private const int Tokens = 16;
    private const string Question = "What is 17 times 24?";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    // A gateway's answer is small; whatever else sits there must not fill the memory.
    private readonly HttpClient _client = new(handler) { MaxResponseContentBufferSize = 1 << 20, Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Asks and judges.</summary>
    public async Task<ProbeOutcome> AskAsync(ProbeOrder order, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await AskWithinAsync(order, either.Token);
        }
        catch (HttpRequestException error) when (error.InnerException is SocketException or OperationCanceledException or TimeoutException or IOException)
        {
            return new ProbeOutcome(ProbeResult.NotReached, error.Message);
        }
        catch (Exception error) when (error is HttpRequestException or JsonException or FormatException)
        {
            return new ProbeOutcome(ProbeResult.Failed, $"The gateway's answer could not be read: {error.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ProbeOutcome(ProbeResult.Failed, $"The gateway gave no answer within {Limit.TotalSeconds:0} s.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<ProbeOutcome> AskWithinAsync(ProbeOrder order, CancellationToken cancellationToken)
    {
        using (var settings = await _client.GetAsync(new Uri($"http://{order.Address}:{GatewayContainer.AdminPort}/settings"), cancellationToken))
        {
            if (settings.StatusCode != HttpStatusCode.OK)
                return new ProbeOutcome(ProbeResult.Failed, $"The gateway does not tell which settings are in force (GET /settings on its admin port: {(int)settings.StatusCode}); its image is not of this operator's version.");
            var revision = (string?)(await ReadAsync(settings, cancellationToken))["revision"];
            if (revision != order.Settings.Revision) return new ProbeOutcome(ProbeResult.SettingsOnTheirWay, "The gateway has not taken its newest settings yet.");
        }

        string? key = null;
        if (order.Keys is { } reference)
        {
            var found = await keys.FirstAsync(order.Deployment.Namespace!, reference, cancellationToken);
            if (found.Fault is { } unread) return new ProbeOutcome(ProbeResult.KeysUnreadable, unread);
            key = found.Key;
        }

        var declared = order.Settings.Reasoning;
        var unasked = await ModeAsync(order, key, null, cancellationToken);
        if (unasked.Fault is { } first) return new ProbeOutcome(ProbeResult.Failed, first);
        var other = await ModeAsync(order, key, declared.Default == ReasoningMode.On ? "off" : "on", cancellationToken);
        return other.Fault is { } second ? new ProbeOutcome(ProbeResult.Failed, second) : ProbeJudge.Judge(declared, unasked.Answer!, other.Answer!);
    }

    private async Task<(ModeAnswer? Answer, string? Fault)> ModeAsync(ProbeOrder order, string? key, string? asked, CancellationToken cancellationToken)
    {
        var body = new JsonObject
        {
            ["model"] = order.Model,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = Question }),
            ["max_tokens"] = Tokens,
        };
        var scheme = order.Settings.Access.TlsCertificateFile is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{scheme}://{order.Address}:{LaunchSpec.HttpPort}/v1/chat/completions"))
        {
            Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (asked is not null) request.Headers.Add(Reasoning, asked);
        using var response = await _client.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Unauthorized && key is not null)
            return (null, "The gateway does not take the first key of the Secret: a kubelet brings a changed Secret within a minute or two.");
        if (!response.IsSuccessStatusCode) return (null, $"The probe of the mode was answered with {(int)response.StatusCode}: {await ErrorAsync(response, cancellationToken)}");
        var message = (await ReadAsync(response, cancellationToken))["choices"] is JsonArray { Count: > 0 } choices ? choices[0]?["message"] as JsonObject : null;
        return message is null ? (null, "The probe's answer has no message.") : (new ModeAnswer(Header(response, Reasoning), Header(response, Overridden), message), null);
    }

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    private static async Task<JsonObject> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken)) as JsonObject ?? throw new FormatException("it is no JSON object");

    private static async Task<string> ErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        const int most = 200;
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            if (JsonNode.Parse(text) is JsonObject answer && (string?)(answer["error"] as JsonObject)?["message"] is { } message) text = message;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // Not OpenAI's shape: as it is.
        }

        text = text.ReplaceLineEndings(" ").Trim();
        return text.Length <= most ? text : text[..most];
    }
}
