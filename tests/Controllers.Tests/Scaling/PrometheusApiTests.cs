using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Nemotron.Controllers.Prometheus;

namespace Nemotron.Controllers.Tests.Scaling;

/// <summary>What is sent to Prometheus, and what is made of its answers.</summary>
public class PrometheusApiTests
{
    [Fact]
    public async Task A_vector_is_read_with_its_labels_and_its_odd_numbers()
    {
        var answer = await AskAsync("""{"status":"success","warnings":["a store is gone"],"data":{"resultType":"vector","result":[{"metric":{"pod":"a","le":"+Inf"},"value":[1.5,"2.25"]},{"metric":{},"value":[1,"NaN"]},{"metric":{},"value":[1,"+Inf"]}]}}""");
        answer.Samples.Select(sample => sample.Value).ShouldBe([2.25, double.NaN, double.PositiveInfinity]);
        answer.Samples[0]["pod"].ShouldBe("a");
        answer.Samples[0]["none"].ShouldBe("");
        answer.Warnings.ShouldBe(["a store is gone"]);
    }

    [Theory]
    [InlineData("""{"status":"error","errorType":"bad_data","error":"parse error"}""", HttpStatusCode.BadRequest, "application/json", "bad_data: parse error")]
    [InlineData("<html>sign in</html>", HttpStatusCode.Forbidden, "text/html", "http://prometheus/ answers 403: <html>sign in</html>")]
    [InlineData("<html>hello</html>", HttpStatusCode.OK, "text/html", "is the address that of its HTTP API?")]
    [InlineData("""{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}""", HttpStatusCode.OK, "application/json", "a scalar, not a vector")]
    [InlineData("""{"status":"success","data":{"resultType":"vector","result":[{"metric":{}}]}}""", HttpStatusCode.OK, "application/json", "is the address that of its HTTP API?")]
    public async Task What_is_no_answer_says_why(string body, HttpStatusCode status, string type, string why) =>
        (await Should.ThrowAsync<PrometheusException>(() => AskAsync(body, status, type))).Message.ShouldContain(why);

    [Fact]
    public async Task Token_and_headers_go_with_each_query_and_the_token_is_read_anew()
    {
        var file = Path.GetTempFileName();
        try
        {
            var seen = new List<HttpRequestMessage>();
            using var api = new PrometheusApi(
                new PrometheusSettings { Url = new Uri("http://prometheus/tenant"), BearerTokenFile = file, Headers = new Dictionary<string, string> { ["X-Scope-OrgID"] = "team-a" } },
                TimeProvider.System, new Answer(request =>
                {
                    seen.Add(request);
                    return Response("""{"status":"success","data":{"resultType":"vector","result":[]}}""", HttpStatusCode.OK, "application/json");
                }));
            await File.WriteAllTextAsync(file, "first\n", TestContext.Current.CancellationToken);
            await api.QueryAsync("up", TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(file, "second\n", TestContext.Current.CancellationToken);
            await api.QueryAsync("up", TestContext.Current.CancellationToken);
            seen.Select(request => request.Headers.Authorization!.Parameter).ShouldBe(["first", "second"]);
            seen[0].Headers.GetValues("X-Scope-OrgID").ShouldBe(["team-a"]);
            seen[0].RequestUri!.AbsolutePath.ShouldBe("/tenant/api/v1/query");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Silence_ends_at_the_timeout_and_a_cancelled_question_is_no_silence()
    {
        var time = new FakeTimeProvider();
        using var api = new PrometheusApi(new PrometheusSettings { Url = new Uri("http://prometheus") }, time, new Silence());
        var asked = api.QueryAsync("up", TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(10));
        (await Should.ThrowAsync<PrometheusException>(() => asked)).Message.ShouldContain("did not answer within 10 s");

        using var stop = new CancellationTokenSource();
        var other = api.QueryAsync("up", stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => other);
    }

    private static async Task<QueryAnswer> AskAsync(string body, HttpStatusCode status = HttpStatusCode.OK, string type = "application/json")
    {
        using var api = new PrometheusApi(new PrometheusSettings { Url = new Uri("http://prometheus") }, TimeProvider.System, new Answer(_ => Response(body, status, type)));
        return await api.QueryAsync("up", TestContext.Current.CancellationToken);
    }

    private static HttpResponseMessage Response(string body, HttpStatusCode status, string type) => new(status) { Content = new StringContent(body, Encoding.UTF8, type) };

    private sealed class Answer(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(request));
    }

    private sealed class Silence : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            throw new InvalidOperationException("nobody answers");
        }
    }
}
