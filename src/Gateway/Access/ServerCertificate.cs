using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Nemotron.Gateway.Hosting;

namespace Nemotron.Gateway.Access;

/// <summary>The certificate of the client port, taken again when its files change; handshakes under way keep the old one.</summary>
internal sealed class ServerCertificate(GatewayState state, ILogger<ServerCertificate> logger)
{
    private WatchedFile? _certificate;
    private WatchedFile? _key;
    private volatile SslStreamCertificateContext? _context;
    private string? _refusal;

    /// <summary>What a handshake presents.</summary>
    /// <exception cref="InvalidOperationException">TLS was not asked for at the start.</exception>
    public SslStreamCertificateContext Current => _context ?? throw new InvalidOperationException("There is no certificate.");

    /// <summary>Reads the files where they are named.</summary>
    /// <exception cref="CryptographicException">They hold no certificate with its key.</exception>
    public bool Load()
    {
        var access = state.Current.Settings.Access;
        if (access.TlsCertificateFile is not { } certificate || access.TlsKeyFile is not { } key) return false;
        _certificate = certificate == _certificate?.Path ? _certificate : new WatchedFile(certificate);
        _key = key == _key?.Path ? _key : new WatchedFile(key);
        // Both are asked, since a change of either is a change.
        var changed = _certificate.HasChanged(out var chain) | _key.HasChanged(out var secret);
        if (!changed && _context is not null) return true;
        var (chainText, keyText) = (Encoding.UTF8.GetString(chain), Encoding.UTF8.GetString(secret));
        var others = new X509Certificate2Collection();
        others.ImportFromPem(chainText);
        _context = SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(chainText, keyText), others, offline: true);
        return true;
    }

    /// <summary>Takes changed files; what cannot be used is said once and tried again at each look, and the old certificate stays.</summary>
    public void Refresh()
    {
        if (_context is null) return;
        var before = _context;
        try
        {
            Load();
            _refusal = null;
            if (before != _context) logger.LogInformation("The certificate has changed and is in force");
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Half of a pair that is being replaced is common; the next look finds both.
            _certificate?.Forget();
            _key?.Forget();
            if (error.Message == _refusal) return;
            _refusal = error.Message;
            if (logger.IsEnabled(LogLevel.Error)) logger.LogError("The certificate stays as it was: {Reason}", error.Message);
        }
    }
}
