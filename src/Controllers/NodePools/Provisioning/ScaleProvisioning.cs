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

    /// <summary>Opens nodes again for groups: their Machines are no longer the first to go. False when it is to be tried again.</summary>
    public async Task<bool> ReopenAsync(ScaleState state, IEnumerable<NodeView> nodes, CancellationToken cancellationToken) =>
        await MarkMachinesAsync(state, nodes, null, cancellationToken);

    /// <summary>Asks for as many nodes as were decided on. False when something has changed meanwhile, and it is to be decided anew.</summary>
    public async Task<bool> ApplyAsync(ScaleState state, ScaleDecision decision, IReadOnlyList<NodeView> members, CancellationToken cancellationToken)
    {
        if (decision.Size is not { } size || state.Reading is not { } reading || size.Target == reading.Desired) return true;
        var released = members.Where(node => size.Released.Contains(node.Metadata.Name));
        if (!await MarkMachinesAsync(state, released, "yes", cancellationToken)) return false;
        return await objects.PatchScaleAsync(state.Target, size.Target, reading, cancellationToken) == PatchOutcome.Patched;
    }

    private async Task<bool> MarkMachinesAsync(ScaleState state, IEnumerable<NodeView> nodes, string? value, CancellationToken cancellationToken)
    {
        if (state.Target.Group != MachineReference.Group) return true;
        foreach (var node in nodes)
        {
            // Without its Machine marked, another one could go.
            if (MachineReference.Of(node, state.Target) is not { } machine) return false;
            var patch = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [MachineReference.DeleteFirst] = value } } };
            if (await objects.MergePatchAsync(machine, patch, cancellationToken) == PatchOutcome.Conflict) return false;
        }

        return true;
    }
}
