using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Schema;

/// <summary>The names a CRD gives its resource.</summary>
internal static class CrdNames
{
    /// <summary>Adds what is wrong with <c>spec.names</c>.</summary>
    public static void Validate(JsonObject names, List<StatusCause> causes)
    {
        foreach (var required in (string[])["plural", "singular", "kind", "listKind"])
            if (CrdJson.Text(names, required).Length == 0)
                causes.Add(FieldError.Required($"spec.names.{required}"));
        Label("spec.names.plural", CrdJson.Text(names, "plural"), causes);
        Label("spec.names.singular", CrdJson.Text(names, "singular"), causes);
        Kind("spec.names.kind", CrdJson.Text(names, "kind"), causes);
        Kind("spec.names.listKind", CrdJson.Text(names, "listKind"), causes);
        Labels("spec.names.shortNames", CrdJson.Texts(names, "shortNames"), causes);
        var kind = CrdJson.Text(names, "kind");
        if (kind.Length > 0 && kind == CrdJson.Text(names, "listKind"))
            causes.Add(FieldError.Invalid("spec.names.listKind", kind, "kind and listKind may not be the same"));
        Labels("spec.names.categories", CrdJson.Texts(names, "categories"), causes);
    }

    private static void Label(string path, string name, List<StatusCause> causes)
    {
        if (name.Length > 0 && DnsNames.Label(name).ToList() is { Count: > 0 } complaints)
            causes.Add(FieldError.Invalid(path, name, string.Join(",", complaints)));
    }

    private static void Labels(string path, IReadOnlyList<string> names, List<StatusCause> causes)
    {
        for (var i = 0; i < names.Count; i++)
            if (DnsNames.Label(names[i]).ToList() is { Count: > 0 } complaints)
                causes.Add(FieldError.Invalid(FieldPath.Index(path, i), names[i], string.Join(",", complaints)));
    }

    private static void Kind(string path, string name, List<StatusCause> causes)
    {
        if (name.Length > 0 && DnsNames.Label(name.ToLowerInvariant()).ToList() is { Count: > 0 } complaints)
            causes.Add(FieldError.Invalid(path, name, "may have mixed case, but should otherwise match: " + string.Join(",", complaints)));
    }
}
