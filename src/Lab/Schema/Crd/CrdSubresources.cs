using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Schema;

/// <summary>The scale subresource's paths.</summary>
internal static class CrdSubresources
{
    /// <summary>Adds what is wrong with <c>subresources</c>.</summary>
    public static void Validate(JsonNode? subresources, string path, List<StatusCause> causes)
    {
        if (CrdJson.Object(subresources, "scale") is not { } scale) return;
        Check("specReplicasPath", required: true, "should be a json path under .spec", ".spec.");
        Check("statusReplicasPath", required: true, "should be a json path under .status", ".status.");
        Check("labelSelectorPath", required: false, "should be a json path under either .status or .spec", ".status.", ".spec.");

        void Check(string key, bool required, string otherwise, params IEnumerable<string> prefixes)
        {
            var value = CrdJson.Text(scale, key);
            var at = $"{path}.scale.{key}";
            if (value.Length == 0)
            {
                if (required) causes.Add(FieldError.Required(at));
                return;
            }
            if (SimpleJsonPath.Fault(value) is { } fault) causes.Add(FieldError.Invalid(at, value, fault));
            else if (!prefixes.Any(p => value.StartsWith(p, StringComparison.Ordinal))) causes.Add(FieldError.Invalid(at, value, otherwise));
        }
    }
}

/// <summary>Paths such as <c>.spec.replicas</c>.</summary>
internal static class SimpleJsonPath
{
    /// <summary>What is wrong with the path, or null.</summary>
    public static string? Fault(string path) => path switch
    {
        "" => "must not be empty",
        ['.', ..] => null,
        _ => "must be a simple json path starting with .",
    };
}
