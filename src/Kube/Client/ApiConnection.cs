using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using k8s;
using k8s.Autorest;
using k8s.Exceptions;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>Single requests to an API server, for programs that are not operators: command lines, checks.</summary>
public sealed class ApiConnection : IDisposable
{
    private const string PageSize = "500";

    private readonly KubeClient _client;
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;

    private ApiConnection(KubernetesClientConfiguration configuration, TimeProvider time, TimeSpan timeout)
    {
        _client = new KubeClient(configuration);
        (_time, _timeout) = (time, timeout);
        Namespace = string.IsNullOrEmpty(configuration.Namespace) ? "default" : configuration.Namespace;
        Server = new Uri(configuration.Host);
    }

    /// <summary>The namespace of the kubeconfig's context, else <c>default</c>.</summary>
    public string Namespace { get; }

    /// <summary>Where the API server is.</summary>
    public Uri Server { get; }

    /// <summary>Reads the kubeconfig as kubectl does; nothing is sent yet.</summary>
    /// <param name="kubeconfig">Its path; null takes <c>KUBECONFIG</c>, else <c>~/.kube/config</c>, else the pod's service account.</param>
    /// <param name="context">Its context; null takes the current one.</param>
    /// <param name="userAgent">Who the program says it is.</param>
    /// <param name="time">The clock of the timeout.</param>
    /// <param name="timeout">How long one request may take.</param>
    /// <param name="contracts">Compiled JSON contracts of the types that will be read, if there are any.</param>
    /// <exception cref="KubeconfigException">There is none, or it cannot be used.</exception>
    public static ApiConnection Open(
        string? kubeconfig, string? context, string userAgent, TimeProvider time, TimeSpan timeout, params IReadOnlyList<IJsonTypeInfoResolver> contracts)
    {
        foreach (var resolver in contracts) KubeJson.Use(resolver);
        var paths = kubeconfig is null ? Kubeconfig.DefaultPaths() : [kubeconfig];
        try
        {
            if (paths.Count == 0 && !KubernetesClientConfiguration.IsInCluster())
                throw new KubeconfigException("There is no kubeconfig: neither --kubeconfig, nor KUBECONFIG, nor ~/.kube/config names a file that exists.");
            var configuration = paths.Count > 0 ? Kubeconfig.Load(paths, context) : KubernetesClientConfiguration.InClusterConfig();
            configuration.UserAgent = userAgent;
            return new ApiConnection(configuration, time, timeout);
        }
        catch (Exception e) when (e is KubeConfigException or IOException or UnauthorizedAccessException or FormatException or YamlDotNet.Core.YamlException)
        {
            throw new KubeconfigException($"The kubeconfig {string.Join(" and ", paths)} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>An object, or null where it is absent or its type is not installed.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="ns">Its namespace; null for objects of the cluster.</param>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<T?> GetAsync<T>(string? ns, string name, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        await GetAsync(ResourceType.Of<T>().ObjectPath(new NamespacedName(ns, name)), cancellationToken) is { } tree ? Typed<T>(tree) : null;

    /// <summary>All objects of a type, or null where the type is not installed.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="ns">The namespace; null for all.</param>
    /// <param name="labelSelector">Only objects with these labels; null for all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<IReadOnlyList<T>?> ListAsync<T>(string? ns, string? labelSelector, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        await ListAsync(ResourceType.Of<T>().CollectionPath(ns), labelSelector, cancellationToken) is { } items ? [.. items.Select(Typed<T>)] : null;

    /// <summary>All objects of a collection as JSON, or null where their type is not installed.</summary>
    /// <param name="path">The collection's path, such as <c>api/v1/events</c>.</param>
    /// <param name="labelSelector">Only objects with these labels; null for all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<IReadOnlyList<JsonObject>?> ListAsync(string path, string? labelSelector, CancellationToken cancellationToken)
    {
        List<JsonObject> items = [];
        string? next = null;
        do
        {
            var query = new QueryText(path).Selectors(labelSelector, null);
            query.Add("limit", PageSize);
            if (next is not null) query.Add("continue", next);
            if (await GetAsync(query.ToString(), cancellationToken) is not { } page) return null;
            foreach (var item in page["items"] as JsonArray ?? [])
                if (item is JsonObject obj) items.Add(obj);
            next = page["metadata"]?["continue"]?.GetValue<string>() is { Length: > 0 } more ? more : null;
        }
        while (next is not null);
        return items;
    }

    /// <summary>What is at a path, or null where that is 404.</summary>
    /// <param name="path">The path, with its query.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<JsonObject?> GetAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return JsonNode.Parse(await SendAsync(HttpMethod.Get, path, default, null, cancellationToken)) as JsonObject;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>The text at a path, such as a log or what a pod answers through the API server's proxy.</summary>
    /// <param name="path">The path, with its query.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="HttpOperationException">The answer is not 2xx.</exception>
    public async Task<string> TextAsync(string path, CancellationToken cancellationToken) =>
        Encoding.UTF8.GetString(await SendAsync(HttpMethod.Get, path, default, null, cancellationToken, anyType: true));

    /// <summary>Posts an object, such as an access review, and gives the answer.</summary>
    /// <param name="path">The collection's path.</param>
    /// <param name="body">The object.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<JsonObject> PostAsync(string path, JsonObject body, CancellationToken cancellationToken) =>
        (JsonObject)JsonNode.Parse(await SendAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(body.ToJsonString()), KubeApi.Json, cancellationToken))!;

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static T Typed<T>(JsonObject tree) => tree.Deserialize(KubeJson.TypeInfo<T>(KubeJson.Reading))!;

    private async Task<byte[]> SendAsync(HttpMethod method, string path, ReadOnlyMemory<byte> body, string? contentType, CancellationToken cancellationToken, bool anyType = false)
    {
        using var limit = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var response = await _client.SendAsync(method, path.TrimStart('/'), body, contentType, either.Token, anyType);
            return await response.Content.ReadAsByteArrayAsync(either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{Server} gave no answer to {method} {path} within {_timeout.TotalSeconds:0.#} s.");
        }
    }
}
