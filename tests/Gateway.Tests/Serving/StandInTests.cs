using Nemotron.Gateway.Hosting;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Serving;

/// <summary>A replica that answers for another deployment says so, to that one's clients only.</summary>
public class StandInTests
{
    private const string Header = "X-Nemotron-Served-By";

    [Theory]
    [InlineData("ultra.models.svc.cluster.local:8000", true)]
    [InlineData("ultra", true)]
    [InlineData("small.models.svc.cluster.local:8000", false)]
    [InlineData("10.0.0.1:8000", false)]
    public async Task Clients_of_the_other_Service_are_told_who_answers(string host, bool told)
    {
        await using var engine = await StubEngine.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(StandsIn(engine));
        foreach (var fields in (string[])["", "\"stream\":true"])
        {
            using var answer = await gateway.ChatAsync(fields, ("Host", host));
            answer.EnsureSuccessStatusCode();
            Told(answer).ShouldBe(told ? "small (Nano)" : null);
        }

        // What the gateway does not read, too.
        using var models = await gateway.Client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/v1/models") { Headers = { Host = host } }, TestContext.Current.CancellationToken);
        Told(models).ShouldBe(told ? "small (Nano)" : null);
    }

    [Fact]
    public async Task It_begins_and_ends_with_the_settings_while_the_gateway_runs()
    {
        await using var engine = await StubEngine.StartAsync();
        var settings = StandsIn(engine);
        await using var gateway = await RunningGateway.StartAsync(settings with { StandIn = null });
        (await ToldAsync(gateway)).ShouldBeNull();
        await gateway.WriteSettingsAsync(settings);
        gateway.Service<GatewayState>().Refresh();
        (await ToldAsync(gateway)).ShouldBe("small (Nano)");
        await gateway.WriteSettingsAsync(settings with { StandIn = null });
        gateway.Service<GatewayState>().Refresh();
        (await ToldAsync(gateway)).ShouldBeNull();
    }

    private static GatewaySettings StandsIn(StubEngine engine) => Settings.Of(ReasoningGrammar.SystemDetailedThinking, upstream: engine.Address) with
    {
        StandIn = new GatewayStandIn { ServedBy = "small (Nano)", Namespace = "models", Services = ["super", "ultra"] },
    };

    private static async Task<string?> ToldAsync(RunningGateway gateway)
    {
        using var answer = await gateway.ChatAsync("", ("Host", "ultra.models"));
        return Told(answer);
    }

    private static string? Told(HttpResponseMessage answer) => answer.Headers.TryGetValues(Header, out var values) ? values.Single() : null;
}
