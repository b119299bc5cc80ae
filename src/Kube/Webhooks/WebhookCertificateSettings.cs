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

    /// <summary>
    /// A folder whose <c>tls.crt</c> and <c>tls.key</c> are served, where others keep the certificate and have the API server trust it, such as cert-manager.
    /// Null, the default: the certificate is made and kept here.
    /// </summary>
    public string? Directory { get; set; }

    /// <summary>Why a name cannot be <see cref="Name"/>, in a sentence; null when it can.</summary>
    /// <param name="name">The name.</param>
    public static string? Refusal(string name) =>
        name.Length is > 0 and <= LongestName && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') && char.IsAsciiLetter(name[0]) && name[^1] != '-'
            ? null
            : $"\"{name}\" cannot name the webhooks' Service: that takes at most {LongestName} lower-case letters, digits and '-', beginning with a letter.";

    /// <summary>Refuses settings that cannot work.</summary>
    /// <exception cref="ArgumentException">The message says which one and what would be right.</exception>
    internal void Validate()
    {
        if (Refusal(Name) is { } refusal)
        {
            throw new ArgumentException(refusal);
        }
    }

    /// <summary>The names that the API server, and people within the cluster, may use for the Service.</summary>
    internal static IReadOnlyList<string> DnsNames(string service, string ns) =>
        [$"{service}.{ns}.svc", $"{service}.{ns}.svc.cluster.local", $"{service}.{ns}", service];
}
