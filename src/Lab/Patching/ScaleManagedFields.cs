namespace Nemotron.Lab.Patching;

/// <summary>
/// Who manages an object's replicas, seen from its scale and back: the scale has one field that can be owned, <c>spec.replicas</c>, wherever
/// the object itself keeps it.
/// </summary>
internal static class ScaleManagedFields
{
    private const string ScaleVersion = "autoscaling/v1";
    private static readonly FieldSet Replicas = FieldSet.OfFields("spec.replicas");

    /// <summary>The managers of the replicas, as entries of the scale.</summary>
    /// <param name="parents">The object's entries.</param>
    /// <param name="path">Where the object keeps its replicas.</param>
    public static Dictionary<ManagerIdentity, ManagedEntry> ToScale(Dictionary<ManagerIdentity, ManagedEntry> parents, FieldSet path) =>
        parents.Where(pair => Owns(pair.Value.Fields, path)).ToDictionary(
            pair => InVersion(pair.Key, ScaleVersion),
            pair => new ManagedEntry(ScaleVersion, pair.Value.Time, Replicas));

    /// <summary>
    /// The object's entries after its scale was written: who lost the replicas there loses them here. A manager that is new
    /// carries no time, as on the real server.
    /// </summary>
    /// <param name="parents">The object's entries before.</param>
    /// <param name="scale">The scale's entries after.</param>
    /// <param name="path">Where the object keeps its replicas.</param>
    /// <param name="apiVersion">The object's version.</param>
    public static Dictionary<ManagerIdentity, ManagedEntry> ToParent(
        Dictionary<ManagerIdentity, ManagedEntry> parents, Dictionary<ManagerIdentity, ManagedEntry> scale, FieldSet path, string apiVersion)
    {
        var owners = scale.Where(pair => Owns(pair.Value.Fields, Replicas)).Select(pair => InVersion(pair.Key, apiVersion)).ToHashSet();
        var result = new Dictionary<ManagerIdentity, ManagedEntry>();
        foreach (var (identity, entry) in parents)
        {
            var keeps = !Owns(entry.Fields, path) || owners.Contains(InVersion(identity, apiVersion));
            var fields = keeps ? entry.Fields : entry.Fields.Except(path);
            if (!fields.IsEmpty) result[identity] = entry with { Fields = fields };
        }
        foreach (var owner in owners)
        {
            if (parents.Any(pair => InVersion(pair.Key, apiVersion) == owner && Owns(pair.Value.Fields, path))) continue;
            result[owner] = result.TryGetValue(owner, out var known)
                ? known with { Fields = known.Fields.Union(path) }
                : new ManagedEntry(apiVersion, null, path);
        }
        return result;
    }

    private static bool Owns(FieldSet fields, FieldSet path) => !fields.Intersect(path).IsEmpty;

    private static ManagerIdentity InVersion(ManagerIdentity identity, string version) => identity.IsApply ? identity : identity with { ApiVersion = version };
}
