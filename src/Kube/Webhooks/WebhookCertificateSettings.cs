namespace Nemotron.Kube;

/// <summary>For whom webhooks' certificates are made out, and where they are kept.</summary>
public sealed class WebhookCertificateSettings
{
    // A Service's name is a DNS label.
    private const int LongestName = 63;

    /// <summary>
    /// The name of the Service that leads to the webhooks, of the Secret that keeps the certificates, and of the ValidatingWebhookConfiguration that names the Service.
    /// The default value is <c>webhook</c>.
    /// </summary>
    public string Name { get; set; } = "webhook";

    /// <summary>The namespace of the Service and the Secret. Null, the default: that of the pod or of the kubeconfig's context, else <c>default</c>.</summary>
    public string? Namespace { get; set; }

    /// <summary>Refuses settings that cannot work.</summary>
    /// <exception cref="ArgumentException">The message says which one and what would be right.</exception>
    internal void Validate()
    {
        if (Name.Length is 0 or > LongestName || !Name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') || !char.IsAsciiLetter(Name[0]) || Name[^1] == '-')
        {
            throw new ArgumentException($"\"{Name}\" cannot name the webhooks' Service: that takes at most {LongestName} lower-case letters, digits and '-', beginning with a letter.");
        }
    }

    /// <summary>The names that the API server, and people within the cluster, may use for the Service.</summary>
    internal static IReadOnlyList<string> DnsNames(string service, string ns) =>
        [$"{service}.{ns}.svc", $"{service}.{ns}.svc.cluster.local", $"{service}.{ns}", service];
}
