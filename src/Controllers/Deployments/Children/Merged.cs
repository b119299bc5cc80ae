namespace Nemotron.Controllers.Deployments.Children;

/// <summary>The user's entries with the operator's over them.</summary>
internal static class Merged
{
    /// <summary>Later ones win: the operator's own keys are not the user's to change.</summary>
    public static Dictionary<string, T> Over<T>(IDictionary<string, T>? user, params Dictionary<string, T>[] ours)
    {
        var merged = new Dictionary<string, T>(user ?? new Dictionary<string, T>());
        foreach (var map in ours)
            foreach (var (key, value) in map)
                merged[key] = value;
        return merged;
    }
}
