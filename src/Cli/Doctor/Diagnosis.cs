using Nemotron.Cli.Doctor.Checks;

namespace Nemotron.Cli.Doctor;

/// <summary>All checks of a cluster. Pure.</summary>
internal static class Diagnosis
{
    public static IReadOnlyList<CheckResult> Of(Survey survey) =>
    [
        DefinitionCheck.Of(survey),
        OperatorCheck.Of(survey),
        RightsCheck.Of(survey),
        WebhookCheck.Of(survey),
        NodeCheck.Of(survey),
        PoolCheck.Of(survey),
        DeploymentCheck.Of(survey),
        PrometheusCheck.Of(survey),
    ];

    public static bool HasFault(IEnumerable<CheckResult> results) => results.Any(result => result.Findings.Any(finding => finding.Severity == Severity.Fault));
}
