using Nemotron.Crds;

namespace Nemotron.Controllers.Models;

/// <summary>Who uses a NemotronModel.</summary>
internal static class ModelUsers
{
    /// <summary>Those of <paramref name="deployments"/> that refer to <paramref name="model"/>; names are found without regard to case.</summary>
    public static IEnumerable<NemotronDeployment> Of(NemotronModel model, IEnumerable<NemotronDeployment> deployments) =>
        deployments.Where(user => string.Equals(user.Spec.ModelRef?.Name, model.Metadata.Name, StringComparison.OrdinalIgnoreCase));
}
