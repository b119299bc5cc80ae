namespace Nemotron.Kube;

/// <summary>The scopes of an informer: all there is in one, or one for each of some namespaces.</summary>
internal sealed class InformerScopes
{
    private readonly Dictionary<string, InformerScope> byNamespace;

    /// <param name="namespaces">The namespaces; none: all there is.</param>
    internal InformerScopes(IEnumerable<string> namespaces)
    {
        byNamespace = namespaces.Distinct(StringComparer.Ordinal).ToDictionary(ns => ns, ns => new InformerScope(ns), StringComparer.Ordinal);
        All = byNamespace.Count == 0 ? [new InformerScope(null)] : [.. byNamespace.Values];
    }

    /// <summary>Each scope; at least one.</summary>
    internal IReadOnlyList<InformerScope> All { get; }

    /// <summary>Whether a whole list of each has come once.</summary>
    internal bool Listed => All.All(scope => scope.Listed);

    /// <summary>Whether the API server has the type, as the last list of each found.</summary>
    internal bool Served => All.All(scope => scope.Served);

    /// <summary>Why list or watch of one of them fails at the moment; null when none does.</summary>
    internal string? Trouble => All.Select(scope => scope.Trouble).FirstOrDefault(trouble => trouble is not null);

    /// <summary>The scope that an object of this key belongs to; null when it is in none.</summary>
    internal InformerScope? Of(NamespacedName key) => byNamespace.Count == 0 ? All[0] : key.Namespace is { } ns ? byNamespace.GetValueOrDefault(ns) : null;
}
