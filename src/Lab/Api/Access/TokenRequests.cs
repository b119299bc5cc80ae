using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api.Access;

/// <summary><c>authentication.k8s.io/v1</c>: tokens asked for, and tokens asked about.</summary>
internal static class TokenRequests
{
    private const long LeastSeconds = 600;
    private const long MostSeconds = 1L << 32;
    private const long DefaultSeconds = 3600;

    /// <summary>Answers a TokenRequest for an account.</summary>
    /// <exception cref="ApiException">404 when there is no such account, 422 for a lifetime out of bounds.</exception>
    public static JsonObject Answer(ApiContext api, ServiceAccountTokens tokens, ServedResource accounts, string ns, string name, JsonObject request)
    {
        var account = accounts.Table.Current.Find(ns, name) ?? throw ApiErrors.NotFound(accounts, name);
        long seconds = request["spec"]?["expirationSeconds"].Integer() ?? DefaultSeconds;
        if (seconds < LeastSeconds) throw Refused(name, seconds, "may not specify a duration less than 10 minutes");
        if (seconds > MostSeconds) throw Refused(name, seconds, "may not specify a duration larger than 2^32 seconds");
        string[] audiences = [.. (request["spec"]?["audiences"] as JsonArray ?? []).Select(a => a.Text() ?? "")];
        if (audiences.Length == 0) audiences = [ServiceAccountTokens.Issuer];
        var issued = tokens.Issue(ns, name, account.Tree.Uid()!, api.Now, TimeSpan.FromSeconds(seconds), audiences);
        return new JsonObject
        {
            ["kind"] = "TokenRequest",
            ["apiVersion"] = "authentication.k8s.io/v1",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns, ["creationTimestamp"] = api.Timestamp },
            ["spec"] = new JsonObject
            {
                ["audiences"] = new JsonArray([.. audiences.Select(a => (JsonNode)a)]),
                ["expirationSeconds"] = seconds,
                ["boundObjectRef"] = request["spec"]?["boundObjectRef"]?.DeepClone(),
            },
            ["status"] = new JsonObject { ["token"] = issued.Token, ["expirationTimestamp"] = ObjectMeta.Timestamp(issued.Expires) },
        };
    }

    /// <summary>Answers a TokenReview.</summary>
    public static JsonObject Review(Authenticator authenticator, ServiceAccountTokens tokens, ApiContext api, JsonObject review)
    {
        string token = review["spec"]?["token"].Text() ?? "";
        string[] audiences = [.. (review["spec"]?["audiences"] as JsonArray ?? []).Select(a => a.Text() ?? "")];
        var status = new JsonObject();
        if (tokens.Read(token, api, audiences) is { } account)
        {
            status["authenticated"] = true;
            status["user"] = account.User.ToJson();
            status["audiences"] = new JsonArray([.. account.Audiences.Where(a => audiences.Length == 0 || audiences.Contains(a)).Select(a => (JsonNode)a)]);
        }
        else if (audiences.Length == 0 && authenticator.OfToken(token) is { } user)
        {
            status["authenticated"] = true;
            status["user"] = user.ToJson();
        }
        else
        {
            status["user"] = new JsonObject();
            status["error"] = "invalid bearer token";
        }
        return new JsonObject
        {
            ["kind"] = "TokenReview",
            ["apiVersion"] = "authentication.k8s.io/v1",
            ["metadata"] = new JsonObject(),
            ["spec"] = review["spec"]?.DeepClone() ?? new JsonObject(),
            ["status"] = status,
        };
    }

    private static ApiException Refused(string name, long seconds, string why) => ApiErrors.Invalid("authentication.k8s.io", "TokenRequest", name,
        [new("spec.expirationSeconds", "FieldValueInvalid", string.Create(CultureInfo.InvariantCulture, $"Invalid value: {seconds}: {why}"))]);
}
