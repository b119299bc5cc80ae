using Nemotron.Controllers.Deployments;
using Nemotron.Kube;

namespace Nemotron.Controllers.Admission;

/// <summary>
/// Whether a NemotronDeployment may be stored: the reconciler's own decision, asked before there is anything to reconcile. What no change of the
/// cluster could carry out is refused; what the cluster has no place for as it is now is allowed with a warning, since it may have one later. Pure.
/// </summary>
internal static class DeploymentAdmission
{
    /// <summary>The verdict.</summary>
    /// <param name="snapshot">The deployment as it would be stored, and the cluster as it is.</param>
    public static ValidationResult Judge(DeploymentSnapshot snapshot)
    {
        var decision = DeploymentDecision.Decide(snapshot);
        if (decision.Refused is { } refused) return ValidationResult.Fail(refused.Message);
        var warnings = DeploymentFieldsNotInEffect.Of(snapshot.Entity.Spec).Select(path => $"{path}: not acted on by this version.");
        return ValidationResult.Success(decision.NoPlace is { } none ? warnings.Prepend(none.Message) : warnings);
    }
}
