namespace Nemotron.Lab.Api.Access;

/// <summary>The refusals of authentication and authorization in the server's own words.</summary>
internal static class AccessErrors
{
    public static ApiException Unauthorized() => new(401, "Unauthorized", "Unauthorized");

    /// <summary>403 for a request that no rule allows.</summary>
    public static ApiException Forbidden(RequestAttributes request, string reason)
    {
        string why = Sentence(request) + (reason.Length == 0 ? "" : $": {reason}");
        return request.Resource.Length == 0
            ? new ApiException(403, "Forbidden", $"forbidden: {why}", new())
            : Forbidden(request.Group, request.Resource, request.Name, why);
    }

    /// <summary>403 about an object.</summary>
    public static ApiException Forbidden(string group, string resource, string name, string why)
    {
        string qualified = group.Length == 0 ? resource : $"{resource}.{group}";
        string named = name.Length == 0 ? "" : $" \"{name}\"";
        return new ApiException(403, "Forbidden", $"{qualified}{named} is forbidden: {why}", ApiErrors.Details(name, group, resource));
    }

    private static string Sentence(RequestAttributes request)
    {
        if (!request.IsResource) return $"User \"{request.User.Name}\" cannot {request.Verb} path \"{request.Path}\"";
        string what = $"User \"{request.User.Name}\" cannot {request.Verb} resource \"{request.FullResource}\" in API group \"{request.Group}\"";
        return request.Namespace.Length > 0 ? $"{what} in the namespace \"{request.Namespace}\"" : $"{what} at the cluster scope";
    }
}
