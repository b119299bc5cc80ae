using System.Threading.Channels;
using k8s.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Nemotron.Kube;

/// <summary>
/// Keeps the webhooks' certificates on every replica: looks at the Secret and the configuration, decides, writes what is to be made anew (the first writer wins, the
/// others load what it wrote), has the authorities trusted, and only then serves. Nothing here stops the controllers: what goes wrong is told by <c>/readyz</c> and tried again.
/// </summary>
internal sealed class CertificateKeeper : BackgroundService
{
    /// <summary>However far the next renewal is: a clock may be set.</summary>
    internal static readonly TimeSpan LongestWait = TimeSpan.FromHours(12);

    /// <summary>While the first lists are on their way: they may also fail, of which nothing wakes.</summary>
    private static readonly TimeSpan BeforeSync = TimeSpan.FromSeconds(1);

    /// <summary>After another replica was faster: its Secret is on the way to the cache.</summary>
    private static readonly TimeSpan AfterConflict = TimeSpan.FromSeconds(5);

    private readonly OperatorSettings settings;
    private readonly WebhookCertificateSettings certificate;
    private readonly CertificateLifetimes lifetimes;
    private readonly KubeApi api;
    private readonly ServingCertificate serving;
    private readonly WebhookMetrics metrics;
    private readonly EventPublisher events;
    private readonly TimeProvider time;
    private readonly Jitter jitter;
    private readonly ILogger<CertificateKeeper> logger;
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private Informer<V1Secret> secrets = null!;
    private Informer<V1ValidatingWebhookConfiguration> configurations = null!;
    private NamespacedName key;
    private V1Secret? written;
    private V1ValidatingWebhookConfiguration? trusting;
    private CertificateFiles files = CertificateFiles.None;
    private string? trouble;

