namespace Nemotron.Lab.Controllers.Scheduling;

/// <summary>
/// Required pod affinity, anti-affinity and topology spread of one pod against the pods placed now. Made once per decision: the
/// domains are counted over all pods, then each node is a look-up.
/// </summary>
internal sealed class PodConstraints
{
    public const string AffinityReason = "node(s) didn't match pod affinity rules";
    public const string AntiAffinityReason = "node(s) didn't match pod anti-affinity rules";
    public const string ExistingAntiAffinityReason = "node(s) didn't satisfy existing pods anti-affinity rules";
    public const string SpreadReason = "node(s) didn't match pod topology spread constraints";
    public const string SpreadLabelReason = "node(s) didn't match pod topology spread constraints (missing required label)";

    private readonly List<(string Key, HashSet<string> Domains, bool Open)> wanted = [];
    private readonly List<(string Key, HashSet<string> Domains)> shunned = [];
    private readonly Dictionary<string, HashSet<string>> repelled = [];
    private readonly List<(string Key, Dictionary<string, long> Counts, long Least, long MaxSkew, bool SelfMatch)> spread = [];

    /// <summary>Counts domains for a pod.</summary>
    public PodConstraints(PodClass pod, ClusterState state)
    {
        foreach (var term in pod.Affinity)
        {
            var domains = Domains(state, term);
            // The first pod of a group that only wants its own kind beside it may go anywhere.
            wanted.Add((term.TopologyKey, domains, domains.Count == 0 && term.Matches(pod.Namespace, pod.Labels)));
        }

        foreach (var term in pod.AntiAffinity) shunned.Add((term.TopologyKey, Domains(state, term)));
        foreach (var other in state.Placements.Repelling)
        {
            foreach (var term in other.Class.AntiAffinity)
            {
                if (!term.Matches(pod.Namespace, pod.Labels)) continue;
                if (!repelled.TryGetValue(term.TopologyKey, out var domains)) repelled[term.TopologyKey] = domains = [];
                foreach (var node in other.Nodes.Keys)
                {
                    if (state.Node(node)?.Labels.GetValueOrDefault(term.TopologyKey) is { } domain) domains.Add(domain);
                }
            }
        }

        foreach (var term in pod.Spread) spread.Add(Count(pod, state, term));
    }

    /// <summary>Whether there is nothing to check.</summary>
    public bool IsEmpty => wanted.Count + shunned.Count + repelled.Count + spread.Count == 0;

    /// <summary>Why a node does not take the pod, or null when it does.</summary>
    public string? Reason(NodeState node)
    {
        foreach (var (key, counts, least, maxSkew, selfMatch) in spread)
        {
            if (!node.Labels.TryGetValue(key, out var domain)) return SpreadLabelReason;
            if (counts.GetValueOrDefault(domain) + (selfMatch ? 1 : 0) - least > maxSkew) return SpreadReason;
        }

        foreach (var (key, domains, open) in wanted)
        {
            if (!node.Labels.TryGetValue(key, out var domain) || (!open && !domains.Contains(domain))) return AffinityReason;
        }

        foreach (var (key, domains) in shunned)
        {
            if (node.Labels.TryGetValue(key, out var domain) && domains.Contains(domain)) return AntiAffinityReason;
        }

        foreach (var (key, domains) in repelled)
        {
            if (node.Labels.TryGetValue(key, out var domain) && domains.Contains(domain)) return ExistingAntiAffinityReason;
        }

        return null;
    }

    private static HashSet<string> Domains(ClusterState state, PodTerm term)
    {
        var domains = new HashSet<string>();
        foreach (var other in state.Placements.Matching(term.Namespaces, term.Selector))
        {
            foreach (var node in other.Nodes.Keys)
            {
                if (state.Node(node)?.Labels.GetValueOrDefault(term.TopologyKey) is { } domain) domains.Add(domain);
            }
        }

        return domains;
    }

    private static (string Key, Dictionary<string, long> Counts, long Least, long MaxSkew, bool SelfMatch) Count(PodClass pod, ClusterState state, SpreadTerm term)
    {
        var counts = new Dictionary<string, long>();
        foreach (var node in state.Nodes)
        {
            // Only nodes the pod could go to by its own selection make domains.
            if (node.Labels.TryGetValue(term.TopologyKey, out var domain) && NodeFit.MatchesNode(pod, node)) counts.TryAdd(domain, 0);
        }

        foreach (var other in state.Placements.Matching([pod.Namespace], term.Selector))
        {
            foreach (var (node, pods) in other.Nodes)
            {
                if (state.Node(node)?.Labels.GetValueOrDefault(term.TopologyKey) is { } domain && counts.TryGetValue(domain, out var count)) counts[domain] = count + pods;
            }
        }

        return (term.TopologyKey, counts, counts.Values.DefaultIfEmpty().Min(), term.MaxSkew, term.Selector.MatchesLabels(pod.Labels));
    }
}
