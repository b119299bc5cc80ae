using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Nemotron.Lab.Api;

/// <summary>The rules on <c>metadata</c> that hold for every kind, with the server's own sentences.</summary>
internal static partial class ObjectMetaValidation
{
    private const string LabelValueRule =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

    private const string QualifiedNameRule =
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

    private const string SubdomainRule =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    private const string LabelRule =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

    private const string DnsLabel1035Rule =
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

    private const long MaxAnnotationBytes = 256 * 1024;

    public static IReadOnlyList<StatusCause> Validate(JsonObject obj, ServedResource resource)
    {
        var causes = new List<StatusCause>();
        var metadata = obj.Metadata();
        string name = obj.Name();
        if (name.Length == 0) causes.Add(new("metadata.name", "FieldValueRequired", "Required value: name or generateName is required"));
        else AddName(name, resource, causes);
        AddLabels(metadata["labels"] as JsonObject, causes);
        AddAnnotations(metadata["annotations"] as JsonObject, causes);
        AddOwners(metadata["ownerReferences"] as JsonArray, causes);
        return causes;
    }

    /// <summary>Warnings about finalizers that work but invite clashes.</summary>
    public static IEnumerable<string> FinalizerWarnings(JsonObject obj, JsonObject? old) =>
        obj.Finalizers().Except(old?.Finalizers() ?? [])
            .Where(f => !f.Contains('/') && f is not ("foregroundDeletion" or "orphan" or "kubernetes" or "customresourcecleanup.apiextensions.k8s.io"))
            .Select(f => $"metadata.finalizers: \"{f}\": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers");

    /// <summary>What may not change between two versions of an object.</summary>
    public static IReadOnlyList<StatusCause> ValidateUpdate(JsonObject obj, JsonObject old, ServedResource resource)
    {
        var causes = new List<StatusCause>();
        if (old.IsDeleting())
        {
            var added = obj.Finalizers().Except(old.Finalizers()).Order(StringComparer.Ordinal).ToArray();
            if (added.Length > 0)
            {
                var cause = new StatusCause("metadata.finalizers", "FieldValueForbidden",
                    $"Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{{{string.Join(", ", added.Select(a => $"\"{a}\""))}}}");
                causes.Add(cause);
                // The real server walks a custom object's metadata twice and says it twice.
                if (resource.Custom) causes.Add(cause);
            }
        }
        return causes;
    }

    private static void AddName(string name, ServedResource resource, List<StatusCause> causes)
    {
        if (resource.Gvr.Group == "rbac.authorization.k8s.io")
        {
            if (name is "." or ".." || name.Contains('/') || name.Contains('%'))
                causes.Add(Invalid("metadata.name", name, name is "." or ".." ? $"may not be '{name}'" : "may not contain '" + (name.Contains('/') ? "/" : "%") + "'"));
            return;
        }
        // Services become DNS labels; namespaces label every name below them.
        bool label = resource is { Custom: false, Gvr: { Group: "", Plural: "namespaces" or "services" } };
        int limit = label ? 63 : 253;
        if (name.Length > limit)
        {
            causes.Add(Invalid("metadata.name", name, $"must be no more than {limit} characters"));
            return;
        }
        if (label && !Label().IsMatch(name)) causes.Add(Invalid("metadata.name", name, resource.Gvr.Plural == "services" ? DnsLabel1035Rule : LabelRule));
        else if (!label && !Subdomain().IsMatch(name)) causes.Add(Invalid("metadata.name", name, SubdomainRule));
        else if (resource.Gvr is { Group: "", Plural: "services" } && char.IsAsciiDigit(name[0]) && !resource.Custom) causes.Add(Invalid("metadata.name", name, DnsLabel1035Rule));
    }

    private static void AddLabels(JsonObject? labels, List<StatusCause> causes)
    {
        foreach (var (key, node) in labels ?? [])
        {
            string value = node.Text() ?? "";
            AddKey("metadata.labels", key, causes);
            if (value.Length > 63) causes.Add(Invalid("metadata.labels", value, "must be no more than 63 characters"));
            else if (!LabelValue().IsMatch(value)) causes.Add(Invalid("metadata.labels", value, LabelValueRule));
        }
    }

    private static void AddAnnotations(JsonObject? annotations, List<StatusCause> causes)
    {
        long size = 0;
        foreach (var (key, node) in annotations ?? [])
        {
            AddKey("metadata.annotations", key.ToLowerInvariant(), causes);
            size += key.Length + (node.Text()?.Length ?? 0);
        }
        if (size > MaxAnnotationBytes)
            causes.Add(new("metadata.annotations", "FieldValueTooLong", $"Too long: may not be more than {MaxAnnotationBytes} bytes"));
    }

    private static void AddKey(string field, string key, List<StatusCause> causes)
    {
        int slash = key.IndexOf('/', StringComparison.Ordinal);
        string prefix = slash < 0 ? "" : key[..slash];
        string name = key[(slash + 1)..];
        if (slash == 0) causes.Add(Invalid(field, key, "prefix part must be non-empty"));
        else if (slash > 0 && (prefix.Length > 253 || !Subdomain().IsMatch(prefix))) causes.Add(Invalid(field, key, $"prefix part {SubdomainRule}"));
        if (name.Length == 0) causes.Add(Invalid(field, key, "name part must be non-empty"));
        if (name.Length > 63) causes.Add(Invalid(field, key, "name part must be no more than 63 characters"));
        else if (!QualifiedName().IsMatch(name)) causes.Add(Invalid(field, key, QualifiedNameRule));
    }

    private static void AddOwners(JsonArray? owners, List<StatusCause> causes)
    {
        JsonNode? controller = null;
        for (int i = 0; i < (owners?.Count ?? 0); i++)
        {
            var owner = owners![i];
            foreach (string field in (string[])["apiVersion", "kind", "name", "uid"])
            {
                if (string.IsNullOrEmpty(owner?[field].Text()))
                    causes.Add(new($"metadata.ownerReferences[{i}].{field}", "FieldValueInvalid", $"Invalid value: \"\": {(field == "apiVersion" ? "version" : field)} must not be empty"));
            }
            if (owner?["controller"] is not JsonValue flag || !flag.TryGetValue(out bool controls) || !controls) continue;
            if (controller is not null)
            {
                causes.Add(new("metadata.ownerReferences", "FieldValueInvalid",
                    $"Invalid value: {owners.ToJsonString(Rendering.Compact)}: Only one reference can have Controller set to true. Found \"true\" in references for {Owner(controller)} and {Owner(owner)}"));
                return;
            }
            controller = owner;
        }

        static string Owner(JsonNode owner) => $"{owner["kind"].Text()}/{owner["name"].Text()}";
    }

    private static StatusCause Invalid(string field, string value, string rule) =>
        new(field, "FieldValueInvalid", $"Invalid value: \"{value}\": {rule}");

    [GeneratedRegex("^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")]
    private static partial Regex LabelValue();

    [GeneratedRegex("^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$")]
    private static partial Regex QualifiedName();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")]
    private static partial Regex Subdomain();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    private static partial Regex Label();
}
