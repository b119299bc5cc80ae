using System.Net.Sockets;
using System.Text;
using Nemotron.Gateway.Draining;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Serving;

/// <summary>10,000 malformed, truncated, oversized and hostile requests, from a seed. None makes the gateway fail, none is left in flight, and memory comes back.</summary>
[Collection(nameof(Alone))]
public class FuzzTests
{
    private const int Requests = 10_000, Seed = 20_240_607;

    private static readonly string[] Good =
    [
        """{"model":"m","messages":[{"role":"system","content":"detailed thinking on\n/no_think {'reasoning': True}"},{"role":"user","content":[{"type":"text","text":"\u4f60 /think \ud83d\ude00"}]}],"stream":true}""",
        """{"messages":[{"role":"user","content":"q"}],"stream":false,"n":2,"tools":[{"type":"function"}],"chat_template_kwargs":{"enable_thinking":true},"nvext":{"max_thinking_tokens":9}}""",
        """{"input":[{"role":"user","content":[{"type":"input_text","text":"q"}]}],"instructions":"a","stream":true}""",
        """{"prompt":"q","max_tokens":3,"stream":true,"stream_options":{"include_usage":false}}""",
    ];

    private static readonly string[] Hostile =
    [
        "{\"messages\":" + new string('[', 5000), new string('{', 5000), "{\"messages\":[" + string.Concat(Enumerable.Repeat("{\"role\":\"user\",\"content\":\"", 300)), "\u0000\u0000\u0000",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\\udc00\\udfff /think\"}]}", "{\"messages\":[{\"role\":\"user\",\"content\":\"\\u00\"}]}", "{\"\\ud800\":1,\"messages\":[{\"role\":\"\\udfff\"}]}",
        "{\"messages\":[{\"role\":\"\\ud800\",\"content\":[{\"type\":\"\\ud800\"}]}]}", "{\"a\":1e999999,\"messages\":[{}]}",
        "{\"messages\":[{\"content\":{\"text\":[]}}],\"stream\":1}", "{\"messages\":[[[]]]}", "nul", "\"messages\"", "{\"messages\":[null]}", "{\"max_tokens\":99999999999999999999,\"messages\":[{}]}",
        "{\"n\":-5,\"max_tokens\":-1,\"messages\":[{}]}", "{\"messages\":[{\"role\":\"\",\"role\":\"user\",\"content\":\"a\",\"content\":[]}]}", "{\"stream_options\":{},\"stream\":true,\"messages\":[{\"role\":\"system\",\"content\":[]}]}",
    ];

