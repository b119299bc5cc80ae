using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Nemotron.Controllers.Reasoning;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning;
using ReasoningGrammar = Nemotron.Planning.ReasoningGrammar;

namespace Nemotron.Controllers.Tests.Reasoning;

/// <summary>Replicas are asked once, at the right time, and never while somebody waits.</summary>
public sealed class ReasoningProberTests : IAsyncDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new(Cluster.Now);
    private readonly FakeGateway _gateway;
    private readonly Queue _queue = new();
    private readonly Keys _keys = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ReasoningProber _prober;
    private readonly Task _running;

    public ReasoningProberTests()
    {
        _gateway = new FakeGateway(_time);
        // The limit of one probe is of no matter here, and must not pass while the test turns the clock.
        _prober = new ReasoningProber(new ReasoningProbe(_gateway, _keys, TimeProvider.System), _queue, new ProberOptions(true), _time, NullLogger<ReasoningProber>.Instance);
        _running = _prober.RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _prober.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task A_replica_is_asked_for_each_mode_once_and_the_answer_comes_as_a_reconcile()
    {
        _prober.Look(Order("a")).ShouldBeNull();
        (await _queue.NextAsync()).ShouldBe(Order("a").Deployment);
        for (var i = 0; i < 3; i++) _prober.Look(Order("a"))!.Result.ShouldBe(ProbeResult.Held);
        _gateway.Requests.ShouldBe(["GET 127.9.0.1:9464/settings", "POST 127.9.0.1:8000/v1/chat/completions", "POST 127.9.0.1:8000/v1/chat/completions on"]);

        // Another pod of the same template and settings tells nothing new; another mark does.
        _prober.Look(Order("a", pod: "other")).ShouldNotBeNull();
        _prober.Look(Order("b")).ShouldBeNull();
        await _queue.NextAsync();
        _gateway.Requests.Count.ShouldBe(6);
    }

    [Fact]
    public async Task Settings_that_are_on_their_way_are_waited_for()
    {
        _gateway.Revision = "old";
        _prober.Look(Order("a"));
        await _gateway.AskedAsync(1);
        await AdvanceUntilAsync(() => _gateway.Requests.Count >= 3);
        _gateway.Requests.ShouldAllBe(request => request.StartsWith("GET", StringComparison.Ordinal));
        _queue.Count.ShouldBe(0);
        _gateway.Revision = "r";
        await AdvanceUntilAsync(() => _queue.Count == 1);
        _prober.Look(Order("a"))!.Result.ShouldBe(ProbeResult.Held);
    }

    [Fact]
    public async Task What_cannot_be_reached_is_asked_seldom_and_causes_no_reconcile()
    {
        _gateway.Reachable = false;
        _prober.Look(Order("a"));
        await AdvanceUntilAsync(() => _gateway.Requests.Count == 5);
        await AdvanceUntilAsync(() => _gateway.Requests.Count == 8);
        var times = _gateway.Times;
        for (var i = 5; i < 8; i++) (times[i] - times[i - 1]).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMinutes(10));
        _queue.Count.ShouldBe(0);
        _prober.Look(Order("a"))!.Result.ShouldBe(ProbeResult.NotReached);
    }

    [Fact]
    public async Task A_gateway_that_answers_badly_is_told_of_in_its_own_words()
    {
        _gateway.Chat = _ => new HttpResponseMessage(HttpStatusCode.BadRequest) { Content = new StringContent("""{"error":{"message":"no such model"}}""") };
        _prober.Look(Order("a"));
        await _queue.NextAsync();
        _prober.Look(Order("a"))!.ShouldBe(new ProbeOutcome(ProbeResult.Failed, "The probe of the mode was answered with 400: no such model"));
        await AdvanceUntilAsync(() => _gateway.Requests.Count >= 6);
        _queue.Count.ShouldBe(0, "the same answer again is no news");
    }

    [Fact]
    public async Task An_order_that_is_overtaken_is_dropped()
    {
        _gateway.Reachable = false;
        _prober.Look(Order("a"));
        await _gateway.AskedAsync(1);
        _gateway.Reachable = true;
        _prober.Look(Order("b")).ShouldBeNull();
        await _queue.NextAsync();
        var asked = _gateway.Requests.Count;
        for (var i = 0; i < 5; i++) await AdvanceAsync(Soon);
        _gateway.Requests.Count.ShouldBe(asked);
    }

    [Fact]
    public async Task A_gateway_with_keys_and_a_certificate_is_asked_with_the_first_key_over_TLS_on_the_clients_port()
    {
        _prober.Look(Guarded("a")).ShouldBeNull();
        await _queue.NextAsync();
        _prober.Look(Guarded("a"))!.Result.ShouldBe(ProbeResult.Held);
        _gateway.Schemes.ShouldBe(["http", "https Bearer sesame", "https Bearer sesame"]);
        _keys.Asked.ShouldBe(["models/keys/api"]);
    }

    [Fact]
    public async Task Without_a_key_that_can_be_read_nothing_is_asked_for_a_mode_and_it_is_tried_again()
    {
        _keys.Answer = new ProbeKey(null, "Not probed: no right.");
        _prober.Look(Guarded("a"));
        await _queue.NextAsync();
        _prober.Look(Guarded("a"))!.ShouldBe(new ProbeOutcome(ProbeResult.KeysUnreadable, "Not probed: no right."));
        _gateway.Schemes.ShouldAllBe(scheme => scheme == "http");

        _keys.Answer = new ProbeKey("sesame", null);
        await AdvanceUntilAsync(() => _queue.Count == 1);
        _prober.Look(Guarded("a"))!.Result.ShouldBe(ProbeResult.Held);
    }

    [Fact]
    public async Task A_key_that_the_gateway_does_not_take_yet_is_told_without_the_key()
    {
        _gateway.Chat = _ => new HttpResponseMessage(HttpStatusCode.Unauthorized);
        _prober.Look(Guarded("a"));
        await _queue.NextAsync();
        _prober.Look(Guarded("a"))!.Result.ShouldBe(ProbeResult.Failed);
        _prober.Look(Guarded("a"))!.Message.ShouldBe("The gateway does not take the first key of the Secret: a kubelet brings a changed Secret within a minute or two.");
    }

    [Fact]
    public void Switched_off_nothing_is_asked()
    {
        using var off = new ReasoningProber(new ReasoningProbe(_gateway, _keys, _time), _queue, new ProberOptions(false), _time, NullLogger<ReasoningProber>.Instance);
        off.Look(Order("a")).ShouldBeNull();
        _gateway.Requests.ShouldBeEmpty();
    }

    private static ProbeOrder Order(string mark, string pod = "pod") => new(new NamespacedName("models", "n"), mark, pod, "127.9.0.1", "nvidia/model", new GatewaySettings
    {
        Revision = "r",
        Upstream = "http://127.0.0.1:8010",
        Reasoning = new GatewayReasoning { Grammar = ReasoningGrammar.SystemDetailedThinking },
    });

    private static ProbeOrder Guarded(string mark)
    {
        var order = Order(mark);
        return order with
        {
            Settings = order.Settings with { Access = new GatewayAccess { ApiKeysFile = "/keys", TlsCertificateFile = "/tls.crt", TlsKeyFile = "/tls.key" } },
            Keys = new SecretKeyReference { Name = "keys", Key = "api" },
        };
    }

    private async Task AdvanceAsync(TimeSpan time)
    {
        _time.Advance(time);
        // What the clock woke runs on the pool: its turns, not its time, are given up here.
        for (var i = 0; i < 50; i++) await Task.Yield();
    }

    private async Task AdvanceUntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            limit.Token.ThrowIfCancellationRequested();
            await AdvanceAsync(Soon);
        }
    }

    private sealed class Keys : IProbeKeys
    {
        public ProbeKey Answer { get; set; } = new("sesame", null);

        public ConcurrentQueue<string> Asked { get; } = new();

        public Task<ProbeKey> FirstAsync(string ns, SecretKeyReference reference, CancellationToken cancellationToken)
        {
            Asked.Enqueue($"{ns}/{reference.Name}/{reference.Key}");
            return Task.FromResult(Answer);
        }
    }

    private sealed class Queue : IReconcileQueue<NemotronDeployment>
    {
        private readonly System.Threading.Channels.Channel<NamespacedName> _asked = System.Threading.Channels.Channel.CreateUnbounded<NamespacedName>();

        public int Count => _asked.Reader.Count;

        public async Task<NamespacedName> NextAsync() => await _asked.Reader.ReadAsync(TestContext.Current.CancellationToken);

        public void Enqueue(NamespacedName key, TimeSpan after = default) => _asked.Writer.TryWrite(key);
    }

    private sealed class FakeGateway(TimeProvider time) : HttpMessageHandler
    {
        private readonly ConcurrentQueue<string> _requests = new();
        private readonly ConcurrentQueue<DateTimeOffset> _times = new();
        private readonly SemaphoreSlim _asked = new(0);

        public List<string> Requests => [.. _requests];

        public List<DateTimeOffset> Times => [.. _times];

        public ConcurrentQueue<string> Schemes { get; } = new();

        public bool Reachable { get; set; } = true;

        public string Revision { get; set; } = "r";

        public Func<string?, HttpResponseMessage> Chat { get; set; } = asked => Answer(asked ?? "off");

        public async Task AskedAsync(int times)
        {
            for (var i = 0; i < times; i++) await _asked.WaitAsync(TestContext.Current.CancellationToken);
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var asked = request.Headers.TryGetValues("X-Nemotron-Reasoning", out var values) ? values.Single() : null;
            _times.Enqueue(time.GetUtcNow());
            _requests.Enqueue($"{request.Method} {request.RequestUri!.Authority}{request.RequestUri.AbsolutePath} {asked}".TrimEnd());
            Schemes.Enqueue($"{request.RequestUri.Scheme} {request.Headers.Authorization}".TrimEnd());
            _asked.Release();
            if (!Reachable) throw new HttpRequestException("Connection refused", new SocketException((int)SocketError.ConnectionRefused));
            return Task.FromResult(request.Method == HttpMethod.Get
                ? new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(new JsonObject { ["revision"] = Revision }.ToJsonString()) }
                : Chat(asked));
        }

        private static HttpResponseMessage Answer(string mode)
        {
            var message = new JsonObject { ["role"] = "assistant", ["content"] = mode == "on" ? "<think>\n17 times" : "408" };
            var answer = new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent(new JsonObject { ["choices"] = new JsonArray(new JsonObject { ["message"] = message }) }.ToJsonString(), Encoding.UTF8, "application/json"),
            };
            answer.Headers.Add("X-Nemotron-Reasoning", mode);
            return answer;
        }
    }
}
