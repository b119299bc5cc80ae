using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Nemotron.Lab.Api.Access;

/// <summary>A token and when it ends.</summary>
internal readonly record struct IssuedToken(string Token, DateTimeOffset Expires);

/// <summary>
/// Tokens of service accounts: signed here, good by the Lab's clock until they end, and only while their account, by its uid, is there.
/// </summary>
internal sealed class ServiceAccountTokens : IDisposable
{
    /// <summary>The audience of tokens for the API server itself, and who issues them.</summary>
    public const string Issuer = "https://kubernetes.default.svc";

    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromHours(1);
    private static readonly Gvr Accounts = new("", "v1", "serviceaccounts");
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly JsonWebTokenHandler handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly SigningCredentials signing;

    public ServiceAccountTokens() => signing = new SigningCredentials(new ECDsaSecurityKey(key), SecurityAlgorithms.EcdsaSha256);

    /// <summary>Issues a token for an account.</summary>
    /// <param name="ns">Its namespace.</param>
    /// <param name="name">Its name.</param>
    /// <param name="uid">Its uid.</param>
    /// <param name="now">The time now.</param>
    /// <param name="lifetime">How long it is good, by the Lab's clock; an hour when null.</param>
    /// <param name="audiences">For whom; the API server when empty.</param>
    public IssuedToken Issue(string ns, string name, string uid, DateTimeOffset now, TimeSpan? lifetime, IReadOnlyList<string> audiences)
    {
        var expires = now + (lifetime ?? DefaultLifetime);
        var bound = new JsonObject
        {
            ["namespace"] = ns,
            ["serviceaccount"] = new JsonObject { ["name"] = name, ["uid"] = uid },
        };
        var descriptor = new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Subject = new ClaimsIdentity([new Claim("sub", $"system:serviceaccount:{ns}:{name}")]),
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = expires.UtcDateTime,
            SigningCredentials = signing,
            Claims = new Dictionary<string, object> { ["kubernetes.io"] = JsonSerializer.SerializeToElement(bound) },
        };
        foreach (string audience in audiences.DefaultIfEmpty(Issuer)) descriptor.Audiences.Add(audience);
        return new(handler.CreateToken(descriptor), expires);
    }

    /// <summary>Who a token says its bearer is, and for whom it is; null when it is none of ours, over, or its account is gone.</summary>
    /// <param name="token">The bearer token.</param>
    /// <param name="api">The server's parts.</param>
    /// <param name="audiences">One of which the token must be for; the API server when empty.</param>
    public (UserInfo User, IReadOnlyList<string> Audiences)? Read(string token, ApiContext api, IReadOnlyList<string> audiences)
    {
        if (!handler.CanReadToken(token)) return null;
        var now = api.Now.UtcDateTime;
        var result = handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = Issuer,
            ValidAudiences = audiences.Count == 0 ? [Issuer] : audiences,
            IssuerSigningKey = signing.Key,
            LifetimeValidator = (from, until, _, _) => (from is null || from <= now.AddSeconds(1)) && until > now,
        }).GetAwaiter().GetResult();
        if (!result.IsValid || result.SecurityToken is not JsonWebToken jwt || UserInfo.AccountOf(jwt.Subject) is not { } account) return null;
        var bound = jwt.GetPayloadValue<JsonElement>("kubernetes.io");
        string? uid = bound.GetProperty("serviceaccount").GetProperty("uid").GetString();
        var live = api.Catalog.Find(Accounts)!.Table.Current.Find(account.Namespace, account.Name);
        if (live is null || live.Tree.Uid() != uid) return null;
        return (UserInfo.ServiceAccount(account.Namespace, account.Name, uid), [.. jwt.Audiences]);
    }

    public void Dispose() => key.Dispose();
}
