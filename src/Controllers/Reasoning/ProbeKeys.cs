using System.Net;
using System.Text;
using k8s;
using k8s.Autorest;
using Nemotron.Crds;
using Nemotron.Planning;

namespace Nemotron.Controllers.Reasoning;

/// <summary>A key to show to a gateway, or why there is none.</summary>
/// <param name="Key">The key.</param>
/// <param name="Fault">Why there is none, in a sentence without anything secret in it.</param>
internal sealed record ProbeKey(string? Key, string? Fault);

/// <summary>Finds the key that a probe shows to a gateway that asks for one.</summary>
internal interface IProbeKeys
{
    /// <summary>Reads the first key.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="reference">The Secret and its key.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    Task<ProbeKey> FirstAsync(string ns, SecretKeyReference reference, CancellationToken cancellationToken);
}

/// <summary>
/// By the API: the one Secret by its name, at the moment it is needed, and nothing of it is kept. The operator declares no right to it (no
/// <see cref="Kube.GenericRbacAttribute"/> here): whoever wants the probe grants it for the Secrets of his choice, and without it the condition says what to grant.
/// </summary>
internal sealed class ProbeKeys(IKubernetes kubernetes) : IProbeKeys
{
    /// <inheritdoc/>
    public async Task<ProbeKey> FirstAsync(string ns, SecretKeyReference reference, CancellationToken cancellationToken)
    {
        var secret = $"Secret {ns}/{reference.Name}, which spec.gateway.apiKeysSecretRef names";
        try
        {
            var read = await kubernetes.CoreV1.ReadNamespacedSecretAsync(reference.Name, ns, cancellationToken: cancellationToken);
            if (read.Data?.TryGetValue(reference.Key, out var value) != true) return new ProbeKey(null, $"Not probed: {secret}, has no key {reference.Key}.");
            return ApiKeyLines.Read(Encoding.UTF8.GetString(value!)) is [var first, ..] ? new ProbeKey(first, null) : new ProbeKey(null, $"Not probed: {reference.Key} of {secret}, holds no API key; one a line is expected.");
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.Forbidden)
        {
            return new ProbeKey(null,
                $"Not probed: the gateway asks for a key, and the operator may not get {secret}. Name it in the chart's value gateway.apiKeySecrets, or grant get on it with a Role in the namespace, or set spec.rollout.gates.reasoningVerified to false.");
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
        {
            return new ProbeKey(null, $"Not probed: {secret}, does not exist.");
        }
        catch (HttpOperationException e)
        {
            return new ProbeKey(null, $"Not probed: {secret}, could not be read: the API server answered {(int)e.Response.StatusCode}.");
        }
    }
}
