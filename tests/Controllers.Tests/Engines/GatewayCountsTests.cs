using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Nemotron.Controllers.Engines;

namespace Nemotron.Controllers.Tests.Engines;

public sealed class GatewayCountsTests
{
    private const string Scrape = """
        # TYPE nemotron_gateway_requests_in_flight gauge
        nemotron_gateway_requests_in_flight{mode="on"} 2
        nemotron_gateway_requests_in_flight{mode="off"} 1
        nemotron_gateway_output_tokens_total{mode="on"} 400
        nemotron_gateway_output_tokens_total{mode="off"} 25
        nemotron_gateway_requests_total{mode="on",endpoint="chat",outcome="ok"} 7
        other_total 3

        """;

    private readonly FakeTimeProvider time = new();

    [Fact]
    public async Task What_runs_and_what_moved_is_summed_over_the_modes()
    {
        var progress = (await ReadAsync(HttpStatusCode.OK, Scrape)).ShouldNotBeNull();
        (progress.InFlight, progress.Tokens, progress.At).ShouldBe((3, 432d, time.GetUtcNow()));
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound, Scrape)]
    [InlineData(HttpStatusCode.OK, "")]
    [InlineData(HttpStatusCode.OK, "nemotron_gateway_requests_in_flight{mode=\"on\"} 2\n")]
    [InlineData(HttpStatusCode.OK, "nemotron_gateway_requests_in_flight{mode=\"on\"} NaN\nnemotron_gateway_output_tokens_total{mode=\"on\"} 4\n")]
    [InlineData(HttpStatusCode.OK, "nemotron_gateway_requests_in_flight{mode=\"on\"} -1\nnemotron_gateway_output_tokens_total{mode=\"on\"} 4\n")]
    [InlineData(HttpStatusCode.OK, "nemotron_gateway_requests_in_flight{mode=\"on\"} 2\nnemotron_gateway_output_tokens_total{mode=\"on\"} 4\nnemotron_gat")]
    public async Task What_is_not_a_whole_scrape_of_a_gateway_says_nothing(HttpStatusCode status, string text) => (await ReadAsync(status, text)).ShouldBeNull();

    [Fact]
    public async Task A_gateway_that_cannot_be_reached_says_nothing() =>
        (await new GatewayCounts(new Answers(() => throw new HttpRequestException("refused")), time).ReadAsync("10.0.0.1", TestContext.Current.CancellationToken)).ShouldBeNull();

    [Fact]
    public async Task An_address_of_version_6_is_put_in_brackets()
    {
        Uri? asked = null;
        using var counts = new GatewayCounts(new Answers(() => new HttpResponseMessage(HttpStatusCode.NotFound), url => asked = url), time);
        await counts.ReadAsync("fd00::1", TestContext.Current.CancellationToken);
        asked!.ToString().ShouldBe("http://[fd00::1]:9464/metrics");
    }

    private async Task<Nemotron.Engines.Health.Progress.GatewayProgress?> ReadAsync(HttpStatusCode status, string text)
    {
        using var counts = new GatewayCounts(new Answers(() => new HttpResponseMessage(status) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(text)) }), time);
        return await counts.ReadAsync("10.0.0.1", TestContext.Current.CancellationToken);
    }

    private sealed class Answers(Func<HttpResponseMessage> answer, Action<Uri>? asked = null) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            asked?.Invoke(request.RequestUri!);
            return Task.FromResult(answer());
        }
    }
}
