using System.Net;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>The few API calls the runtime makes, typed. Every call but the watch is cut off after <see cref="RequestTimeout"/>.</summary>
internal sealed class KubeApi(KubeClient client, TimeProvider time)
{
    internal const string ApplyPatch = "application/apply-patch+yaml";
    internal const string MergePatch = "application/merge-patch+json";
    internal const string JsonPatch = "application/json-patch+json";
    internal const string Json = "application/json";

    internal static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(60);

    internal KubeClient Client => client;

    /// <summary>The object with its status code; <c>managedFields</c> are not read.</summary>
    internal async Task<(T Object, HttpStatusCode Status)> SendAsync<T>(
        HttpMethod method, string pathAndQuery, ReadOnlyMemory<byte> body, string? contentType, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(RequestTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var response = await client.SendAsync(method, pathAndQuery, body, contentType, linked.Token);
            await using var stream = await response.Content.ReadAsStreamAsync(linked.Token);
            var result = await JsonSerializer.DeserializeAsync(stream, KubeJson.TypeInfo<T>(KubeJson.Reading), linked.Token);
            return (result!, response.StatusCode);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{method} {pathAndQuery}: no answer within {RequestTimeout.TotalSeconds:0.#} s.");
        }
    }

    /// <summary>The object, or null when it is absent.</summary>
    internal async Task<T?> GetAsync<T>(NamespacedName key, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        try
        {
            return (await SendAsync<T>(HttpMethod.Get, ResourceType.Of<T>().ObjectPath(key), default, null, cancellationToken)).Object;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>The metadata of an object of any kind, or null when it is absent.</summary>
    internal async Task<V1ObjectMeta?> GetMetadataAsync(ResourceType type, NamespacedName key, CancellationToken cancellationToken)
    {
        try
        {
            var (live, _) = await SendAsync<JsonElement>(HttpMethod.Get, type.ObjectPath(key), default, null, cancellationToken);
            return live.GetProperty("metadata").Deserialize(KubeJson.TypeInfo<V1ObjectMeta>(KubeJson.Reading));
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Opens a list or watch to be read as it comes. The caller disposes the response and sets its own time limits.</summary>
    internal Task<HttpResponseMessage> OpenAsync(string pathAndQuery, CancellationToken cancellationToken) =>
        client.SendAsync(HttpMethod.Get, pathAndQuery, default, null, cancellationToken);
}
