using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using k8s;
using Nemotron.Controllers.Reasoning;
using Nemotron.Crds;

namespace Nemotron.Controllers.Tests.Reasoning;

/// <summary>The key of a probe: one Secret by its name, and a sentence to act on where there is none.</summary>
public class ProbeKeysTests
{
    private const string Named = "Secret models/keys, which spec.gateway.apiKeysSecretRef names";

    [Theory]
    [InlineData(200, "# of the team\n\n  first \nsecond\n", "first", null)]
    [InlineData(200, "# none yet\n", null, $"Not probed: api of {Named}, holds no API key; one a line is expected.")]
    [InlineData(200, null, null, $"Not probed: {Named}, has no key api.")]
    [InlineData(404, null, null, $"Not probed: {Named}, does not exist.")]
    [InlineData(503, null, null, $"Not probed: {Named}, could not be read: the API server answered 503.")]
    [InlineData(403, null, null, $"Not probed: the gateway asks for a key, and the operator may not get {Named}. Name it in the chart's value gateway.apiKeySecrets, or grant get on it with a Role in the namespace, or set spec.rollout.gates.reasoningVerified to false.")]
    public async Task The_first_key_or_why_there_is_none(int status, string? content, string? key, string? fault)
    {
        var api = new Api((HttpStatusCode)status, content);
        using var client = new Kubernetes(new KubernetesClientConfiguration { Host = "http://api.invalid" }, api);
        var found = await new ProbeKeys(client).FirstAsync("models", new SecretKeyReference { Name = "keys", Key = "api" }, TestContext.Current.CancellationToken);
        found.ShouldBe(new ProbeKey(key, fault));
        api.Asked.ShouldBe(["GET /api/v1/namespaces/models/secrets/keys"], "by name, and nothing else");
    }

    private sealed class Api(HttpStatusCode status, string? content) : DelegatingHandler
    {
        public List<string> Asked { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add($"{request.Method} {request.RequestUri!.PathAndQuery}");
            var secret = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Secret", ["metadata"] = new JsonObject { ["name"] = "keys" } };
            if (content is not null) secret["data"] = new JsonObject { ["api"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(content)) };
            return Task.FromResult(new HttpResponseMessage(status) { RequestMessage = request, Content = new StringContent(secret.ToJsonString(), Encoding.UTF8, "application/json") });
        }
    }
}
