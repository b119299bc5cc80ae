using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api.Access;

/// <summary>Who asks.</summary>
/// <param name="Name">The user's name, such as <c>system:serviceaccount:models:operator</c>.</param>
/// <param name="Groups">The groups, <c>system:authenticated</c> among them unless it is nobody.</param>
/// <param name="Uid">The identity's uid, or null.</param>
internal sealed record UserInfo(string Name, IReadOnlyList<string> Groups, string? Uid = null)
{
    public const string Masters = "system:masters";
    public const string Authenticated = "system:authenticated";
    public const string Unauthenticated = "system:unauthenticated";
    private const string AccountPrefix = "system:serviceaccount:";

    /// <summary>Somebody without credentials.</summary>
    public static readonly UserInfo Anonymous = new("system:anonymous", [Unauthenticated]);

    /// <summary>The Lab's own administrator, who may do everything.</summary>
    public static readonly UserInfo Admin = new("lab-admin", [Masters, Authenticated]);

    /// <summary>Further facts about the user, as impersonation gives them.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Extra { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>A service account.</summary>
    public static UserInfo ServiceAccount(string ns, string name, string? uid = null) =>
        new($"{AccountPrefix}{ns}:{name}", [.. GroupsOfAccount(ns), Authenticated], uid);

    /// <summary>The groups of every service account of a namespace.</summary>
    public static IReadOnlyList<string> GroupsOfAccount(string ns) => ["system:serviceaccounts", $"system:serviceaccounts:{ns}"];

    /// <summary>Namespace and name in the user name of a service account; null for other users.</summary>
    public static (string Namespace, string Name)? AccountOf(string user)
    {
        if (!user.StartsWith(AccountPrefix, StringComparison.Ordinal)) return null;
        string[] parts = user[AccountPrefix.Length..].Split(':');
        return parts is [{ Length: > 0 } ns, { Length: > 0 } name] ? (ns, name) : null;
    }

    /// <summary>The user as <c>authentication.k8s.io/v1 UserInfo</c>.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject { ["username"] = Name };
        if (Uid is not null) json["uid"] = Uid;
        json["groups"] = new JsonArray([.. Groups.Select(g => (JsonNode)g)]);
        if (Extra.Count > 0) json["extra"] = new JsonObject(Extra.Select(e => KeyValuePair.Create(e.Key, (JsonNode?)new JsonArray([.. e.Value.Select(v => (JsonNode)v)]))));
        return json;
    }
}