    public CertificateKeeper(
        OperatorSettings settings, WebhookCertificateSettings certificate, CertificateLifetimes lifetimes, KubeApi api, ServingCertificate serving, WebhookMetrics metrics,
        EventPublisher events, TimeProvider time, Jitter jitter, ILogger<CertificateKeeper> logger)
    {
        (this.settings, this.certificate, this.lifetimes, this.api, this.serving) = (settings, certificate, lifetimes, api, serving);
        (this.metrics, this.events, this.time, this.jitter, this.logger) = (metrics, events, time, jitter, logger);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        key = new(certificate.Namespace ?? KubeClientFactory.NamespaceOf(settings), certificate.Name);
        secrets = Watch<V1Secret>();
        configurations = Watch<V1ValidatingWebhookConfiguration>();
        var watches = new[] { secrets.RunAsync(api, stoppingToken), configurations.RunAsync(api, stoppingToken) };
        var backoff = new Backoff(time, jitter);
        while (!stoppingToken.IsCancellationRequested)
        {
            TimeSpan wait;
            try
            {
                wait = await StepAsync(stoppingToken);
                trouble = null;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
#pragma warning disable CA1031 // Whatever goes wrong, a certificate is needed: it is said once and tried again.
            catch (Exception e)
#pragma warning restore CA1031
            {
                var sentence = ApiErrors.Describe(e);
                if (sentence != trouble)
                {
                    KeeperLog.Trouble(logger, sentence);
                }

                trouble = sentence;
                wait = backoff.Next();
            }

            serving.Say(trouble ?? secrets.Trouble ?? configurations.Trouble);
            await WaitAsync(wait, stoppingToken);
        }

        await Task.WhenAll(watches);
    }

    /// <summary>One look, and what follows from it.</summary>
    /// <returns>How long nothing has to be done unless something changes.</returns>
    private async Task<TimeSpan> StepAsync(CancellationToken cancellationToken)
    {
        if (!secrets.Synced || (!configurations.Synced && configurations.Trouble is null))
        {
            return BeforeSync;
        }

        var names = WebhookCertificateSettings.DnsNames(key.Name, key.Namespace!);
        // What this process wrote counts until the cache has seen it.
        var secret = written is not null && !secrets.HasSeen(key, written.Metadata.ResourceVersion) ? written : secrets.Get(key);
        var found = CertificateFiles.Read(secret?.Data);
        var now = time.GetUtcNow();
        var decision = CertificateDecision.Decide(now, found.Facts, names, lifetimes);
        if (!decision.Keep)
        {
            var next = found.With(decision, settings.Name, names, now, lifetimes, remembered: files.Authorities);
            written = await new CertificateStore(api, settings.EffectiveFieldManager).WriteAsync(secret, key, next, configurations.Get(null, key.Name), cancellationToken);
            if (written is null)
            {
                return AfterConflict;
            }

            await TellAsync(written, decision, broken: found.Facts.Fault is not null, cancellationToken);
            found = next;
            decision = CertificateDecision.Decide(now, found.Facts, names, lifetimes);
        }

        files = found;
        await UseAsync(found, cancellationToken);
        // From the moment at which the wait begins: the step itself may have taken long, or the process have stood still in it.
        var wait = decision.NextCheck - time.GetUtcNow();
        return wait < LongestWait ? wait : LongestWait;
    }

    /// <summary>Has the authorities trusted, then serves: in this order, so that nobody meets a certificate that is not trusted yet.</summary>
    private async Task UseAsync(CertificateFiles found, CancellationToken cancellationToken)
    {
        metrics.Expiry.WithLabels("serving").Set(found.Facts.Leaf!.NotAfter.ToUnixTimeSeconds());
        metrics.Expiry.WithLabels("authority").Set(found.Facts.Issuer?.NotAfter.ToUnixTimeSeconds() ?? 0);
        try
        {
            // What this process wrote counts until the cache has seen it.
            var name = new NamespacedName(null, key.Name);
            var known = trusting is not null && !configurations.HasSeen(name, trusting.Metadata.ResourceVersion) ? trusting : configurations.Get(name);
            if (known is not null && await new CertificateStore(api, settings.EffectiveFieldManager).TrustAsync(known, key, found.Bundle, cancellationToken) is { } now)
            {
                trusting = now;
                KeeperLog.Trusted(logger, now.Metadata.Name, found.Authorities.Count);
            }
        }
        catch (Exception) when (!serving.IsValid)
        {
            // Nothing is served that could go on being trusted: whoever sets the authorities by hand needs the certificate served.
            Serve(found);
            throw;
        }

        Serve(found);
    }

    private void Serve(CertificateFiles found)
    {
        if (!serving.Serves(found))
        {
            serving.Serve(found);
            KeeperLog.Serving(logger, found.Facts.Leaf!.NotAfter);
        }
    }

    private Task TellAsync(V1Secret secret, CertificateDecision decision, bool broken, CancellationToken cancellationToken)
    {
        var what = (decision.NewAuthority, decision.NewLeaf) switch
        {
            (true, true) => "a new authority and a new certificate",
            (true, false) => "a new authority",
            _ => "a new certificate",
        };
        KeeperLog.Made(logger, key, what, decision.Why);
        return broken
            ? events(secret, "CertificateUnusable", $"{decision.Why} Made {what} for the webhooks.", EventType.Warning, cancellationToken)
            : events(secret, "CertificateMade", $"Made {what} for the webhooks: {decision.Why}", EventType.Normal, cancellationToken);
    }

    private Informer<T> Watch<T>()
        where T : class, k8s.IKubernetesObject<V1ObjectMeta>
    {
        var options = new InformerOptions<T> { FieldSelector = $"metadata.name={key.Name}" };
        var informer = new Informer<T>(options, [key.Namespace!], (self, scope, client, stop) => new Reflector<T>(self, scope, client, "", time, jitter, logger).RunAsync(stop));
        informer.OnProgress(_ => wake.Writer.TryWrite(true));
        return informer;
    }

    private async Task WaitAsync(TimeSpan wait, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(wait > TimeSpan.Zero ? wait : TimeSpan.FromMilliseconds(1), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            await wake.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // Time, or the end.
        }
    }
}

internal static partial class KeeperLog
{
    [LoggerMessage(821, LogLevel.Information, "Secret {Key}: made {What} for the webhooks: {Why}")]
    internal static partial void Made(ILogger logger, NamespacedName key, string what, string why);

    [LoggerMessage(822, LogLevel.Information, "Serving a webhook certificate that expires on {Expiry:u}")]
    internal static partial void Serving(ILogger logger, DateTimeOffset expiry);

    [LoggerMessage(823, LogLevel.Information, "ValidatingWebhookConfiguration {Name} trusts {Count} authorities of the webhooks' Secret")]
    internal static partial void Trusted(ILogger logger, string name, int count);

    [LoggerMessage(824, LogLevel.Warning, "The webhooks' certificate: {Why} Trying again.")]
    internal static partial void Trouble(ILogger logger, string why);
}
