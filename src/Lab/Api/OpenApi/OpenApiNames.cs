namespace Nemotron.Lab.Api.OpenApi;

/// <summary>How OpenAPI names groups, schemas and operations.</summary>
internal static class OpenApiNames
{
    private const string Meta = "io.k8s.apimachinery.pkg.apis.meta.v1.";

    /// <summary><c>com.example.lab.v1.Widget</c> for a CRD's group, <c>io.k8s.api.apps.v1.Deployment</c> for a built-in one.</summary>
    public static string Schema(ServedResource resource, string kind)
    {
        if (resource.Custom) return $"{string.Join('.', resource.Gvr.Group.Split('.').Reverse())}.{resource.Gvr.Version}.{kind}";
        if (resource.Gvr.Group == "apiextensions.k8s.io") return $"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.{resource.Gvr.Version}.{kind}";
        string group = resource.Gvr.Group.Length == 0 ? "core" : resource.Gvr.Group.Split('.')[0];
        return $"io.k8s.api.{group}.{resource.Gvr.Version}.{kind}";
    }

    public static string MetaSchema(string type) => Meta + type;

    public static string Reference(string schema) => $"#/components/schemas/{schema}";

    /// <summary><c>labExampleCom</c>: the group in camel case.</summary>
    public static string GroupWord(string group)
    {
        if (group.Length == 0) return "core";
        string[] words = group.Split('.', '-');
        return words[0] + string.Concat(words.Skip(1).Select(Capital));
    }

    public static string Capital(string word) => word.Length == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..];
}
