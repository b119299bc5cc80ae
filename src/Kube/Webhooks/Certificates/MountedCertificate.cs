using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Nemotron.Kube;

/// <summary>
/// Serves a certificate that others keep, such as cert-manager: <c>tls.crt</c> and <c>tls.key</c> of a folder, as a Secret is mounted. It is looked at every
/// <see cref="Interval"/>, so that a renewal needs no restart. Whom the API server trusts is theirs to say as well.
/// </summary>
internal sealed class MountedCertificate(
    WebhookCertificateSettings settings, ServingCertificate serving, WebhookMetrics metrics, TimeProvider time, ILogger<MountedCertificate> logger) : BackgroundService
{
    /// <summary>The kubelet brings a renewed Secret within a minute or two, and renewals come weeks before they are needed.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private string? trouble;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do Look(settings.Directory!);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void Look(string folder)
    {
        string? why = null;
        try
        {
            var data = new[] { CertificateFiles.LeafFile, CertificateFiles.LeafKeyFile }.ToDictionary(name => name, name => File.ReadAllBytes(Path.Combine(folder, name)));
            var found = CertificateFiles.Read(data);
            if (found.Leaf is null) why = found.Facts.Fault ?? $"{folder} has no certificate.";
            else if (!serving.Serves(found))
            {
                serving.Serve(found);
                metrics.Expiry.WithLabels("serving").Set(found.Facts.Leaf!.NotAfter.ToUnixTimeSeconds());
                KeeperLog.Serving(logger, found.Facts.Leaf.NotAfter);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            why = e.Message;
        }

        if (why is not null && why != trouble) KeeperLog.Trouble(logger, why);
        trouble = why;
        serving.Say(why);
    }
}
