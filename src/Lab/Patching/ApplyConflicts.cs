using System.Text;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Patching;

/// <summary>The refusal of an apply that would change what others own.</summary>
internal static class ApplyConflicts
{
    /// <summary>A 409 that names every field and its owner, word for word as the server does.</summary>
    public static ApiException Refusal(IEnumerable<(ManagerIdentity Owner, FieldSet Fields)> conflicts)
    {
        var ordered = conflicts
            .OrderBy(conflict => conflict.Owner.SortKey, StringComparer.Ordinal)
            .Select(conflict => (Owner: conflict.Owner.Print(), Paths: conflict.Fields.Paths().Select(FieldPath.Print).ToArray()))
            .ToArray();
        var causes = new JsonArray();
        var lines = new StringBuilder();
        foreach (var (owner, paths) in ordered)
        {
            lines.Append(lines.Length > 0 ? "\n" : "").Append("conflicts with ").Append(owner).Append(':');
            foreach (var path in paths)
            {
                lines.Append("\n- ").Append(path);
                causes.Add(new JsonObject { ["reason"] = "FieldManagerConflict", ["message"] = $"conflict with {owner}", ["field"] = path });
            }
        }
        var message = causes.Count == 1
            ? $"Apply failed with 1 conflict: conflict with {ordered[0].Owner}: {ordered[0].Paths[0]}"
            : $"Apply failed with {causes.Count} conflicts: {lines}";
        return new ApiException(409, "Conflict", message, new JsonObject { ["causes"] = causes });
    }
}
