using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Api.Access;

/// <summary>Acting as somebody else (<c>kubectl --as</c>), for those who are allowed to.</summary>
internal static class Impersonation
{
    private const string UserHeader = "Impersonate-User";
    private const string GroupHeader = "Impersonate-Group";
    private const string UidHeader = "Impersonate-Uid";
    private const string ExtraPrefix = "Impersonate-Extra-";

    /// <summary>The user that a request is to be taken for, or null when it is nobody but its own.</summary>
    /// <exception cref="ApiException">403 when the caller may not; 500 for groups without a user, as from the real server.</exception>
    public static UserInfo? Of(UserInfo caller, IHeaderDictionary headers, IAuthorizer authorizer)
    {
        string user = headers[UserHeader].ToString();
        string[] groups = [.. headers[GroupHeader].OfType<string>()];
        string uid = headers[UidHeader].ToString();
        var extra = headers.Where(h => h.Key.StartsWith(ExtraPrefix, StringComparison.OrdinalIgnoreCase))
            .ToDictionary(h => Uri.UnescapeDataString(h.Key[ExtraPrefix.Length..].ToLowerInvariant()), h => (IReadOnlyList<string>)[.. h.Value.OfType<string>()]);
        if (user.Length == 0)
        {
            if (groups.Length == 0 && uid.Length == 0 && extra.Count == 0) return null;
            throw ApiErrors.InternalError("requested impersonation of groups, a uid or extra facts without impersonating a user");
        }

        var account = UserInfo.AccountOf(user);
        if (account is { } sa) Ensure("", "serviceaccounts", "", sa.Namespace, sa.Name);
        else Ensure("", "users", "", "", user);
        foreach (string group in groups) Ensure("", "groups", "", "", group);
        if (uid.Length > 0) Ensure("authentication.k8s.io", "uids", "", "", uid);
        foreach (var (key, values) in extra)
        {
            foreach (string value in values) Ensure("authentication.k8s.io", "userextras", key, "", value);
        }

        IEnumerable<string> all = groups.Length == 0 && account is { } own ? UserInfo.GroupsOfAccount(own.Namespace) : groups;
        string belongs = user == UserInfo.Anonymous.Name ? UserInfo.Unauthenticated : UserInfo.Authenticated;
        if (!all.Any(g => g is UserInfo.Authenticated or UserInfo.Unauthenticated)) all = all.Append(belongs);
        return new UserInfo(user, [.. all], uid.Length == 0 ? null : uid) { Extra = extra };

        void Ensure(string group, string resource, string subresource, string ns, string name)
        {
            var request = new RequestAttributes(caller, "impersonate") { IsResource = true, Group = group, Version = "v1", Resource = resource, Subresource = subresource, Namespace = ns, Name = name };
            var verdict = authorizer.Authorize(request);
            if (!verdict.Allowed) throw AccessErrors.Forbidden(request, verdict.Reason);
        }
    }
}
