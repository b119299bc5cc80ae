namespace Nemotron.Lab.Controllers.Scheduling;

/// <summary>The pods of one class that hold a place, counted by node.</summary>
/// <param name="pod">The class.</param>
internal sealed class ClassPlacement(PodClass pod)
{
    private readonly Dictionary<string, int> nodes = [];

    /// <summary>The class.</summary>
    public PodClass Class => pod;

    /// <summary>How many are on each node, by its name; nodes without any are left out.</summary>
    public IReadOnlyDictionary<string, int> Nodes => nodes;

    /// <summary>Counts one in.</summary>
    public void Add(string node) => nodes[node] = nodes.GetValueOrDefault(node) + 1;

    /// <summary>Counts one out; whether others are left.</summary>
    public bool Remove(string node)
    {
        if (nodes.GetValueOrDefault(node) > 1) nodes[node]--;
        else nodes.Remove(node);
        return nodes.Count > 0;
    }
}

/// <summary>
/// All pods that hold a place, by class and node: what affinity and spreading ask costs by the number of workloads, not of pods.
/// Kept by one thread.
/// </summary>
internal sealed class Placements
{
    private readonly Dictionary<PodClass, ClassPlacement> byClass = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, HashSet<ClassPlacement>> byLabel = [];
    private readonly HashSet<ClassPlacement> repelling = [];

    /// <summary>Those with anti-affinity, which may keep others away.</summary>
    public IReadOnlyCollection<ClassPlacement> Repelling => repelling;

    /// <summary>Counts a pod in.</summary>
    public void Add(PodClass pod, string node)
    {
        if (!byClass.TryGetValue(pod, out var placement))
        {
            byClass[pod] = placement = new(pod);
            foreach (var place in Places(pod))
            {
                if (!byLabel.TryGetValue(place, out var here)) byLabel[place] = here = [];
                here.Add(placement);
            }

            if (pod.AntiAffinity.Count > 0) repelling.Add(placement);
        }

        placement.Add(node);
    }

    /// <summary>Counts a pod out.</summary>
    public void Remove(PodClass pod, string node)
    {
        if (!byClass.TryGetValue(pod, out var placement) || placement.Remove(node)) return;
        byClass.Remove(pod);
        repelling.Remove(placement);
        foreach (var place in Places(pod))
        {
            if (byLabel.TryGetValue(place, out var here) && here.Remove(placement) && here.Count == 0) byLabel.Remove(place);
        }
    }

    /// <summary>The classes a selector matches.</summary>
    /// <param name="namespaces">In which namespaces; null for all.</param>
    /// <param name="selector">The selector.</param>
    public IEnumerable<ClassPlacement> Matching(IEnumerable<string>? namespaces, LabelSelector selector)
    {
        var candidates = namespaces is null ? byClass.Values : namespaces.SelectMany(ns => At(LabelPlace.Rarest(ns, selector, place => At(place).Count)));
        return candidates.Where(placement => selector.MatchesLabels(placement.Class.Labels));
    }

    private IReadOnlyCollection<ClassPlacement> At(string place) => byLabel.TryGetValue(place, out var here) ? here : [];

    private static IEnumerable<string> Places(PodClass pod)
    {
        yield return LabelPlace.Of(pod.Namespace);
        foreach (var (label, value) in pod.Labels ?? []) yield return LabelPlace.Of(pod.Namespace, label, value.Text() ?? "");
    }
}
