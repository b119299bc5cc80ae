using System.Net;
using System.Net.Http.Headers;
using k8s;
using k8s.Autorest;

namespace Nemotron.Kube;

/// <summary>
/// The Kubernetes client with raw requests: a watch must be read line by line from the response, which the client's own methods do not allow.
/// </summary>
internal sealed class KubeClient : Kubernetes
{
    internal KubeClient(KubernetesClientConfiguration configuration, params DelegatingHandler[] handlers)
        : base(configuration, handlers)
    {
    }

    /// <summary>Sends a request and returns when the response's headers are there. The caller disposes the response.</summary>
    /// <exception cref="HttpOperationException">The status is not 2xx; the body has been read.</exception>
    internal async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string pathAndQuery, ReadOnlyMemory<byte> body, string? contentType, CancellationToken cancellationToken, bool anyType = false)
    {
        using var request = new HttpRequestMessage(method, new Uri(BaseUri, pathAndQuery))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (anyType)
        {
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("*/*"));
        }

        if (contentType is not null)
        {
            request.Content = new ReadOnlyMemoryContent(body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        }

        if (Credentials is not null)
        {
            await Credentials.ProcessHttpRequestAsync(request, cancellationToken);
        }

        var response = await HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            var content = await response.Content.ReadAsStringAsync(cancellationToken);
            throw new HttpOperationException($"{method} {request.RequestUri}: {(int)response.StatusCode}")
            {
                Request = new HttpRequestMessageWrapper(request, null),
                Response = new HttpResponseMessageWrapper(response, content),
            };
        }
    }
}