    private static readonly string[] Paths = ["/v1/chat/completions", "/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1%2Fchat%2Fcompletions", "/tokenize"];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_makes_the_gateway_fail()
    {
        await using var engine = await StubEngine.StartAsync();
        engine.Special = async (context, _) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.WriteAsync("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\ndata: [DONE]\n\n"u8.ToArray());
            return true;
        };
        var random = new Random(Seed);
        var grammars = Enum.GetValues<ReasoningGrammar>();
        var statuses = new SortedDictionary<int, int>();
        long before = 0;
        for (var round = 0; round < grammars.Length; round++)
        {
            var settings = Settings.Of(grammars[round], upstream: engine.Address) with { Limits = new GatewayLimits { BodyBytes = 20_000 } };
            await using var gateway = await RunningGateway.StartAsync(settings with { Reasoning = settings.Reasoning with { Budget = new ThinkingBudget { By = (BudgetMechanism)(round % 3), Tokens = 5 } } });
            var share = Requests / grammars.Length + (round == 0 ? Requests % grammars.Length : 0);
            for (var i = 0; i < share; i++)
            {
                var status = await SendAsync(gateway, random);
                statuses[status] = statuses.GetValueOrDefault(status) + 1;
            }

            await Until.TrueAsync(() => gateway.Service<ActiveRequests>().Count == 0, "nothing is in flight");
            (await gateway.MetricAsync("nemotron_gateway_errors_total{kind=\"internal\"}")).ShouldBe(0);
            foreach (var seen in engine.Seen.Where(seen => seen.Target.StartsWith("/v1", StringComparison.Ordinal))) System.Text.Unicode.Utf8.IsValid(seen.Body).ShouldBeTrue();
            engine.Seen.Clear();
            var now = GC.GetTotalMemory(forceFullCollection: true);
            // The count is now and then a few kilobytes, of which the double says nothing; a round's bodies kept would be tens of megabytes.
            if (round == 1) before = Math.Max(now, 8 << 20);
            if (round > 1) now.ShouldBeLessThan(before * 2, $"after round {round}");
            // It still serves.
            engine.Special = null;
            using var answer = await gateway.ChatAsync("");
            answer.IsSuccessStatusCode.ShouldBeTrue();
            engine.Special = async (context, _) =>
            {
                await context.Response.Body.WriteAsync("{\"choices\":[]}"u8.ToArray());
                return true;
            };
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"measured: {Requests} hostile requests answered {string.Join(", ", statuses.Select(status => $"{status.Key}: {status.Value}"))} (0: broken off by the client)");
        statuses.Keys.ShouldAllBe(status => status < 500);
        statuses.GetValueOrDefault(400).ShouldBeGreaterThan(3000);
        statuses.GetValueOrDefault(200).ShouldBeGreaterThan(500);
        statuses.GetValueOrDefault(413).ShouldBeGreaterThan(100);
    }

    // The status; 0 where the request was broken off, as some are on purpose.
    private static async Task<int> SendAsync(RunningGateway gateway, Random random)
    {
        var body = Encoding.UTF8.GetBytes(random.Next(4) == 0 ? Hostile[random.Next(Hostile.Length)] : Good[random.Next(Good.Length)]);
        for (var changes = random.Next(4); changes > 0 && body.Length > 0; changes--)
        {
            switch (random.Next(5))
            {
                case 0: body[random.Next(body.Length)] = (byte)random.Next(256); break;
                case 1: body = body[..random.Next(body.Length)]; break;
                case 2: body = [.. body, .. body[random.Next(body.Length)..]]; break;
                case 3: body = [.. body[..random.Next(body.Length)], (byte)"\"\\{}[],:\n"[random.Next(9)], .. body[random.Next(body.Length)..]]; break;
                default: body = random.Next(3) == 0 ? [.. body, .. new byte[30_000]] : body; break;
            }
        }

        var way = random.Next(20);
        var length = way == 0 ? body.Length + 10 : body.Length;
        var framing = way == 1 ? "Transfer-Encoding: chunked" : $"Content-Length: {length}";
        var odd = way switch
        {
            2 => "X-Nemotron-Reasoning: sideways\r\n",
            3 => "X-Nemotron-Thinking-Budget: -4\r\n",
            4 => "Content-Encoding: br\r\n",
            5 => "Connection: X-Nemotron-Reasoning, close\r\n",
            _ => "Connection: close\r\n",
        };
        if (way is 2 or 3 or 4) odd += "Connection: close\r\n";
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync("127.0.0.1", gateway.Client.BaseAddress!.Port, Cancelled);
        await using var stream = client.GetStream();
        var head = Encoding.ASCII.GetBytes($"POST {Paths[random.Next(Paths.Length)]} HTTP/1.1\r\nHost: x\r\n{framing}\r\n{odd}\r\n");
        try
        {
            // Chunks that are none are part of it: the body itself stands where their sizes should.
            await stream.WriteAsync((byte[])[.. head, .. body], Cancelled);
            // A client that ends its side has gone: what it began is broken off.
            if (way is 0 or 1) client.Client.Shutdown(SocketShutdown.Send);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            var line = await reader.ReadLineAsync(Cancelled);
            if (line is null) return 0;
            await reader.ReadToEndAsync(Cancelled);
            return int.Parse(line.Split(' ')[1]);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}

/// <summary>Tests that weigh the process's memory, beside which nothing else may run.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
