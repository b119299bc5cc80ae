using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Crd;

/// <summary>The <c>status</c> of a CustomResourceDefinition as the API server's own controllers write it.</summary>
internal static class CrdConditions
{
    /// <summary>The finalizer that keeps a definition until its objects are gone.</summary>
    public const string CleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

    /// <summary>What a definition shows before its names are looked at.</summary>
    public static JsonObject Initial(JsonObject crd) => new()
    {
        ["conditions"] = null,
        ["acceptedNames"] = new JsonObject { ["plural"] = "", ["kind"] = "" },
        ["storedVersions"] = new JsonArray(StorageVersion(crd)),
    };

    /// <summary>Starts the end: the cleanup finalizer, the time and the <c>Terminating</c> condition.</summary>
    public static void MarkTerminating(JsonObject crd, string now)
    {
        var finalizers = crd.Finalizers();
        if (!finalizers.Contains(CleanupFinalizer)) ObjectMeta.SetFinalizers(crd, [.. finalizers, CleanupFinalizer]);
        Set(Status(crd), "Terminating", "True", now, "InstanceDeletionPending",
            "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon");
    }

    /// <summary>Accepts the names (or says which clash) and, once accepted, establishes the definition. True when something changed.</summary>
    /// <param name="crd">The definition; changed in place.</param>
    /// <param name="clash">What another definition of the group has taken already, or null.</param>
    /// <param name="now">The transition time.</param>
    public static bool Accept(JsonObject crd, NameClash? clash, string now)
    {
        var status = Status(crd);
        var before = status.DeepClone();
        if (clash is null)
        {
            var names = (JsonObject)crd["spec"]!["names"]!.DeepClone();
            if (!JsonNode.DeepEquals(names, status["acceptedNames"])) status["acceptedNames"] = names;
            Set(status, "NamesAccepted", "True", now, "NoConflicts", "no conflicts found");
            Set(status, "Established", "True", now, "InitialNamesAccepted", "the initial names have been accepted");
        }
        else
        {
            Set(status, "NamesAccepted", "False", now, clash.Reason, clash.Message);
            if (!IsTrue(crd, "Established")) Set(status, "Established", "False", now, "NotAccepted", "not all names are accepted");
        }
        var stored = status["storedVersions"] as JsonArray ?? [];
        string storage = StorageVersion(crd);
        if (!stored.Any(v => v.Text() == storage)) status["storedVersions"] = new JsonArray([.. stored.Select(v => v!.DeepClone()), storage]);
        return !JsonNode.DeepEquals(before, status);
    }

    public static bool IsTrue(JsonObject crd, string type) =>
        crd["status"]?["conditions"] is JsonArray conditions && conditions.Any(c => c?["type"].Text() == type && c["status"].Text() == "True");

    private static string StorageVersion(JsonObject crd)
    {
        foreach (var version in crd["spec"]?["versions"] as JsonArray ?? [])
        {
            if (version?["storage"] is JsonValue flag && flag.TryGetValue(out bool storage) && storage) return version["name"].Text() ?? "";
        }
        return "";
    }

    private static JsonObject Status(JsonObject crd)
    {
        if (crd["status"] is not JsonObject status) crd["status"] = status = Initial(crd);
        return status;
    }

    private static void Set(JsonObject status, string type, string value, string now, string reason, string message)
    {
        if (status["conditions"] is not JsonArray conditions) status["conditions"] = conditions = [];
        var found = conditions.OfType<JsonObject>().FirstOrDefault(c => c["type"].Text() == type);
        if (found is not null && found["status"].Text() == value && found["reason"].Text() == reason && found["message"].Text() == message) return;
        string? since = found is not null && found["status"].Text() == value ? found["lastTransitionTime"].Text() : now;
        var condition = new JsonObject { ["type"] = type, ["status"] = value, ["lastTransitionTime"] = since, ["reason"] = reason, ["message"] = message };
        if (found is null) conditions.Add((JsonNode)condition);
        else conditions[conditions.IndexOf(found)] = condition;
    }
}

/// <summary>A name that another definition of the same group holds.</summary>
/// <param name="Reason">The condition's reason, such as <c>PluralConflict</c>.</param>
/// <param name="Message">The sentence.</param>
internal sealed record NameClash(string Reason, string Message)
{
    /// <summary>Looks through the definitions of the group, accepted ones only.</summary>
    public static NameClash? Find(JsonObject crd, IEnumerable<JsonObject> others)
    {
        string group = crd["spec"]?["group"].Text() ?? "";
        var taken = others.Where(o => o.Name() != crd.Name() && o["spec"]?["group"].Text() == group)
            .Select(o => o["status"]?["acceptedNames"] as JsonObject).OfType<JsonObject>().ToArray();
        var names = crd["spec"]?["names"] as JsonObject ?? [];
        var resources = taken.SelectMany(t => (string?[])[t["plural"].Text(), t["singular"].Text(), .. ShortNames(t)]).ToHashSet();
        var kinds = taken.SelectMany(t => (string?[])[t["kind"].Text(), t["listKind"].Text()]).ToHashSet();
        foreach (var (field, reason, set) in ((string, string, HashSet<string?>)[])[
            ("plural", "PluralConflict", resources), ("singular", "SingularConflict", resources), ("kind", "KindConflict", kinds), ("listKind", "ListKindConflict", kinds)])
        {
            if (names[field].Text() is { Length: > 0 } name && set.Contains(name)) return new NameClash(reason, $"\"{name}\" is already in use");
        }
        return ShortNames(names).FirstOrDefault(resources.Contains) is { } shortName
            ? new NameClash("ShortNamesConflict", $"\"{shortName}\" is already in use")
            : null;
    }

    private static IEnumerable<string?> ShortNames(JsonObject names) => (names["shortNames"] as JsonArray ?? []).Select(s => s.Text());
}
