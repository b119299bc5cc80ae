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

    /// <summary>Looks whether a file has changed and takes it; what cannot be used is said and left, and what was in force stays so.</summary>
    public void Refresh()
    {
        try
        {
            if (_file.HasChanged(out var content))
            {
                var tls = _current.Settings.Access;
                Take(content);
                _metrics.Reloaded(taken: true);
                if (_logger.IsEnabled(LogLevel.Information)) _logger.LogInformation("{File} has changed and is in force", _file.Path);
                if (tls.TlsCertificateFile is null != _current.Settings.Access.TlsCertificateFile is null)
                    _logger.LogWarning("access.tlsCertificateFile was set or taken away: that takes effect at the next start only");
            }
            else TakeKeys();
        }
        catch (Exception error) when (error is CatalogueException or IOException or UnauthorizedAccessException)
        {
            _metrics.Reloaded(taken: false);
            if (_logger.IsEnabled(LogLevel.Error)) _logger.LogError("The settings stay as they were: {Reason}", error.Message);
        }
    }

    private void Take(byte[] content)
    {
        var settings = GatewaySettingsYaml.Parse(_file.Path, Encoding.UTF8.GetString(content));
        var (apiKeys, adminKeys) = (FileOf(settings.Access.ApiKeysFile, _apiKeys), FileOf(settings.Access.AdminKeysFile, _adminKeys));
        _current = new Snapshot(settings, Keys(apiKeys, _current?.ApiKeys, same: apiKeys == _apiKeys), Keys(adminKeys, _current?.AdminKeys, same: adminKeys == _adminKeys));
        (_apiKeys, _adminKeys) = (apiKeys, adminKeys);
        _metrics.BudgetTokens.Set(settings.Reasoning.Budget?.InForce ?? 0);
    }

    private void TakeKeys()
    {
        var (api, admin) = (Keys(_apiKeys, _current.ApiKeys, same: true), Keys(_adminKeys, _current.AdminKeys, same: true));
        if (api != _current.ApiKeys || admin != _current.AdminKeys) _current = _current with { ApiKeys = api, AdminKeys = admin };
    }

    private static WatchedFile? FileOf(string? path, WatchedFile? before) => path is null ? null : path == before?.Path ? before : new WatchedFile(path);

    private static KeyRing? Keys(WatchedFile? file, KeyRing? before, bool same)
    {
        if (file is null) return null;
        return file.HasChanged(out var content) || !same ? KeyRing.Parse(file.Path, content) : before;
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
