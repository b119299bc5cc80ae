using System.Globalization;
using Microsoft.AspNetCore.Http;
using Nemotron.Lab.Patching;

namespace Nemotron.Lab.Api;

/// <summary>The query parameters of a change, checked as the server checks them.</summary>
internal static class WriteOptions
{
    private const int ManagerMaxLength = 128;

    /// <param name="http">The request.</param>
    /// <param name="resource">The resource.</param>
    /// <param name="route">The path.</param>
    /// <param name="kind">The options' kind as messages name it: <c>CreateOptions</c>, <c>UpdateOptions</c>, <c>PatchOptions</c>.</param>
    /// <param name="apply">Whether this is an apply, which needs a field manager.</param>
    /// <exception cref="ApiException">422 for values that make no sense.</exception>
    public static WriteRequest Read(HttpContext http, ServedResource resource, RequestRoute route, string kind, bool apply = false)
    {
        var query = http.Request.Query;
        string manager = query["fieldManager"].ToString();
        if (apply && manager.Length == 0) throw Required("fieldManager", "is required for apply patch");
        if (manager.Length > ManagerMaxLength)
            throw ApiErrors.InvalidOptions(kind, new("fieldManager", "FieldValueTooLong", $"Too long: may not be more than {ManagerMaxLength} bytes"));
        if (!apply && kind == "PatchOptions" && query.ContainsKey("force"))
            throw ApiErrors.InvalidOptions(kind, new("force", "FieldValueForbidden", "Forbidden: may not be specified for non-apply patch"));
        string agent = http.Request.Headers.UserAgent.ToString();
        return new WriteRequest
        {
            Resource = resource,
            Namespace = resource.Namespaced ? route.Namespace : null,
            Name = route.Name,
            Subresource = route.Subresource.Length == 0 ? null : route.Subresource,
            DryRun = DryRun(query, kind),
            FieldManager = manager.Length > 0 ? manager : ManagedFields.DefaultManager(agent),
            Validation = Validation(query["fieldValidation"], kind),
            UserAgent = agent,
            User = Audit.RequestTrail.Of(http)?.User,
        };
    }

    public static bool DryRun(IQueryCollection query, string kind)
    {
        var values = query["dryRun"];
        if (values.Count == 0 || values is [""]) return false;
        if (values.All(v => v == "All")) return true;
        string given = string.Join(" ", values.Select(v => $"\"{v}\""));
        throw ApiErrors.InvalidOptions(kind, new("dryRun", "FieldValueNotSupported", $"Unsupported value: [{given}]: supported values: \"All\""));
    }

    private static FieldValidation Validation(string? value, string kind) => value switch
    {
        null or "" or "Warn" => FieldValidation.Warn,
        "Ignore" => FieldValidation.Ignore,
        "Strict" => FieldValidation.Strict,
        _ => throw ApiErrors.InvalidOptions(kind, new("fieldValidation", "FieldValueNotSupported",
            string.Create(CultureInfo.InvariantCulture, $"Unsupported value: \"{value}\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\""))),
    };

    private static ApiException Required(string field, string why) =>
        ApiErrors.InvalidOptions("PatchOptions", new(field, "FieldValueRequired", $"Required value: {why}"));
}
