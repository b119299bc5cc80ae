using System.Net;

namespace Nemotron.Controllers.Tests.Scaling;

/// <summary>Answers for the gateways before deployments without replicas: what they hold, as a test sets it.</summary>
internal sealed class FakeFronts : HttpMessageHandler
{
    /// <summary>Requests held; null where none answers.</summary>
    public int? Held { get; set; }

    /// <summary>Where it was asked, in order.</summary>
    public List<string> Asked { get; } = [];

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Asked.Add(request.RequestUri!.ToString());
        return Held is { } held
            ? Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent($"# TYPE nemotron_gateway_requests_held gauge\nnemotron_gateway_requests_held {held}\n") })
            : Task.FromException<HttpResponseMessage>(new HttpRequestException("Nobody is there."));
    }
}
