using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace Nemotron.Kube;

/// <summary>Where the API server asks.</summary>
public static class WebhookEndpoints
{
    /// <summary>What the paths of webhooks that judge writes begin with.</summary>
    public const string PathPrefix = "/validate";

    /// <summary>What the paths of webhooks that convert begin with.</summary>
    public const string ConversionPathPrefix = "/convert";

    /// <summary>Maps every webhook that was added with <see cref="IOperatorBuilder.AddValidationWebhook{TWebhook, TEntity}"/> or <see cref="IOperatorBuilder.AddConversionWebhook{TWebhook, TEntity}"/> at its path.</summary>
    /// <param name="endpoints">Where to map them.</param>
    /// <exception cref="InvalidOperationException">Two webhooks have the same path.</exception>
    public static void MapKubeWebhooks(this IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        var webhooks = services.GetServices<IWebhookRegistration>().ToList();
        if (webhooks.GroupBy(w => w.Path).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new InvalidOperationException($"Two webhooks listen on {twice.Key}: an entity type has one.");
        }

        foreach (var webhook in webhooks)
        {
            var endpoint = ActivatorUtilities.CreateInstance<WebhookEndpoint>(services, webhook);
            endpoints.MapPost(webhook.Path, endpoint.AnswerAsync);
        }
    }

    /// <summary>
    /// Listens on a port over HTTPS with the certificate of <see cref="IOperatorBuilder.AddWebhookCertificate"/>, whichever it is when a client connects.
    /// While there is none, handshakes fail.
    /// </summary>
    /// <param name="kestrel">The web server's options.</param>
    /// <param name="port">The port, on all addresses.</param>
    public static void ListenForWebhooks(this KestrelServerOptions kestrel, int port)
    {
        var serving = kestrel.ApplicationServices.GetRequiredService<ServingCertificate>();
        kestrel.ListenAnyIP(port, listen => listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => serving.Context is { } context
                ? ValueTask.FromResult(new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = context,
                    ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
                })
                : throw new AuthenticationException("There is no certificate to serve yet."),
        }));
    }
}
