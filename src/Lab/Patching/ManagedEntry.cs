using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Patching;

/// <summary>Who wrote: what tells one entry of <c>metadata.managedFields</c> from another.</summary>
/// <param name="Manager">The field manager's name.</param>
/// <param name="Operation"><c>Apply</c> or <c>Update</c>.</param>
/// <param name="ApiVersion">The version written in; an applier keeps one entry over all versions, so its identity leaves this empty.</param>
/// <param name="Subresource">The subresource written through, or empty for the object itself.</param>
internal sealed record ManagerIdentity(string Manager, string Operation, string ApiVersion, string Subresource)
{
    /// <summary>The identity of an applier.</summary>
    public static ManagerIdentity Applier(string manager, string? subresource) => new(manager, "Apply", "", subresource ?? "");

    /// <summary>The identity of any other writer.</summary>
    public static ManagerIdentity Updater(string manager, string apiVersion, string? subresource) => new(manager, "Update", apiVersion, subresource ?? "");

    /// <summary>Whether fields are owned by applying them.</summary>
    public bool IsApply => Operation == "Apply";

    /// <summary>The name as conflict messages have it: <c>"editor" using apps/v1</c>, <c>"ctl" with subresource "status"</c>.</summary>
    public string Print()
    {
        var name = FieldPath.Json(Manager);
        if (Subresource.Length > 0) name += $" with subresource {FieldPath.Json(Subresource)}";
        return IsApply ? name : $"{name} using {ApiVersion}";
    }

    /// <summary>The order in which conflicts are listed.</summary>
    public string SortKey => string.Join('\0', Manager, Operation, ApiVersion, Subresource);
}

/// <summary>One entry of <c>metadata.managedFields</c>.</summary>
/// <param name="ApiVersion">The version that the paths are meant in.</param>
/// <param name="Time">When the manager last changed something; null when it never did (it only confirmed what was there).</param>
/// <param name="Fields">The fields it owns.</param>
internal sealed record ManagedEntry(string ApiVersion, DateTimeOffset? Time, FieldSet Fields)
{
    /// <summary>Reads the entries of an object; an unreadable list counts as none, as on the server.</summary>
    public static Dictionary<ManagerIdentity, ManagedEntry> Read(JsonNode? managedFields)
    {
        var entries = new Dictionary<ManagerIdentity, ManagedEntry>();
        foreach (var item in managedFields as JsonArray ?? [])
        {
            if (item is not JsonObject entry) return [];
            var operation = Text(entry, "operation");
            if (operation is not ("Apply" or "Update") || Text(entry, "fieldsType") is not ("FieldsV1" or "")) return [];
            var version = Text(entry, "apiVersion");
            var identity = new ManagerIdentity(Text(entry, "manager"), operation, operation == "Apply" ? "" : version, Text(entry, "subresource"));
            DateTimeOffset? time = DateTimeOffset.TryParse(
                Text(entry, "time"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;
            entries[identity] = new ManagedEntry(version, time, FieldSetJson.Read(entry["fieldsV1"] as JsonObject ?? []));
        }
        return entries;
    }

    /// <summary>
    /// Writes the entries in the server's order: appliers first, then by time, manager, version and subresource. Null when there are none.
    /// </summary>
    public static JsonArray? Write(IEnumerable<KeyValuePair<ManagerIdentity, ManagedEntry>> entries)
    {
        var list = new JsonArray();
        var ordered = entries
            .Where(pair => !pair.Value.Fields.IsEmpty)
            .OrderBy(pair => pair.Key.Operation, StringComparer.Ordinal)
            .ThenBy(pair => pair.Value.Time?.ToUnixTimeSeconds() ?? 0)
            .ThenBy(pair => pair.Key.Manager, StringComparer.Ordinal)
            .ThenBy(pair => pair.Value.ApiVersion, StringComparer.Ordinal)
            .ThenBy(pair => pair.Key.Subresource, StringComparer.Ordinal);
        foreach (var (identity, entry) in ordered)
        {
            var json = new JsonObject();
            if (identity.Manager.Length > 0) json["manager"] = identity.Manager;
            json["operation"] = identity.Operation;
            json["apiVersion"] = entry.ApiVersion;
            if (entry.Time is { } time) json["time"] = Stamp(time);
            json["fieldsType"] = "FieldsV1";
            json["fieldsV1"] = FieldSetJson.Write(entry.Fields);
            if (identity.Subresource.Length > 0) json["subresource"] = identity.Subresource;
            list.Add(json);
        }
        return list.Count == 0 ? null : list;
    }

    /// <summary>A time as <c>metav1.Time</c> writes it: UTC, whole seconds.</summary>
    public static string Stamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Text(JsonObject entry, string name) =>
        entry[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
