using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Schema;

/// <summary>What the server asks of a CustomResourceDefinition before it serves it.</summary>
internal static class CrdValidation
{
    private const string ApprovalAnnotation = "api-approved.kubernetes.io";

    /// <summary>What is wrong with <paramref name="crd"/> (after <see cref="CrdDefaults"/>); empty when it may be served.</summary>
    /// <param name="crd">The definition.</param>
    /// <param name="old">The stored definition on update, or null on create.</param>
    public static IReadOnlyList<StatusCause> Validate(JsonObject crd, JsonObject? old = null)
    {
        var causes = new List<StatusCause>();
        var spec = CrdJson.Object(crd, "spec") ?? [];
        Name(crd, spec, causes);
        Spec(spec, causes);
        StoredVersions(crd, spec, causes);
        Approval(crd, spec, causes);
        if (old is not null) Unchanged(spec, old, causes);
        return causes;
    }

    private static void Name(JsonObject crd, JsonObject spec, List<StatusCause> causes)
    {
        var name = CrdJson.Text(crd["metadata"], "name");
        if (name.Length == 0)
        {
            causes.Add(FieldError.Required("metadata.name", "name or generateName is required"));
            return;
        }
        foreach (var complaint in DnsNames.Subdomain(name)) causes.Add(FieldError.Invalid("metadata.name", name, complaint));
        if (name != $"{CrdJson.Text(spec["names"], "plural")}.{CrdJson.Text(spec, "group")}")
            causes.Add(FieldError.Invalid("metadata.name", name, "must be spec.names.plural+\".\"+spec.group"));
    }

    private static void Spec(JsonObject spec, List<StatusCause> causes)
    {
        var versions = CrdJson.List(spec, "versions");
        var group = CrdJson.Text(spec, "group");
        if (group.Length == 0) causes.Add(FieldError.Required("spec.group"));
        else if (DnsNames.Subdomain(group).ToList() is { Count: > 0 } complaints) causes.Add(FieldError.Invalid("spec.group", group, string.Join(",", complaints)));
        else if (!group.Contains('.')) causes.Add(FieldError.Invalid("spec.group", group, "should be a domain with at least one dot"));

        var scope = CrdJson.Text(spec, "scope");
        if (scope.Length == 0) causes.Add(FieldError.Required("spec.scope"));
        else if (scope is not ("Cluster" or "Namespaced")) causes.Add(FieldError.NotSupported("spec.scope", scope, ["Cluster", "Namespaced"]));
        if (CrdJson.Flag(spec, "preserveUnknownFields"))
            causes.Add(FieldError.Invalid("spec.preserveUnknownFields", true, "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"));

        for (var i = 0; i < versions.Count; i++)
            if (CrdJson.Object(CrdJson.Object(versions[i], "schema"), "openAPIV3Schema") is null)
                causes.Add(FieldError.Required($"spec.versions[{i}].schema.openAPIV3Schema", "schemas are required"));
        CrdVersions.Validate(versions, causes);
        CrdNames.Validate(CrdJson.Object(spec, "names") ?? [], causes);
        CrdVersions.ValidateShared(versions, causes);
        Conversion(spec, causes);
    }

    private static void Conversion(JsonObject spec, List<StatusCause> causes)
    {
        if (CrdJson.Object(spec, "conversion") is not { } conversion) return;
        var strategy = CrdJson.Text(conversion, "strategy");
        if (strategy.Length == 0) causes.Add(FieldError.Required("spec.conversion.strategy"));
        else if (strategy is not ("None" or "Webhook")) causes.Add(FieldError.NotSupported("spec.conversion.strategy", strategy, ["None", "Webhook"]));
        else if (strategy == "Webhook" && CrdJson.Object(CrdJson.Object(conversion, "webhook"), "clientConfig") is null)
            causes.Add(FieldError.Required("spec.conversion.webhookClientConfig", "required when strategy is set to Webhook"));
    }

    private static void StoredVersions(JsonObject crd, JsonObject spec, List<StatusCause> causes)
    {
        var known = CrdJson.List(spec, "versions").Select(v => CrdJson.Text(v, "name")).ToHashSet(StringComparer.Ordinal);
        var stored = CrdJson.Texts(crd["status"], "storedVersions");
        for (var i = 0; i < stored.Count; i++)
            if (!known.Contains(stored[i]))
                causes.Add(FieldError.Invalid($"status.storedVersions[{i}]", stored[i],
                    $"missing from spec.versions; {stored[i]} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in {stored[i]} and removes {stored[i]} from status.storedVersions"));
    }

    private static void Approval(JsonObject crd, JsonObject spec, List<StatusCause> causes)
    {
        var group = CrdJson.Text(spec, "group");
        if (!(group is "k8s.io" or "kubernetes.io" || group.EndsWith(".k8s.io", StringComparison.Ordinal) || group.EndsWith(".kubernetes.io", StringComparison.Ordinal))) return;
        if (CrdJson.Text(CrdJson.Object(crd["metadata"], "annotations"), ApprovalAnnotation).Length == 0)
            causes.Add(FieldError.Required($"metadata.annotations[{ApprovalAnnotation}]",
                $"protected groups must have approval annotation \"{ApprovalAnnotation}\", see https://github.com/kubernetes/enhancements/pull/1111"));
    }

    private static void Unchanged(JsonObject spec, JsonObject old, List<StatusCause> causes)
    {
        var before = CrdJson.Object(old, "spec") ?? [];
        var established = CrdJson.List(old["status"], "conditions").Any(c => CrdJson.Text(c, "type") == "Established" && CrdJson.Text(c, "status") == "True");
        if (established)
        {
            Same("spec.scope", CrdJson.Text(spec, "scope"), CrdJson.Text(before, "scope"));
            Same("spec.names.kind", CrdJson.Text(spec["names"], "kind"), CrdJson.Text(before["names"], "kind"));
        }
        Same("spec.group", CrdJson.Text(spec, "group"), CrdJson.Text(before, "group"));
        Same("spec.names.plural", CrdJson.Text(spec["names"], "plural"), CrdJson.Text(before["names"], "plural"));

        void Same(string path, string now, string then)
        {
            if (now != then) causes.Add(FieldError.Invalid(path, now, "field is immutable"));
        }
    }
}
