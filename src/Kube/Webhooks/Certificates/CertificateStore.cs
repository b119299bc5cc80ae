using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Autorest;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>Writes the Secret with the certificates, and the authorities into the webhooks' configuration.</summary>
internal sealed class CertificateStore(KubeApi api, string fieldManager)
{
    internal const string SecretType = "kubernetes.io/tls";

    /// <summary>Writes the Secret if it still is as it was read.</summary>
    /// <param name="read">The Secret as it was read; null when there was none.</param>
    /// <param name="key">Its key.</param>
    /// <param name="files">What it is to hold.</param>
    /// <param name="configuration">The webhooks' configuration, with which a new Secret is to go; null when there is none yet.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The Secret as written; null when another was faster.</returns>
    internal async Task<V1Secret?> WriteAsync(
        V1Secret? read, NamespacedName key, CertificateFiles files, V1ValidatingWebhookConfiguration? configuration, CancellationToken cancellationToken)
    {
        var secret = read is null ? NewSecret(key, configuration) : KubeJson.Clone(read);
        secret.Data = files.Write();
        var type = ResourceType.Of<V1Secret>();
        var (method, path) = read is null ? (HttpMethod.Post, type.CollectionPath(key.Namespace)) : (HttpMethod.Put, type.ObjectPath(key));
        secret.ApiVersion = type.ApiVersion;
        secret.Kind = type.Kind;
        try
        {
            return (await api.SendAsync<V1Secret>(
                method, new QueryText(path).Add("fieldManager", fieldManager).ToString(),
                JsonSerializer.SerializeToUtf8Bytes(secret, KubeJson.TypeInfo<V1Secret>(KubeJson.Writing)), KubeApi.Json, cancellationToken)).Object;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.Conflict || (read is not null && e.Response.StatusCode == HttpStatusCode.NotFound))
        {
            return null;
        }
    }

    /// <summary>
    /// Sets the authorities of every webhook in the configuration that leads to the Service, if any has others: by server-side apply of that one field, so that all else stays
    /// with whoever installed the configuration.
    /// </summary>
    /// <returns>The configuration as written; null when nothing differed.</returns>
    internal async Task<V1ValidatingWebhookConfiguration?> TrustAsync(V1ValidatingWebhookConfiguration configuration, NamespacedName service, string bundle, CancellationToken cancellationToken)
    {
        var ours = (configuration.Webhooks ?? []).Where(w => w.ClientConfig?.Service is { } s && s.Name == service.Name && s.NamespaceProperty == service.Namespace).ToList();
        var bytes = Encoding.ASCII.GetBytes(bundle);
        if (ours.All(w => w.ClientConfig.CaBundle is { } there && there.AsSpan().SequenceEqual(bytes)))
        {
            return null;
        }

        var type = ResourceType.Of<V1ValidatingWebhookConfiguration>();
        var body = new JsonObject
        {
            ["apiVersion"] = type.ApiVersion,
            ["kind"] = type.Kind,
            // With its uid an apply cannot create.
            ["metadata"] = new JsonObject { ["name"] = configuration.Metadata.Name, ["uid"] = configuration.Metadata.Uid },
            ["webhooks"] = new JsonArray([.. ours.Select(w => (JsonNode)new JsonObject
            {
                ["name"] = w.Name,
                ["clientConfig"] = new JsonObject { ["caBundle"] = Convert.ToBase64String(bytes) },
            })]),
        };
        var path = new QueryText(type.ObjectPath(new(null, configuration.Metadata.Name))).Add("fieldManager", fieldManager).Add("force", "true").ToString();
        return (await api.SendAsync<V1ValidatingWebhookConfiguration>(
            HttpMethod.Patch, path, JsonSerializer.SerializeToUtf8Bytes(body), KubeApi.ApplyPatch, cancellationToken)).Object;
    }

    private static V1Secret NewSecret(NamespacedName key, V1ValidatingWebhookConfiguration? configuration)
    {
        var type = ResourceType.Of<V1ValidatingWebhookConfiguration>();
        return new()
        {
            Type = SecretType,
            Metadata = new()
            {
                Name = key.Name,
                NamespaceProperty = key.Namespace,
                // What nobody asks for any more needs no certificate: it goes with the configuration.
                OwnerReferences = configuration is null ? null :
                [
                    new() { ApiVersion = type.ApiVersion, Kind = type.Kind, Name = configuration.Metadata.Name, Uid = configuration.Metadata.Uid },
                ],
            },
        };
    }
}
