using System.Text;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api;

/// <summary>
/// The order in which an object's top-level fields are kept, so that lists of built-in kinds, whose items carry neither
/// kind nor apiVersion, can be cut from the stored bytes.
/// </summary>
internal static class StoredForm
{
    /// <summary>Puts kind and apiVersion first (apiVersion first for custom resources, as the real server does). Returns its argument.</summary>
    public static JsonObject Order(JsonObject obj, ServedResource resource)
    {
        string kind = obj["kind"].Text() ?? resource.Kind;
        string apiVersion = obj["apiVersion"].Text() ?? resource.ApiVersion;
        obj.Remove("kind");
        obj.Remove("apiVersion");
        obj.Insert(0, resource.Custom ? "apiVersion" : "kind", resource.Custom ? apiVersion : kind);
        obj.Insert(1, resource.Custom ? "kind" : "apiVersion", resource.Custom ? kind : apiVersion);
        return obj;
    }

    /// <summary>How many bytes of a stored built-in object its kind and apiVersion take after the opening brace.</summary>
    public static int TypePrefixLength(ServedResource resource) =>
        Encoding.UTF8.GetByteCount($"\"kind\":\"{resource.Kind}\",\"apiVersion\":\"{resource.ApiVersion}\",");
}
