using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Nemotron.Kube;

namespace Nemotron.Controllers.Tests.Builders;

/// <summary>Keeps the patches it is given.</summary>
internal sealed class FakePatcher : IObjectPatcher
{
    public List<(string Key, string Patch)> Sent { get; } = [];

    public Task<PatchOutcome> MergePatchAsync<T>(NamespacedName key, JsonObject patch, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        Sent.Add((key.ToString(), patch.ToJsonString()));
        return Task.FromResult(PatchOutcome.Patched);
    }
}
