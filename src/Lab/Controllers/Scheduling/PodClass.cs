using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Scheduling;

/// <summary>A required pod (anti-)affinity term.</summary>
/// <param name="Selector">Which pods are meant.</param>
/// <param name="Namespaces">In which namespaces; null for all.</param>
/// <param name="TopologyKey">The node label that makes a domain.</param>
internal sealed record PodTerm(LabelSelector Selector, IReadOnlySet<string>? Namespaces, string TopologyKey)
{
    /// <summary>Whether a pod is meant.</summary>
    public bool Matches(string ns, JsonObject? labels) => (Namespaces is null || Namespaces.Contains(ns)) && Selector.MatchesLabels(labels);
}

/// <summary>A topology spread constraint with <c>whenUnsatisfiable: DoNotSchedule</c>.</summary>
/// <param name="Selector">Which pods are counted, in the pod's own namespace.</param>
/// <param name="TopologyKey">The node label that makes a domain.</param>
/// <param name="MaxSkew">The most pods a domain may have above the emptiest.</param>
internal sealed record SpreadTerm(LabelSelector Selector, string TopologyKey, long MaxSkew);

/// <summary>What the scheduler needs of a pod; equal for all pods of one workload, and shared by them.</summary>
internal sealed record PodClass
{
    /// <summary>What is requested, by slot of <see cref="ResourceSlots"/>, in thousandths; the pods slot holds 1000.</summary>
    public required long[] Requests { get; init; }

    /// <summary>CPU in thousandths and memory in thousandths of bytes as scored: pods that ask for nothing count a little.</summary>
    public required (long Cpu, long Memory) Scored { get; init; }

    /// <summary>The node asked for by <c>nodeSelector</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> NodeSelector { get; init; } = [];

    /// <summary>Required node affinity: one term must match; null when there is none.</summary>
    public IReadOnlyList<NodeTerm>? RequiredNodes { get; init; }

    /// <summary>Preferred node affinity.</summary>
    public IReadOnlyList<NodeTerm> PreferredNodes { get; init; } = [];

    /// <summary>Tolerations.</summary>
    public IReadOnlyList<Toleration> Tolerations { get; init; } = [];

    /// <summary>Pods that must share the domain.</summary>
    public IReadOnlyList<PodTerm> Affinity { get; init; } = [];

    /// <summary>Pods that must not share the domain.</summary>
    public IReadOnlyList<PodTerm> AntiAffinity { get; init; } = [];

    /// <summary>Spread constraints.</summary>
    public IReadOnlyList<SpreadTerm> Spread { get; init; } = [];

    /// <summary>The namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The pod's labels, or null.</summary>
    public JsonObject? Labels { get; init; }

    /// <summary>The controlling owner's uid, or null: pods of one owner are spread when all else is equal.</summary>
    public string? Owner { get; init; }

    /// <summary>Whether other pods' places matter for this one.</summary>
    public bool LooksAtPods => Affinity.Count > 0 || Spread.Count > 0;
}

/// <summary>Reads pods into classes; pods of one workload share one.</summary>
/// <param name="slots">Where resource names get their slots.</param>
internal sealed class PodClasses(ResourceSlots slots)
{
    // What a container without requests is scored as, so that empty pods spread too (upstream's non-zero defaults).
    private const long ScoredCpu = 100;
    private const long ScoredMemory = 200L * 1024 * 1024 * 1000;
    private readonly Dictionary<string, PodClass> known = [];

    /// <summary>The class of a pod as served.</summary>
    public PodClass Of(JsonObject pod)
    {
        var signature = string.Join(
            '\n',
            pod.Namespace(),
            pod.ControllerUid(),
            pod.At("metadata", "labels")?.ToJsonString(),
            pod.At("spec", "nodeSelector")?.ToJsonString(),
            pod.At("spec", "affinity")?.ToJsonString(),
            pod.At("spec", "tolerations")?.ToJsonString(),
            pod.At("spec", "topologySpreadConstraints")?.ToJsonString(),
            pod.At("spec", "overhead")?.ToJsonString(),
            string.Join(';', Containers(pod, "containers").Concat(Containers(pod, "initContainers"))));
        if (known.TryGetValue(signature, out var found)) return found;
        if (known.Count > 10_000) known.Clear();
        return known[signature] = Read(pod);
    }

    private static IEnumerable<string> Containers(JsonObject pod, string list) =>
        pod.Items("spec", list).Select(container => container.Text("restartPolicy") + container.At("resources")?.ToJsonString());

