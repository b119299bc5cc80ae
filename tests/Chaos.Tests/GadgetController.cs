using System.Collections.Concurrent;
using k8s.Models;
using Nemotron.Kube;

namespace Nemotron.Chaos.Tests;

/// <summary>What gadgets hold outside the cluster, by the gadget's uid: to be given back, whatever happens.</summary>
internal sealed class Ledger
{
    private readonly ConcurrentDictionary<string, string> held = new();

    public IReadOnlyDictionary<string, string> Held => held;

    public void Hold(Gadget gadget) => held[gadget.Metadata.Uid] = gadget.Metadata.Name;

    public void GiveBack(Gadget gadget) => held.TryRemove(gadget.Metadata.Uid, out _);

    public void Forget(string uid) => held.TryRemove(uid, out _);
}

/// <summary>
/// Keeps a gadget: one child under a fixed name, and one under a new name each time, as pods have it, so that whoever decides on stale news makes two.
/// </summary>
internal sealed class GadgetController(IServerSideApply apply, IStatusWriter status, IInformerCache<V1ConfigMap> children, Ledger ledger, TwinNames names)
    : IEntityController<Gadget>, IEntityFinalizer<Gadget>
{
    public const string Label = "gadget";
    public const string RoleLabel = "role";

    public async Task<ReconciliationResult<Gadget>> ReconcileAsync(Gadget entity, CancellationToken cancellationToken)
    {
        ledger.Hold(entity);
        await apply.ApplyAsync(Child(entity, entity.Metadata.Name, "fixed"), entity, cancellationToken);

        var twins = children.ByOwner(entity.Metadata.Uid)
            .Where(child => child.Metadata.Labels?[RoleLabel] == "twin" && child.Metadata.DeletionTimestamp is null)
            .OrderBy(child => child.Metadata.Name, StringComparer.Ordinal)
            .ToList();
        if (twins.Count == 0)
        {
            await apply.ApplyAsync(Child(entity, names.Next(entity.Metadata.Name), "twin"), entity, cancellationToken);
        }
        else
        {
            await apply.ApplyAsync(Child(entity, twins[0].Metadata.Name, "twin"), entity, cancellationToken);
            foreach (var surplus in twins.Skip(1))
            {
                names.CountSurplus();
                await apply.DeleteAsync(surplus, cancellationToken);
            }
        }

        await status.UpdateStatusAsync(entity, new GadgetStatus { ObservedGeneration = entity.Metadata.Generation, Phase = "Ready" }, cancellationToken);
        return ReconciliationResult<Gadget>.Success(entity);
    }

    public Task<ReconciliationResult<Gadget>> DeletedAsync(Gadget entity, CancellationToken cancellationToken)
    {
        ledger.GiveBack(entity);
        return Task.FromResult(ReconciliationResult<Gadget>.Success(entity));
    }

    public Task<ReconciliationResult<Gadget>> FinalizeAsync(Gadget entity, CancellationToken cancellationToken)
    {
        ledger.GiveBack(entity);
        return Task.FromResult(ReconciliationResult<Gadget>.Success(entity));
    }

    private static V1ConfigMap Child(Gadget owner, string name, string role) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = name,
            NamespaceProperty = owner.Metadata.NamespaceProperty,
            Labels = new Dictionary<string, string> { [Label] = "yes", [RoleLabel] = role },
        },
        Data = new Dictionary<string, string> { ["size"] = $"{owner.Spec?.Size}" },
    };
}

/// <summary>New names, and how often one too many was found.</summary>
internal sealed class TwinNames(int seed)
{
    private readonly Lock gate = new();
    private readonly Random random = new(seed);
    private int surplus;

    public int Surplus => Volatile.Read(ref surplus);

    public string Next(string gadget)
    {
        lock (gate) return $"{gadget}-{random.Next(1_000_000_000):x8}";
    }

    public void CountSurplus() => Interlocked.Increment(ref surplus);
}
