using Nemotron.Controllers.Fleets;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Admission;

/// <summary>Refuses a NemotronFleet that could select nobody; warns of what the status is going to say.</summary>
[ValidationWebhook(typeof(NemotronFleet))]
internal sealed class NemotronFleetValidator(TimeProvider time) : SpecValidator<NemotronFleet, NemotronFleetSpec, NemotronFleetStatus>
{
    /// <inheritdoc/>
    protected override Task<AdmissionVerdict> JudgeAsync(NemotronFleet entity, CancellationToken cancellationToken) =>
        Task.FromResult(FleetRules.Refusal(entity) is { } refusal
            ? AdmissionVerdict.Refuse(refusal.Message)
            : AdmissionVerdict.Warn(FleetStatus.Of(entity, null, time.GetUtcNow(), out _).Conditions ?? [], ConditionTypes.AllFieldsInEffect));
}
