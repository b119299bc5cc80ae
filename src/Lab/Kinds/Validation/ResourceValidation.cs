using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds.Validation;

/// <summary>Requests and limits. Whole devices, GPUs among them, cannot be split nor promised twice.</summary>
internal static class ResourceValidation
{
    private static readonly string[] ContainerResources = ["cpu", "memory", "ephemeral-storage"];

    /// <summary>The faults of a container's <c>resources</c>.</summary>
    public static void Check(JsonObject? resources, string path, Faults faults)
    {
        var limits = resources.ObjectAt("limits") ?? [];
        foreach (var (name, amount) in limits.OrderBy(entry => entry.Key, StringComparer.Ordinal)) CheckAmount(name, amount, $"{path}.limits[{name}]", faults);
        foreach (var (name, amount) in (resources.ObjectAt("requests") ?? []).OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            CheckAmount(name, amount, $"{path}.requests[{name}]", faults);
            if (!Quantity.TryParse(amount, out var request)) continue;
            if (Quantity.TryParse(limits[name], out var limit))
            {
                if (request.Amount != limit.Amount && !MayOvercommit(name))
                    faults.Invalid($"{path}.requests", request.ToString(), $"must be equal to {name} limit of {limit}");
                else if (request.Amount > limit.Amount)
                    faults.Invalid($"{path}.requests", request.ToString(), $"must be less than or equal to {name} limit of {limit}");
            }
            else if (!MayOvercommit(name))
            {
                faults.Required($"{path}.limits", "Limit must be set for non overcommitable resources");
            }
        }
    }

    /// <summary>Whether the resource comes in whole units only: anything of another vendor's domain.</summary>
    public static bool IsExtended(string name) =>
        name.Contains('/', StringComparison.Ordinal)
        && !name.Contains("kubernetes.io/", StringComparison.Ordinal)
        && !name.StartsWith("requests.", StringComparison.Ordinal);

    private static bool MayOvercommit(string name) =>
        (!name.Contains('/', StringComparison.Ordinal) || name.Contains("kubernetes.io/", StringComparison.Ordinal))
        && !name.StartsWith("hugepages-", StringComparison.Ordinal);

    private static void CheckAmount(string name, JsonNode? amount, string path, Faults faults)
    {
        faults.InvalidAll(path, name, Names.Qualified(name));
        if (!name.Contains('/', StringComparison.Ordinal) && !ContainerResources.Contains(name) && !name.StartsWith("hugepages-", StringComparison.Ordinal))
        {
            faults.Invalid(path, name, "must be a standard resource type or fully qualified");
            faults.Invalid(path, name, "must be a standard resource for containers");
        }
        if (!Quantity.TryParse(amount, out var quantity))
        {
            faults.Invalid(path, amount?.DeepClone(), "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
            return;
        }
        if (quantity.Amount < 0) faults.Invalid(path, quantity.ToString(), "must be greater than or equal to 0");
        if (IsExtended(name) && !quantity.IsInteger) faults.Invalid(path, quantity.ToString(), "must be an integer");
    }
}
