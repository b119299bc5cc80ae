using System.Net;
using System.Text.Json.Nodes;
using k8s.Autorest;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.NodePools.Provisioning;

/// <summary>Reads and sets the replicas of the object that makes a pool's nodes.</summary>
// Other kinds are granted by whoever names them.
[GenericRbac(Groups = [MachineReference.Group], Resources = ["machinedeployments/scale", "machinepools/scale"], Verbs = RbacVerb.Get | RbacVerb.Patch)]
[GenericRbac(Groups = [MachineReference.Group], Resources = ["machines"], Verbs = RbacVerb.Patch)]
internal sealed class ScaleProvisioning(INamedObjects objects)
{
    /// <summary>The object's scale, or why it is not known.</summary>
    public async Task<ScaleState?> ReadAsync(GpuNodePool pool, CancellationToken cancellationToken)
    {
        if (pool.Spec.Provisioner is not { Type: ProvisionerType.Scale, Scale.TargetRef: { } target }) return null;
        var reference = new ObjectReference(target.ApiVersion, target.Kind, target.Namespace, target.Name);
        try
        {
            return new ScaleState(reference, await objects.ReadScaleAsync(reference, cancellationToken));
        }
        catch (NamedObjectException e)
        {
            return new ScaleState(reference, null, e.Message, e.KindMissing);
        }
        catch (HttpOperationException e)
        {
            return new ScaleState(reference, null, ApiErrors.Describe(e));
        }
    }

    /// <summary>Opens nodes again for groups: their Machines are no longer the first to go.</summary>
    public Task<ScaleOutcome> ReopenAsync(ScaleState state, IEnumerable<NodeView> nodes, CancellationToken cancellationToken) =>
        ToldAsync(() => MarkMachinesAsync(state, nodes, null, cancellationToken));

    /// <summary>Asks for as many nodes as were decided on.</summary>
    public Task<ScaleOutcome> ApplyAsync(ScaleState state, ScaleDecision decision, IReadOnlyList<NodeView> members, CancellationToken cancellationToken)
    {
        if (decision.Size is not { } size || state.Reading is not { } reading || size.Target == reading.Desired) return Task.FromResult(ScaleOutcome.Done);
        return ToldAsync(async () =>
            // Without its Machine marked, another one could go.
            await MarkMachinesAsync(state, members.Where(node => size.Released.Contains(node.Metadata.Name)), "yes", cancellationToken)
            && await objects.PatchScaleAsync(state.Target, size.Target, reading, cancellationToken) == PatchOutcome.Patched);
    }

    private static async Task<ScaleOutcome> ToldAsync(Func<Task<bool>> write)
    {
        try
        {
            return new ScaleOutcome(await write(), null);
        }
        catch (NamedObjectException e)
        {
            return new ScaleOutcome(true, e.Message);
        }
        catch (HttpOperationException e) when (e.Response.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest)
        {
            // Another try right away would fare no better.
            return new ScaleOutcome(true, ApiErrors.Describe(e));
        }
    }

    private async Task<bool> MarkMachinesAsync(ScaleState state, IEnumerable<NodeView> nodes, string? value, CancellationToken cancellationToken)
    {
        if (state.Target.Group != MachineReference.Group) return true;
        foreach (var node in nodes)
        {
            if (MachineReference.Of(node, state.Target) is not { } machine)
            {
                if (value is null) continue;
                return false;
            }

            var patch = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [MachineReference.DeleteFirst] = value } } };
            if (await objects.MergePatchAsync(machine, patch, cancellationToken) == PatchOutcome.Conflict) return false;
        }

        return true;
    }
}

/// <summary>What came of asking for nodes.</summary>
/// <param name="Settled">False when something has changed meanwhile, and it is to be decided anew.</param>
/// <param name="Trouble">Why it was refused, in a sentence; null when it was not.</param>
internal readonly record struct ScaleOutcome(bool Settled, string? Trouble)
{
    /// <summary>Nothing was to be done, or all was.</summary>
    public static readonly ScaleOutcome Done = new(true, null);
}