    private PodClass Read(JsonObject pod)
    {
        var ns = pod.Namespace() ?? "";
        var affinity = pod.Obj("spec", "affinity");
        var requests = Requests(pod);
        return new()
        {
            Requests = requests,
            Scored = (Math.Max(requests[ResourceSlots.Cpu], requests[ResourceSlots.Cpu] == 0 ? ScoredCpu : 0),
                Math.Max(requests[ResourceSlots.Memory], requests[ResourceSlots.Memory] == 0 ? ScoredMemory : 0)),
            NodeSelector = [.. (pod.Obj("spec", "nodeSelector") ?? []).Select(entry => KeyValuePair.Create(entry.Key, entry.Value.Text() ?? ""))],
            RequiredNodes = affinity.Obj("nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution") is { } required
                ? [.. required.Items("nodeSelectorTerms").Select(term => NodeTerm.From(term))]
                : null,
            PreferredNodes =
            [
                .. affinity.Items("nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution")
                    .Where(term => term.Obj("preference") is not null)
                    .Select(term => NodeTerm.From(term.Obj("preference")!, term.Whole("weight") ?? 0)),
            ],
            Tolerations = Toleration.Of(pod),
            Affinity = PodTerms(affinity, "podAffinity", ns),
            AntiAffinity = PodTerms(affinity, "podAntiAffinity", ns),
            Spread =
            [
                .. pod.Items("spec", "topologySpreadConstraints")
                    .Where(item => (item.Text("whenUnsatisfiable") ?? "DoNotSchedule") == "DoNotSchedule")
                    .Select(item => new SpreadTerm(LabelSelector.From(item.Obj("labelSelector")), item.Text("topologyKey") ?? "", item.Whole("maxSkew") ?? 1)),
            ],
            Namespace = ns,
            Labels = pod.Obj("metadata", "labels"),
            Owner = pod.ControllerUid(),
        };
    }

    private static IReadOnlyList<PodTerm> PodTerms(JsonObject? affinity, string kind, string ns) =>
    [
        .. affinity.Items(kind, "requiredDuringSchedulingIgnoredDuringExecution").Select(term => new PodTerm(
            LabelSelector.From(term.Obj("labelSelector")),
            // An empty namespaceSelector means all namespaces; the Lab knows no namespace labels beyond that.
            term.Obj("namespaceSelector") is { Count: 0 } ? null : term.Texts("namespaces").DefaultIfEmpty(ns).ToHashSet(),
            term.Text("topologyKey") ?? "")),
    ];

    private long[] Requests(JsonObject pod)
    {
        var main = new SortedDictionary<int, long>();
        var peak = new SortedDictionary<int, long>();
        var sidecars = new SortedDictionary<int, long>();
        foreach (var container in pod.Items("spec", "containers")) Add(main, container);
        foreach (var init in pod.Items("spec", "initContainers"))
        {
            if (init.Text("restartPolicy") == "Always")
            {
                Add(sidecars, init);
                continue;
            }

            var alone = new SortedDictionary<int, long>(sidecars);
            Add(alone, init);
            foreach (var (slot, amount) in alone) peak[slot] = Math.Max(peak.GetValueOrDefault(slot), amount);
        }

        foreach (var (slot, amount) in sidecars) main[slot] = main.GetValueOrDefault(slot) + amount;
        foreach (var (slot, amount) in peak) main[slot] = Math.Max(main.GetValueOrDefault(slot), amount);
        foreach (var (name, amount) in pod.Obj("spec", "overhead") ?? []) main[slots.Of(name)] = main.GetValueOrDefault(slots.Of(name)) + (ResourceQuantity.Milli(amount) ?? 0);
        main[ResourceSlots.Pods] = 1000;
        var requests = new long[Math.Max(ResourceSlots.First, main.Keys.Max() + 1)];
        foreach (var (slot, amount) in main) requests[slot] = amount;
        return requests;
    }

    private void Add(SortedDictionary<int, long> into, JsonObject container)
    {
        var requested = container.Obj("resources", "requests") ?? [];
        foreach (var (name, amount) in requested) Put(name, amount);
        // The API server copies limits into absent requests; a pod made past it is read the same way.
        foreach (var (name, amount) in container.Obj("resources", "limits") ?? [])
        {
            if (!requested.ContainsKey(name)) Put(name, amount);
        }

        void Put(string name, JsonNode? amount) => into[slots.Of(name)] = into.GetValueOrDefault(slots.Of(name)) + (ResourceQuantity.Milli(amount) ?? 0);
    }
}
