using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Api.Access;

/// <summary>What a request asks for, in the terms of authorization and audit.</summary>
/// <param name="User">Who asks.</param>
/// <param name="Verb"><c>get</c>, <c>list</c>, <c>watch</c>, <c>create</c>, <c>update</c>, <c>patch</c>, <c>delete</c>, <c>deletecollection</c>; for other paths the method in small letters.</param>
internal sealed record RequestAttributes(UserInfo User, string Verb)
{
    /// <summary>Whether a resource is asked for, and not a document such as <c>/healthz</c>.</summary>
    public bool IsResource { get; init; }

    public string Group { get; init; } = "";

    public string Version { get; init; } = "";

    public string Resource { get; init; } = "";

    public string Subresource { get; init; } = "";

    /// <summary>The namespace, or empty for the whole cluster. A Namespace lies in itself.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The object's name, or empty.</summary>
    public string Name { get; init; } = "";

    /// <summary>The path, when no resource is asked for.</summary>
    public string Path { get; init; } = "";

    /// <summary>The resource with its subresource, such as <c>pods/status</c>.</summary>
    public string FullResource => Subresource.Length == 0 ? Resource : $"{Resource}/{Subresource}";

    /// <summary>Reads a request.</summary>
    public static RequestAttributes Of(UserInfo user, string method, string path, IQueryCollection query)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var plain = new RequestAttributes(user, method.ToLowerInvariant()) { Path = path };
        if (parts.Length < 3 || parts[0] is not ("api" or "apis")) return plain;
        bool core = parts[0] == "api";
        if (!core && parts.Length < 4) return plain;
        var rest = parts.AsSpan(core ? 2 : 3);
        string ns = "";
        if (rest[0] == "namespaces" && rest.Length > 1)
        {
            ns = rest[1];
            if (rest.Length > 2 && rest[2] is not ("status" or "finalize")) rest = rest[2..];
        }
        string name = rest.Length > 1 ? rest[1] : "";
        string verb = VerbOf(method, name.Length > 0, query);
        return new RequestAttributes(user, verb)
        {
            IsResource = true,
            Group = core ? "" : parts[1],
            Version = core ? parts[1] : parts[2],
            Resource = rest[0],
            Name = name.Length == 0 && verb is "list" or "watch" ? NameInSelector(query) : name,
            Subresource = rest.Length > 2 ? rest[2] : "",
            Namespace = ns,
        };
    }

    private static string VerbOf(string method, bool named, IQueryCollection query) => method switch
    {
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => named ? "delete" : "deletecollection",
        "GET" or "HEAD" => named ? "get" : ListOptions.Flag(query["watch"]) ? "watch" : "list",
        _ => "",
    };

    /// <summary>A list of the one object of a name is authorized as that name, so that roles with resource names allow it.</summary>
    private static string NameInSelector(IQueryCollection query)
    {
        foreach (string term in query["fieldSelector"].ToString().Split(','))
        {
            string[] sides = term.Split(["==", "="], 2, StringSplitOptions.None);
            if (sides is ["metadata.name", { Length: > 0 } name] && !name.Contains('/', StringComparison.Ordinal)) return name;
        }
        return "";
    }
}
