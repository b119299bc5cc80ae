using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Nemotron.Kube.Tests;

/// <summary>A TLS handshake as the API server makes it: trusting a bundle, at a given time.</summary>
internal static class Handshake
{
    /// <summary>Why a client that trusts <paramref name="bundle"/> does not accept <paramref name="leaf"/>, over the loopback interface; null when it does.</summary>
    internal static async Task<string?> FaultAsync(X509Certificate2 leaf, string bundle, string host, DateTimeOffset now) =>
        await FaultAsync(SslStreamCertificateContext.Create(leaf, null, offline: true), bundle, host, now);

    /// <summary>The same, of what a server sends with its certificate.</summary>
    internal static async Task<string?> FaultAsync(SslStreamCertificateContext context, string bundle, string host, DateTimeOffset now)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var server = Task.Run(async () =>
        {
            using var accepted = await listener.AcceptTcpClientAsync();
            await using var stream = new SslStream(accepted.GetStream());
            try
            {
                await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = context, AllowTlsResume = false });
            }
            catch (Exception e) when (e is AuthenticationException or IOException)
            {
                // The client's side says what matters.
            }
        });
        var fault = await FaultAsync(((IPEndPoint)listener.LocalEndpoint).Port, bundle, host, now);
        await server;
        return fault;
    }

    /// <summary>Why a client that trusts <paramref name="bundle"/> does not accept who listens on a port of the loopback interface; null when it does.</summary>
    internal static async Task<string?> FaultAsync(int port, string bundle, string host, DateTimeOffset now)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await OnceAsync(port, bundle, host, now);
            }
            catch (IOException) when (attempt < 3)
            {
                // A server may cut a handshake short when the machine is overloaded; one without a certificate does so every time.
            }
            catch (IOException e)
            {
                return e.Message;
            }
        }
    }

    private static async Task<string?> OnceAsync(int port, string bundle, string host, DateTimeOffset now)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        await using var stream = new SslStream(client.GetStream());
        string? met = null;
        try
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = host,
                AllowTlsResume = false,
                RemoteCertificateValidationCallback = (_, certificate, sent, errors) =>
                {
                    met = $"{errors}, {certificate?.Issuer} from {certificate?.GetEffectiveDateString()} to {certificate?.GetExpirationDateString()}";
                    return Trusts(bundle, certificate, errors, now, sent);
                },
            });
            return null;
        }
        catch (AuthenticationException e)
        {
            return $"{e.Message} ({met})";
        }
    }

    internal static bool Trusts(string bundle, X509Certificate? certificate, SslPolicyErrors errors, DateTimeOffset now, X509Chain? sent = null)
    {
        if (certificate is not X509Certificate2 leaf || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(bundle);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        foreach (var element in sent?.ChainElements.Skip(1) ?? [])
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain.Build(leaf);
    }
}
