using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Nemotron.Controllers.Deployments;
using Nemotron.Crds;
using Nemotron.Kube;
using Planner = Nemotron.Planning;

namespace Nemotron.Controllers.Models;

/// <summary>Reads what NemotronModels refer to: the config.json of a checkpoint, in a ConfigMap. ConfigMaps of others are not cached.</summary>
[EntityRbac(typeof(V1ConfigMap), Verbs = RbacVerb.Get)]
internal sealed class ModelSource(IKubernetes client)
{
    private const string DefaultKey = "config.json";

    /// <summary>What the config.json says; null where the architecture is declared.</summary>
    /// <exception cref="ModelSourceException">There is no such ConfigMap or key.</exception>
    /// <exception cref="Planner.CatalogueException">It is no config.json that can be used.</exception>
    public async Task<Planner.ModelEntry?> ReadAsync(NemotronModel entity, CancellationToken cancellationToken) => entity.Spec.HfConfigMapRef is { } reference
        ? Read(entity, reference, await TextAsync(reference, cancellationToken))
        : null;

    /// <summary>What a config.json says, and for what it leaves open the spec. Pure.</summary>
    public static Planner.ModelEntry Read(NemotronModel entity, ConfigMapKeyReference reference, string text) => Planner.HuggingFaceConfig.ReadModel(
        $"{reference.Namespace}/{reference.Name}[{reference.Key ?? DefaultKey}]", text, entity.Metadata.Name, (entity.Spec.SsmState ?? StatePrecision.FP32).ToPlanner());

    private async Task<string> TextAsync(ConfigMapKeyReference reference, CancellationToken cancellationToken)
    {
        try
        {
            var map = await client.CoreV1.ReadNamespacedConfigMapAsync(reference.Name, reference.Namespace, cancellationToken: cancellationToken);
            return map.Data?.TryGetValue(reference.Key ?? DefaultKey, out var text) == true
                ? text
                : throw new ModelSourceException($"spec.hfConfigMapRef.key: ConfigMap {reference.Namespace}/{reference.Name} has no key {reference.Key ?? DefaultKey}. Create it with: kubectl -n {reference.Namespace} create configmap {reference.Name} --from-file=config.json");
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
        {
            throw new ModelSourceException($"spec.hfConfigMapRef: there is no ConfigMap {reference.Namespace}/{reference.Name}. Create it with: kubectl -n {reference.Namespace} create configmap {reference.Name} --from-file=config.json");
        }
    }
}

/// <summary>What a NemotronModel refers to cannot be read.</summary>
/// <param name="message">What is missing, and how to supply it.</param>
internal sealed class ModelSourceException(string message) : Exception(message);
