using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.NodePools.Provisioning;

/// <summary>Keeps a pool's Karpenter NodePool, and reads what Karpenter says.</summary>
[EntityRbac(typeof(KarpenterNodePool), Verbs = RbacVerb.Read | RbacVerb.Create | RbacVerb.Patch)]
[EntityRbac(typeof(NodeClaimView), Verbs = RbacVerb.Observe | RbacVerb.Delete)]
[EntityRbac(typeof(PodView), Verbs = RbacVerb.Patch)]
[GenericRbac(Groups = [""], Resources = ["events"], Verbs = RbacVerb.List)]
internal sealed class KarpenterProvisioning(
    IInformerCache<KarpenterNodePool> pools,
    IInformerCache<NodeClaimView> claims,
    IServerSideApply apply,
    IObjectPatcher patcher,
    ICapacityRefusals refusals)
{
    /// <summary>Writes the NodePool where it differs, and reads what has come of it; null for a pool that is not Karpenter's.</summary>
    public async Task<KarpenterState?> KeepAsync(GpuNodePool pool, PoolSnapshot snapshot, CancellationToken cancellationToken)
    {
        if (pool.Spec.Provisioner?.Type != ProvisionerType.Karpenter || KarpenterSpec.Of(pool) is not { } desired) return null;
        if (!pools.Served || !claims.Served) return new KarpenterState(false, null, []);
        string? trouble = null;
        try
        {
            await apply.ApplyAsync(desired, pool, cancellationToken);
        }
        catch (OwnedByAnotherException e)
        {
            trouble = e.Message;
        }
        catch (HttpOperationException e) when (ApiErrors.StatusOf(e) is System.Net.HttpStatusCode.UnprocessableEntity or System.Net.HttpStatusCode.BadRequest or System.Net.HttpStatusCode.Forbidden)
        {
            trouble = ApiErrors.Describe(e);
        }

        IReadOnlyList<NodeClaimView> mine = [.. claims.ByLabel(KarpenterNodePool.PoolLabel, pool.Metadata.Name).OrderBy(claim => claim.Metadata.Name, StringComparer.Ordinal)];
        var refused = snapshot.GroupsWaiting > 0 && mine.Count < (pool.Spec.MaxNodes ?? 0) ? await refusals.LatestAsync(pool.Metadata.Name, snapshot.Now, cancellationToken) : null;
        return new KarpenterState(true, pools.Get(null, pool.Metadata.Name), mine, refused, trouble);
    }

    /// <summary>Takes the shield off pods that are done loading: from then on Karpenter may move them within its budgets. False when one has changed meanwhile.</summary>
    public async Task<bool> UnshieldAsync(IEnumerable<PodView> pods, CancellationToken cancellationToken)
    {
        var settled = true;
        foreach (var pod in pods.Where(pod => pod.Ready))
        {
            var patch = new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["resourceVersion"] = pod.Metadata.ResourceVersion,
                    ["labels"] = new JsonObject { [NemotronLabels.Loading] = null },
                    ["annotations"] = new JsonObject { [KarpenterNodePool.DoNotDisrupt] = null },
                },
            };
            settled &= await patcher.MergePatchAsync<PodView>(NamespacedName.Of(pod), patch, cancellationToken) != PatchOutcome.Conflict;
        }

        return settled;
    }

    /// <summary>Has Karpenter drain and replace a node. False when there is no NodeClaim for it.</summary>
    public async Task<bool> ReplaceAsync(string node, CancellationToken cancellationToken) =>
        claims.List().FirstOrDefault(claim => claim.Status?.NodeName == node) is { } claim && await apply.DeleteAsync(claim, cancellationToken);
}

/// <summary>Tells when a cloud had no machine for Karpenter.</summary>
internal interface ICapacityRefusals
{
    /// <summary>What was said last about a NodeClaim of a NodePool, where that is no older than a few minutes; else null.</summary>
    Task<string?> LatestAsync(string nodePool, DateTimeOffset now, CancellationToken cancellationToken);
}

/// <summary>By Karpenter's events: the NodeClaim itself is deleted when it is refused (kubernetes-sigs/karpenter, nodeclaim/lifecycle/launch.go).</summary>
internal sealed class CapacityRefusals(IKubernetes kubernetes) : ICapacityRefusals
{
    private const string Reason = "InsufficientCapacityError";
    private static readonly TimeSpan Recent = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    public async Task<string?> LatestAsync(string nodePool, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // NodeClaims are objects of the cluster; events about such live in the namespace default.
        var events = await kubernetes.CoreV1.ListNamespacedEventAsync("default", fieldSelector: $"reason={Reason}", limit: 500, cancellationToken: cancellationToken);
        var latest = events.Items
            .Where(item => item.InvolvedObject?.Kind == "NodeClaim" && PoolOf(item.InvolvedObject.Name) == nodePool)
            .Select(item => (item.Message, At: item.LastTimestamp ?? item.EventTime ?? item.FirstTimestamp))
            .Where(item => item.At is { } at && now - new DateTimeOffset(at.ToUniversalTime(), TimeSpan.Zero) < Recent)
            .OrderByDescending(item => item.At).FirstOrDefault();
        return latest.Message is { Length: > 0 } message ? $"\"{message.TrimEnd('.')}\"." : null;
    }

    // A NodeClaim is named after its NodePool, with a dash and a few letters.
    private static string? PoolOf(string? claim) => claim?.LastIndexOf('-') is > 0 and var dash ? claim[..dash] : null;
}
