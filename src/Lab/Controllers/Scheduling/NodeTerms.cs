using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Scheduling;

/// <summary>One requirement on a node's label, or on its name (<c>matchFields</c>).</summary>
/// <param name="Key">The label's key.</param>
/// <param name="Operator"><c>In</c>, <c>NotIn</c>, <c>Exists</c>, <c>DoesNotExist</c>, <c>Gt</c> or <c>Lt</c>.</param>
/// <param name="Values">The operand.</param>
/// <param name="IsField">Whether <c>metadata.name</c> is meant, not a label.</param>
internal sealed record NodeRequirement(string Key, string Operator, IReadOnlyList<string> Values, bool IsField)
{
    /// <summary>Whether a node meets it.</summary>
    public bool Matches(NodeState node)
    {
        var value = IsField ? Key == "metadata.name" ? node.Name : null : node.Labels.GetValueOrDefault(Key);
        return Operator switch
        {
            "In" => value is not null && Values.Contains(value),
            "NotIn" => value is null || !Values.Contains(value),
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            "Gt" => Compare(value) > 0,
            "Lt" => Compare(value) < 0,
            _ => false,
        };
    }

    private int? Compare(string? value) =>
        Values.Count == 1
        && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var left)
        && long.TryParse(Values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var right)
            ? left.CompareTo(right)
            : null;
}

/// <summary>A node selector term: all requirements hold. A term without requirements matches no node.</summary>
/// <param name="Requirements">The requirements.</param>
/// <param name="Weight">The weight of a preferred term; 0 for a required one.</param>
internal sealed record NodeTerm(IReadOnlyList<NodeRequirement> Requirements, long Weight)
{
    /// <summary>Whether a node meets the term.</summary>
    public bool Matches(NodeState node) => Requirements.Count > 0 && Requirements.All(requirement => requirement.Matches(node));

    /// <summary>Reads a term as served.</summary>
    public static NodeTerm From(JsonObject term, long weight = 0) => new(
        [.. Read(term, "matchExpressions", false), .. Read(term, "matchFields", true)], weight);

    private static IEnumerable<NodeRequirement> Read(JsonObject term, string list, bool isField) => term.Items(list).Select(item =>
        new NodeRequirement(item.Text("key") ?? "", item.Text("operator") ?? "", [.. item.Texts("values")], isField));
}
