using System.Text;
using Nemotron.Gateway.Access;
using Nemotron.Gateway.Observing;
using Nemotron.Planning;

namespace Nemotron.Gateway.Hosting;

/// <summary>The settings in force, with the keys that they name. A request takes one look and keeps to it; running streams are not touched by a change.</summary>
internal sealed class GatewayState
{
    private readonly WatchedFile _file;
    private readonly GatewayMetrics _metrics;
    private readonly ILogger<GatewayState> _logger;
    private volatile Snapshot _current;
    private WatchedFile? _apiKeys;
    private WatchedFile? _adminKeys;
    private string _refusal = "";

    /// <summary>Reads the settings.</summary>
    /// <exception cref="CatalogueException">They cannot be used.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public GatewayState(GatewayOptions options, GatewayMetrics metrics, ILogger<GatewayState> logger)
    {
        _file = new WatchedFile(options.Config);
        _metrics = metrics;
        _logger = logger;
        _current = null!;
        _file.HasChanged(out var content);
        Take(content);
    }

    /// <summary>What counts now.</summary>
    public Snapshot Current => _current;

    /// <summary>
    /// Looks whether files have changed and takes them. What cannot be used is said once and tried again at each look, since it may hang on a file that is yet
    /// to come; what was in force stays so. Each file is taken for itself: a key can be taken away whatever is wrong with the others.
    /// </summary>
    public void Refresh()
    {
        string?[] reasons =
        [
            WhyNot(_file, TakeChanged),
            WhyNot(_apiKeys, content => _current = _current with { ApiKeys = KeyRing.Parse(_apiKeys!.Path, content) }),
            WhyNot(_adminKeys, content => _current = _current with { AdminKeys = KeyRing.Parse(_adminKeys!.Path, content) }),
        ];
        var refusal = string.Join("; ", reasons.OfType<string>());
        if (refusal == _refusal) return;
        _refusal = refusal;
        if (refusal.Length == 0) return;
        _metrics.Reloaded(taken: false);
        if (_logger.IsEnabled(LogLevel.Error)) _logger.LogError("What was in force stays so: {Reason}", refusal);
    }

    private static string? WhyNot(WatchedFile? file, Action<byte[]> take)
    {
        if (file is null) return null;
        try
        {
            if (file.HasChanged(out var content)) take(content);
            return null;
        }
        catch (Exception error) when (error is CatalogueException or IOException or UnauthorizedAccessException)
        {
            file.Forget();
            return error.Message;
        }
    }

    private void TakeChanged(byte[] content)
    {
        var tls = _current.Settings.Access.TlsCertificateFile;
        Take(content);
        _metrics.Reloaded(taken: true);
        if (_logger.IsEnabled(LogLevel.Information)) _logger.LogInformation("{File} has changed and is in force", _file.Path);
        if (tls is null != _current.Settings.Access.TlsCertificateFile is null)
            _logger.LogWarning("access.tlsCertificateFile was set or taken away: that takes effect at the next start only");
    }

    private void Take(byte[] content)
    {
        var settings = GatewaySettingsYaml.Parse(_file.Path, Encoding.UTF8.GetString(content));
        var (apiKeys, adminKeys) = (FileOf(settings.Access.ApiKeysFile, _apiKeys), FileOf(settings.Access.AdminKeysFile, _adminKeys));
        _current = new Snapshot(settings, apiKeys == _apiKeys ? _current?.ApiKeys : Keys(apiKeys), adminKeys == _adminKeys ? _current?.AdminKeys : Keys(adminKeys));
        (_apiKeys, _adminKeys) = (apiKeys, adminKeys);
        _metrics.BudgetTokens.Set(settings.Reasoning.Budget?.InForce ?? 0);
    }

    private static WatchedFile? FileOf(string? path, WatchedFile? before) => path is null ? null : path == before?.Path ? before : new WatchedFile(path);

    private static KeyRing? Keys(WatchedFile? file)
    {
        if (file is null) return null;
        file.HasChanged(out var content);
        return KeyRing.Parse(file.Path, content);
    }

    /// <summary>Settings and keys of one moment.</summary>
    /// <param name="Settings">The settings.</param>
    /// <param name="ApiKeys">Who may come in; null: everyone.</param>
    /// <param name="AdminKeys">Who may drain from another machine; null: nobody.</param>
    internal sealed record Snapshot(GatewaySettings Settings, KeyRing? ApiKeys, KeyRing? AdminKeys)
    {
        /// <summary>The engine.</summary>
        public Uri Upstream { get; } = new(Settings.Upstream);
    }
}

/// <summary>Looks after the files once a second.</summary>
internal sealed class SettingsWatch(GatewayState state, ServerCertificate certificate, TimeProvider clock) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                state.Refresh();
                certificate.Refresh();
            }
        }
        catch (OperationCanceledException)
        {
            // The stop.
        }
    }
}
