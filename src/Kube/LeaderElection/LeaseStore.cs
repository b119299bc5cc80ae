using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Autorest;

namespace Nemotron.Kube;

/// <summary>Where the Lease lives. Writes are refused (with an exception) when the Lease has changed since it was read.</summary>
internal interface ILeaseStore
{
    /// <summary>The Lease, or null.</summary>
    Task<JsonObject?> GetAsync(CancellationToken cancellationToken);

    /// <summary>Creates the Lease.</summary>
    Task<JsonObject> CreateAsync(LeaseRecord record, CancellationToken cancellationToken);

    /// <summary>Replaces the Lease that was read.</summary>
    Task<JsonObject> UpdateAsync(JsonObject read, LeaseRecord record, CancellationToken cancellationToken);
}

/// <summary>The Lease in the API server.</summary>
internal sealed class ApiLeaseStore(KubeApi api, string ns, string name, string fieldManager) : ILeaseStore
{
    private readonly string collection = $"apis/coordination.k8s.io/v1/namespaces/{Uri.EscapeDataString(ns)}/leases";

    private string Path => $"{collection}/{Uri.EscapeDataString(name)}";

    public async Task<JsonObject?> GetAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await api.SendAsync<JsonObject>(HttpMethod.Get, Path, default, null, cancellationToken)).Object;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public async Task<JsonObject> CreateAsync(LeaseRecord record, CancellationToken cancellationToken)
    {
        var lease = new JsonObject
        {
            ["apiVersion"] = "coordination.k8s.io/v1",
            ["kind"] = "Lease",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
        };
        return await SendAsync(HttpMethod.Post, collection, lease, record, cancellationToken);
    }

    public Task<JsonObject> UpdateAsync(JsonObject read, LeaseRecord record, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Put, Path, read.DeepClone().AsObject(), record, cancellationToken);

    private async Task<JsonObject> SendAsync(HttpMethod method, string path, JsonObject lease, LeaseRecord record, CancellationToken cancellationToken)
    {
        record.WriteTo(lease);
        var (written, _) = await api.SendAsync<JsonObject>(
            method, new QueryText(path).Add("fieldManager", fieldManager).ToString(),
            JsonSerializer.SerializeToUtf8Bytes(lease), KubeApi.Json, cancellationToken);
        return written;
    }
}
