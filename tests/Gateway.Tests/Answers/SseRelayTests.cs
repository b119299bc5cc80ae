using System.Buffers;
using System.Text;
using CsCheck;
using Nemotron.Gateway.Answers;
using Nemotron.Gateway.Observing;
using Nemotron.Gateway.Reasoning;
using Nemotron.Gateway.Requests;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Answers;

/// <summary>A stream comes out the same however the network cuts it.</summary>
public class SseRelayTests
{
    private const string Plain =
        ": a comment\n\n"
        + "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
        + "data:{\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"<th\"}}]}\r\n\r\n"
        + "event: x\r\ndata: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ink>\\n\\u4f60\"}}]}\r\n\r\n"
        + "data: no json\n\ndata: {\"two\":\ndata: \"lines\"}\n\n"
        + "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x</thi\"}}]}\n\n"
        + "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"nk>\"}}]}\n\n"
        + "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Four\"}},{\"index\":1,\"delta\":{\"content\":\"Vier\"}}]}\n\n";

    private const string Usage = "data: {\"id\":\"1\",\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":9}}\n\n";

    private const string End = "data: [DONE]\n\n";

    [Fact]
    public void Bytes_and_counts_do_not_depend_on_the_cuts() =>
        Gen.Int[1, 40].Array[1, 60].Sample(
            sizes =>
            {
                var (hidden, counted) = Relay(Plain + Usage + End, sizes, hidesUsage: true);
                hidden.ShouldBe(Plain + End);
                counted.ShouldBe((9L, 3L));
                Relay(Plain + Usage + End + "data: begun", sizes, hidesUsage: false).Text.ShouldBe(Plain + Usage + End + "data: begun");
            },
            iter: 2000,
            threads: 1);

    [Theory]
    [InlineData("{\"id\":\"1\",\"usage\":null,\"choices\":[{\"delta\":{}}]}", "{\"id\":\"1\",\"choices\":[{\"delta\":{}}]}")]
    [InlineData("{\"usage\" : null , \"choices\":[{\"delta\":{}}]}", "{ \"choices\":[{\"delta\":{}}]}")]
    [InlineData("{\"choices\":[{\"delta\":{}}] , \"usage\":{\"prompt_tokens\":1}}", "{\"choices\":[{\"delta\":{}}] }")]
    [InlineData("{\"usage\":null}", "{}")]
    public void Usage_inside_a_piece_is_taken_out(string piece, string expected) =>
        Relay($"data: {piece}\n\n", [1000], hidesUsage: true).Text.ShouldBe($"data: {expected}\n\n");

    [Theory]
    [InlineData(TraceOpener.Model, "<think>a</think>b", "TTTTTTTTTTTTTTTTA")]
    [InlineData(TraceOpener.Model, " \n<think>a", ".........T")]
    [InlineData(TraceOpener.Model, "answer </think>", "AAAAAAAAAAAAAAA")]
    [InlineData(TraceOpener.Template, "a<</</think>b", "TTTTTTTTTTTTA")]
    public void Marks_are_found_letter_by_letter(TraceOpener opener, string text, string expected)
    {
        var trace = new Trace(opener);
        var phases = text.Select(letter =>
        {
            var thought = trace.Follow([(byte)letter]);
            return thought ? 'T' : 'A';
        }).ToArray();
        var thinking = text.IndexOf("<think>", StringComparison.Ordinal) is >= 0 and var at ? at + 6 : 0;
        for (var i = 0; i < text.Length; i++)
        {
            // A letter of the opening mark is known for one only when the mark is whole.
            if (expected[i] == '.' || (opener == TraceOpener.Model && i < thinking && expected[i] == 'T')) continue;
            phases[i].ShouldBe(expected[i], $"letter {i} of {text}");
        }
    }

    private static (string Text, (long Output, long Thinking) Counted) Relay(string stream, int[] sizes, bool hidesUsage)
    {
        var plan = new RequestPlan { Endpoint = ApiEndpoint.Chat, Body = default, Mode = ModeDecision.None, Streams = true, HidesUsage = hidesUsage };
        var meter = new TokenMeter(new GatewayMetrics(Prometheus.Metrics.NewCustomRegistry()).Of(ReasoningMode.On), TraceOpener.Model);
        var relay = new SseRelay(plan, meter, null, null);
        var client = new ArrayBufferWriter<byte>();
        var bytes = Encoding.UTF8.GetBytes(stream);
        for (int at = 0, i = 0; at < bytes.Length; i++)
        {
            var size = Math.Min(sizes[i % sizes.Length], bytes.Length - at);
            relay.Write(bytes.AsSpan(at, size), client, 0, TimeProvider.System);
            at += size;
        }

        relay.End(client);
        return (Encoding.UTF8.GetString(client.WrittenSpan), (meter.Output, meter.Thinking));
    }
}
