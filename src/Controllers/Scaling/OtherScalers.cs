using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Scaling;

/// <summary>An autoscaler of others that has its hands on a NemotronDeployment's number of replicas.</summary>
/// <param name="Kind">HorizontalPodAutoscaler or ScaledObject.</param>
/// <param name="Name">Its name.</param>
/// <param name="TargetKind">What it scales: the NemotronDeployment, or an object that the operator keeps for it.</param>
/// <param name="TargetName">The name of that.</param>
internal sealed record OtherScaler(string Kind, string Name, string TargetKind, string TargetName)
{
    /// <summary>Whether it scales what the operator keeps, past the NemotronDeployment.</summary>
    public bool OnChild => TargetKind != NemotronDeployment.KindName;

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Name} (which scales {TargetKind} {TargetName})";
}

/// <summary>Finds autoscalers of others: two owners of one number undo each other's work. Pure.</summary>
internal static class OtherScalers
{
    private const string DeploymentKind = "Deployment";

    /// <summary>Those that scale a NemotronDeployment or what the operator keeps for it, by name.</summary>
    /// <param name="entity">The NemotronDeployment.</param>
    /// <param name="all">All autoscalers of its namespace.</param>
    public static IReadOnlyList<OtherScaler> Of(NemotronDeployment entity, IEnumerable<IScalerView> all)
    {
        var key = NamespacedName.Of(entity);
        var found = all.Where(scaler => scaler.Metadata.DeletionTimestamp is null && TargetOf(scaler).Contains(key)).ToList();
        // KEDA makes an HPA for each ScaledObject: one scaler, told once.
        var scaledObjects = found.Where(scaler => scaler.Kind == ScaledObjectView.KindName).Select(scaler => scaler.Metadata.Name).ToHashSet(StringComparer.Ordinal);
        return [.. found
            .Where(scaler => scaler.Metadata.OwnerReferences?.Any(owner => owner.Kind == ScaledObjectView.KindName && scaledObjects.Contains(owner.Name)) != true)
            .Select(scaler => new OtherScaler(scaler.Kind, scaler.Metadata.Name, KindOf(scaler), scaler.Spec!.ScaleTargetRef!.Name!))
            .OrderBy(scaler => scaler.Kind, StringComparer.Ordinal).ThenBy(scaler => scaler.Name, StringComparer.Ordinal)];
    }

    /// <summary>The NemotronDeployment that an autoscaler scales, by itself or through what is kept for it; of that name there need be none.</summary>
    public static IEnumerable<NamespacedName> TargetOf(IScalerView scaler)
    {
        if (scaler.Spec?.ScaleTargetRef is not { Name: { Length: > 0 } name } target) return [];
        var (ns, group) = (scaler.Metadata.NamespaceProperty, (target.ApiVersion ?? "").Split('/')[0]);
        return KindOf(scaler) switch
        {
            NemotronDeployment.KindName when group is NemotronApi.Group or "" => [new NamespacedName(ns, name)],
            DeploymentKind when group is "apps" or "" => [new NamespacedName(ns, name)],
            LeaderWorkerSet.KindName when group is LeaderWorkerSet.GroupName or "" && ChildNames.OwnerOfGroups(name) is { } owner => [new NamespacedName(ns, owner)],
            _ => [],
        };
    }

    /// <summary>Whether what an autoscaler scales differs.</summary>
    public static bool Differs(IScalerView? before, IScalerView? after) =>
        before is null || after is null || before.Spec?.ScaleTargetRef != after.Spec?.ScaleTargetRef || before.Metadata.DeletionTimestamp != after.Metadata.DeletionTimestamp;

    /// <summary>Why the number has another owner, and what to do about it; null where it has none.</summary>
    /// <param name="spec">The declaration.</param>
    /// <param name="others">Autoscalers of others.</param>
    public static string? Conflict(NemotronDeploymentSpec spec, IReadOnlyList<OtherScaler> others)
    {
        if (others.Count == 0) return null;
        var names = string.Join(" and ", others.Take(MostNamed)) + (others.Count > MostNamed ? $" and {others.Count - MostNamed} more" : "");
        if (spec.Autoscaling is not null)
            return $"spec.autoscaling owns the number of replicas, and so does {names}: they undo each other's work. Delete that, or replace spec.autoscaling with spec.replicas and let it scale the NemotronDeployment.";
        if (others.Any(scaler => scaler.OnChild))
            return $"{names}: the operator keeps that object at spec.replicas and undoes its work. Let its scaleTargetRef name the NemotronDeployment, of apiVersion {NemotronApi.GroupVersion}.";
        return others.Count > 1 ? $"Several autoscalers own the number of replicas: {names}. Keep one." : null;
    }

    private const int MostNamed = 3;

    private static string KindOf(IScalerView scaler) => scaler.Spec?.ScaleTargetRef?.Kind is { Length: > 0 } kind ? kind : DeploymentKind;
}
