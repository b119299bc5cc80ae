namespace Nemotron.Lab.Patching;

/// <summary>
/// A set of field paths, as one manager owns them: a tree whose edges are path elements in the notation of <c>fieldsV1</c>
/// (<c>f:spec</c>, <c>k:{"name":"a"}</c>, <c>v:"x"</c>) and whose nodes say whether the path that ends there is in the set.
/// A set never holds a node that is neither a member nor leads to one.
/// </summary>
internal sealed class FieldSet
{
    private readonly SortedDictionary<string, Node> nodes = new(StringComparer.Ordinal);

    /// <summary>What stands behind one path element.</summary>
    /// <param name="IsMember">Whether the path that ends here is in the set.</param>
    /// <param name="Children">The longer paths, or null for none.</param>
    internal readonly record struct Node(bool IsMember, FieldSet? Children);

    /// <summary>The path elements of this level, in the order of <c>fieldsV1</c>, with what stands behind each.</summary>
    public IEnumerable<KeyValuePair<string, Node>> Nodes => nodes;

    /// <summary>Whether no path is in the set.</summary>
    public bool IsEmpty => nodes.Count == 0;

    /// <summary>A set of the given dotted field paths, such as <c>metadata.labels</c>; field names only.</summary>
    public static FieldSet OfFields(params ReadOnlySpan<string> dottedPaths)
    {
        var set = new FieldSet();
        foreach (var path in dottedPaths) set.Insert([.. path.Split('.').Select(name => "f:" + name)]);
        return set;
    }

    /// <summary>Puts one path into the set.</summary>
    public void Insert(ReadOnlySpan<string> path)
    {
        nodes.TryGetValue(path[0], out var node);
        if (path.Length == 1)
        {
            nodes[path[0]] = node with { IsMember = true };
            return;
        }
        var children = node.Children ?? new FieldSet();
        children.Insert(path[1..]);
        nodes[path[0]] = node with { Children = children };
    }

    /// <summary>Hangs a finished subtree behind one path element; dropped when it holds nothing.</summary>
    public void Put(string element, bool isMember, FieldSet? children)
    {
        if (children is { IsEmpty: true }) children = null;
        if (isMember || children is not null) nodes[element] = new Node(isMember, children);
    }

    /// <summary>Whether the path made of this one element is in the set.</summary>
    public bool Has(string element) => nodes.TryGetValue(element, out var node) && node.IsMember;

    /// <summary>The paths behind this element, or null for none.</summary>
    public FieldSet? Under(string element) => nodes.TryGetValue(element, out var node) ? node.Children : null;

    /// <summary>The paths in either set.</summary>
    public FieldSet Union(FieldSet other)
    {
        var result = new FieldSet();
        foreach (var (element, node) in nodes)
        {
            result.nodes[element] = other.nodes.TryGetValue(element, out var theirs)
                ? new Node(
                    node.IsMember || theirs.IsMember,
                    node.Children is null ? theirs.Children : theirs.Children is null ? node.Children : node.Children.Union(theirs.Children))
                : node;
        }
        foreach (var (element, node) in other.nodes) result.nodes.TryAdd(element, node);
        return result;
    }

    /// <summary>The paths in both sets.</summary>
    public FieldSet Intersect(FieldSet other)
    {
        var result = new FieldSet();
        foreach (var (element, node) in nodes)
        {
            if (!other.nodes.TryGetValue(element, out var theirs)) continue;
            var children = node.Children is null || theirs.Children is null ? null : node.Children.Intersect(theirs.Children);
            result.Put(element, node.IsMember && theirs.IsMember, children);
        }
        return result;
    }

    /// <summary>The paths in this set and not in the other; a path in the other takes nothing away below it.</summary>
    public FieldSet Except(FieldSet other) => Except(other, andBelow: false);

    /// <summary>The paths in this set that are neither in the other nor below one that is.</summary>
    public FieldSet ExceptBelow(FieldSet other) => Except(other, andBelow: true);

    private FieldSet Except(FieldSet other, bool andBelow)
    {
        var result = new FieldSet();
        foreach (var (element, node) in nodes)
        {
            if (!other.nodes.TryGetValue(element, out var theirs))
            {
                result.nodes[element] = node;
                continue;
            }
            if (andBelow && theirs.IsMember) continue;
            var children = node.Children is null || theirs.Children is null
                ? node.Children
                : node.Children.Except(theirs.Children, andBelow);
            result.Put(element, node.IsMember && !theirs.IsMember, children);
        }
        return result;
    }

    /// <summary>All paths: at each level first those that end there, then the longer ones, each in order.</summary>
    public IEnumerable<IReadOnlyList<string>> Paths() => Paths([]);

    private IEnumerable<IReadOnlyList<string>> Paths(List<string> prefix)
    {
        foreach (var (element, node) in nodes)
        {
            if (node.IsMember) yield return [.. prefix, element];
        }
        foreach (var (element, node) in nodes)
        {
            if (node.Children is null) continue;
            prefix.Add(element);
            foreach (var path in node.Children.Paths(prefix)) yield return path;
            prefix.RemoveAt(prefix.Count - 1);
        }
    }

    /// <summary>Whether both sets hold the same paths.</summary>
    public bool SetEquals(FieldSet other) =>
        nodes.Count == other.nodes.Count
        && nodes.All(pair => other.nodes.TryGetValue(pair.Key, out var theirs)
            && pair.Value.IsMember == theirs.IsMember
            && (pair.Value.Children is null
                ? theirs.Children is null
                : theirs.Children is not null && pair.Value.Children.SetEquals(theirs.Children)));
}
