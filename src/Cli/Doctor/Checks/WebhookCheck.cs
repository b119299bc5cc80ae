using System.Text.Json.Nodes;

namespace Nemotron.Cli.Doctor.Checks;

/// <summary>The admission webhooks are trusted, have somebody behind them, and answer.</summary>
internal static class WebhookCheck
{
    private const string Name = "webhooks";

    public static CheckResult Of(Survey survey)
    {
        if (survey.Webhooks.Value is not { } configurations) return CheckResult.NotDone(Name, survey.Webhooks.Trouble!);
        if (configurations.Count == 0)
        {
            return new CheckResult(Name, "none", [Finding.Warning("webhooks", "No ValidatingWebhookConfiguration is about our resources: what cannot be carried out is stored, and refused later in a condition.",
                "kubectl apply -k config/webhook, or helm upgrade --set webhook.enabled=true.")]);
        }

        return new CheckResult(Name, string.Join(", ", configurations.Select(one => one.Name)), [.. configurations.SelectMany(One)]);
    }

    private static IEnumerable<Finding> One(WebhookFacts facts)
    {
        var subject = $"webhook configuration {facts.Name}";
        // What is stored while nobody answers is less bad than that nothing can be changed.
        var effect = facts.Hooks.Any(hook => hook["failurePolicy"]?.GetValue<string>() == "Fail") ? "nothing of ours can be changed" : "faults are stored, and only told later in a condition";
        if (facts.Hooks.Where(hook => string.IsNullOrEmpty(hook["clientConfig"]?["caBundle"]?.GetValue<string>())).Select(hook => hook["name"]?.GetValue<string>()).ToList() is { Count: > 0 } untrusted)
            yield return Finding.Fault(subject, $"caBundle is missing in {string.Join(", ", untrusted)}: the API server does not trust the webhook, so {effect}.", "The operator puts it there within seconds: it does not run, may not patch the configuration, or runs with another --webhook-name.");
        else if (facts.ReadyEndpoints == 0)
            yield return Finding.Fault(subject, $"Its Service {Service(facts)} has no ready endpoint, so {effect}.", "kubectl get endpointslices and the operator's readiness (/readyz) say why; does the Service select the operator's pods?");
        else if (facts.Answer == ProbeAnswer.LetThrough)
            yield return Finding.Fault(subject, $"It does not answer: a dry run of an object that it refuses went through, so {effect}.", "The API server does not reach the operator's webhook port (9443): look for network policies and firewalls between control plane and nodes.");
    }

    private static string Service(WebhookFacts facts) => facts.Hooks[0]["clientConfig"]?["service"] is JsonObject service ? $"{service["namespace"]}/{service["name"]}" : "(none)";
}
