using Microsoft.Extensions.DependencyInjection;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Admission;

/// <summary>Adds the admission webhooks.</summary>
public static class NemotronWebhooks
{
    /// <summary>Adds a validating webhook for each kind, and the certificate that they are served with.</summary>
    /// <param name="builder">The operator, with its controllers.</param>
    /// <param name="name">The name of the webhooks' Service, Secret and ValidatingWebhookConfiguration.</param>
    /// <param name="ns">The namespace of the Service and the Secret; null for the process' own.</param>
    /// <param name="certificates">A folder with a certificate that others keep; null: it is made and kept here.</param>
    public static IOperatorBuilder AddNemotronWebhooks(this IOperatorBuilder builder, string name, string? ns, string? certificates = null)
    {
        builder.Services.AddSingleton<FreshObjects>();
        builder.Services.AddSingleton<KnownModels>();
        builder.Services.AddSingleton<NamespaceQuotas>();
        builder.Services.AddSingleton<NemotronDeploymentValidator>();
        builder.Services.AddSingleton<GpuNodePoolValidator>();
        builder.Services.AddSingleton<NemotronModelValidator>();
        builder.Services.AddSingleton<NemotronFleetValidator>();
        return builder
            .AddValidationWebhook<NemotronDeploymentValidator, NemotronDeployment>()
            .AddValidationWebhook<GpuNodePoolValidator, GpuNodePool>()
            .AddValidationWebhook<NemotronModelValidator, NemotronModel>()
            .AddValidationWebhook<NemotronFleetValidator, NemotronFleet>()
            .AddWebhookCertificate(certificate => (certificate.Name, certificate.Namespace, certificate.Directory) = (name, ns, certificates));
    }
}
