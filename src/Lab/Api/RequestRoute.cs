namespace Nemotron.Lab.Api;

/// <summary>A request path below <c>/api/v1</c> or <c>/apis/{group}/{version}</c>, taken apart.</summary>
/// <param name="Group">The API group; empty for core.</param>
/// <param name="Version">The version.</param>
/// <param name="Namespace">The namespace, or null.</param>
/// <param name="Plural">The resource, or empty for the version's own document.</param>
/// <param name="Name">The object's name, or empty for the collection.</param>
/// <param name="Subresource">The subresource, or empty.</param>
internal sealed record RequestRoute(string Group, string Version, string? Namespace, string Plural, string Name, string Subresource)
{
    /// <summary>Reads a path; null when it is no API path.</summary>
    public static RequestRoute? Parse(string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length >= 2 && parts[0] == "api") return Below("", parts[1], parts.AsSpan(2));
        if (parts.Length >= 3 && parts[0] == "apis") return Below(parts[1], parts[2], parts.AsSpan(3));
        return null;
    }

    private static RequestRoute? Below(string group, string version, ReadOnlySpan<string> rest)
    {
        if (rest.IsEmpty) return new RequestRoute(group, version, null, "", "", "");
        bool inNamespace = rest.Length >= 3 && rest[0] == "namespaces" && !(group.Length == 0 && rest.Length == 3 && rest[2] is "status" or "finalize");
        string? ns = inNamespace ? rest[1] : null;
        if (inNamespace) rest = rest[2..];
        if (rest.Length > 3) return null;
        return new RequestRoute(group, version, ns, rest[0], rest.Length > 1 ? rest[1] : "", rest.Length > 2 ? rest[2] : "");
    }
}
