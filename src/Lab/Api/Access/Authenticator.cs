using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Api.Access;

/// <summary>Finds out who asks: by a client certificate of the Lab's authority, the administrator's token, or a service account's.</summary>
/// <param name="api">The server's parts.</param>
/// <param name="trusts">Whether a client's certificate is from an authority that is trusted; null when certificates are not asked for.</param>
/// <param name="tokens">Service accounts' tokens.</param>
/// <param name="adminToken">The administrator's token.</param>
/// <param name="strict">Whether wrong credentials are refused and none make nobody. Otherwise both make the administrator.</param>
internal sealed class Authenticator(ApiContext api, Func<X509Certificate2, bool>? trusts, ServiceAccountTokens tokens, string adminToken, bool strict)
{
    private const string Scheme = "Bearer ";
    private readonly byte[] admin = Encoding.UTF8.GetBytes(adminToken);

    /// <summary>Who asks.</summary>
    /// <exception cref="ApiException">401 for credentials that are not good.</exception>
    public UserInfo Identify(HttpContext http)
    {
        if (http.Connection.ClientCertificate is { } certificate)
        {
            if (trusts?.Invoke(certificate) == true)
            {
                var (user, groups) = LabAuthority.Subject(certificate);
                return new UserInfo(user, [.. groups, UserInfo.Authenticated]);
            }
            if (strict) throw AccessErrors.Unauthorized();
        }
        string header = http.Request.Headers.Authorization.ToString();
        if (header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            if (OfToken(header[Scheme.Length..].Trim()) is { } user) return user;
            if (strict) throw AccessErrors.Unauthorized();
        }
        return strict ? UserInfo.Anonymous : UserInfo.Admin;
    }

    /// <summary>The bearer of a token, or null.</summary>
    public UserInfo? OfToken(string token) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), admin) ? UserInfo.Admin : tokens.Read(token, api, [])?.User;
}
