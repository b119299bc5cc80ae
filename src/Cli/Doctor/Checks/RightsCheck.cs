namespace Nemotron.Cli.Doctor.Checks;

/// <summary>The operator's service account may do what the controllers declare to need.</summary>
internal static class RightsCheck
{
    private const string Name = "rights";

    public static CheckResult Of(Survey survey)
    {
        if (survey.Operators.Value is not { } operators) return CheckResult.NotDone(Name, survey.Operators.Trouble!);
        if (operators.Count == 0) return CheckResult.NotDone(Name, "no operator is deployed here, so there is no service account to ask about");
        if (operators.FirstOrDefault(one => one.NotAsked is not null)?.NotAsked is { } why) return CheckResult.NotDone(Name, why);
        return new CheckResult(Name, $"{operators[0].Asked} rights of {operators[0].Namespace}/{operators[0].ServiceAccount}", [
            .. from one in operators
               from resource in (one.Missing ?? []).GroupBy(right => right.Split(' ', 2)[1])
               select Finding.Fault(
                   $"serviceaccount {one.Namespace}/{one.ServiceAccount}",
                   $"It may not {string.Join(", ", resource.Select(right => right.Split(' ', 2)[0]))} {resource.Key}.",
                   "Apply the roles of this version: kubectl apply -k config/rbac, or helm upgrade. An own ClusterRole needs these verbs.")]);
    }
}
