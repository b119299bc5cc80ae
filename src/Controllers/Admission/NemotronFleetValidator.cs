using Nemotron.Controllers.Fleets;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Admission;

/// <summary>Warns that a NemotronFleet has no effect, as its status does.</summary>
[ValidationWebhook(typeof(NemotronFleet))]
internal sealed class NemotronFleetValidator : SpecValidator<NemotronFleet, NemotronFleetSpec, NemotronFleetStatus>
{
    /// <inheritdoc/>
    protected override Task<AdmissionVerdict> JudgeAsync(NemotronFleet entity, CancellationToken cancellationToken) =>
        Task.FromResult(new AdmissionVerdict(null, [NemotronFleetController.NoEffect]));
}
