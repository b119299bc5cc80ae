using System.Globalization;
using System.Text.Json.Nodes;
using k8s.Models;
using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Controllers.NodePools.Provisioning;

/// <summary>The Karpenter NodePool that a GpuNodePool comes to. Pure.</summary>
internal static class KarpenterSpec
{
    // As Scale's default delay: what has just become empty may be wanted again.
    private const string ConsolidateAfter = "10m";

    /// <summary>The NodePool; null where the spec has no part for it.</summary>
    public static KarpenterNodePool? Of(GpuNodePool pool)
    {
        var spec = pool.Spec;
        if (spec is not { Provisioner.Karpenter: { } karpenter, Gpu: { } gpu, MaxNodes: { } most }) return null;
        var body = new JsonObject
        {
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject { ["labels"] = Labels(pool) },
                ["spec"] = Template(spec, karpenter),
            },
            ["limits"] = new JsonObject { [GpuResource.Name] = (most * gpu.PerNode).ToString(CultureInfo.InvariantCulture) },
            ["disruption"] = new JsonObject
            {
                // Whole nodes only: to move a group is a decision of its own.
                ["consolidationPolicy"] = "WhenEmpty",
                ["consolidateAfter"] = ConsolidateAfter,
                ["budgets"] = Budgets(spec),
            },
        };
        if (karpenter.Weight is { } weight) body["weight"] = weight;
        return new KarpenterNodePool
        {
            Metadata = new V1ObjectMeta
            {
                Name = pool.Metadata.Name,
                Labels = new Dictionary<string, string> { [NemotronLabels.ManagedBy] = NemotronLabels.ManagedByValue },
            },
            Spec = body,
        };
    }

    private static JsonObject Template(GpuNodePoolSpec spec, KarpenterProvisioner karpenter)
    {
        var template = new JsonObject
        {
            ["nodeClassRef"] = new JsonObject { ["group"] = karpenter.NodeClassRef.Group, ["kind"] = karpenter.NodeClassRef.Kind, ["name"] = karpenter.NodeClassRef.Name },
            ["requirements"] = new JsonArray([.. (karpenter.Requirements ?? []).Select(Requirement)]),
            // Karpenter's own default is 720h.
            ["expireAfter"] = karpenter.ExpireAfter is { } age ? Text(age.Value) : "Never",
        };
        if (spec.Taints is { Count: > 0 } taints) template["taints"] = new JsonArray([.. taints.Select(Taint)]);
        return template;
    }

    /// <summary>What makes a node one of the pool, and what pods planned for the pool select by: without it Karpenter would not know that a node of this kind takes them.</summary>
    private static JsonObject Labels(GpuNodePool pool)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in (pool.Spec.NodeSelector ?? new Dictionary<string, string>()).Concat(pool.Spec.Labels ?? new Dictionary<string, string>()))
            // Karpenter sets its own labels itself, and refuses them here.
            if (key.Split('/')[0] != KarpenterNodePool.GroupName) labels[key] = value;
        labels[NemotronLabels.NodePool] = pool.Metadata.Name;
        return new JsonObject(labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value)));
    }

    private static JsonObject Requirement(NodeRequirement requirement)
    {
        var json = new JsonObject { ["key"] = requirement.Key, ["operator"] = requirement.Operator.ToString() };
        if (requirement.Values is { Count: > 0 } values) json["values"] = new JsonArray([.. values.Select(value => (JsonNode)value)]);
        return json;
    }

    private static JsonObject Taint(V1Taint taint)
    {
        var json = new JsonObject { ["key"] = taint.Key, ["effect"] = taint.Effect };
        if (!string.IsNullOrEmpty(taint.Value)) json["value"] = taint.Value;
        return json;
    }

    /// <summary>Consolidation is what Karpenter calls Empty and Underutilized, maintenance its Drifted; repair is the operator's alone.</summary>
    private static JsonArray Budgets(GpuNodePoolSpec spec)
    {
        var budgets = new JsonArray();
        foreach (var budget in spec.Budgets ?? [new DisruptionBudget { Nodes = "1" }])
        {
            var reasons = (budget.Reasons ?? []).SelectMany(reason => reason switch
            {
                DisruptionReason.Consolidation => new[] { "Empty", "Underutilized" },
                DisruptionReason.Maintenance => ["Drifted"],
                _ => [],
            }).ToList();
            if (budget.Reasons is { Count: > 0 } && reasons.Count == 0) continue;
            var json = new JsonObject { ["nodes"] = budget.Nodes.Value };
            if (reasons.Count > 0) json["reasons"] = new JsonArray([.. reasons.Select(reason => (JsonNode)reason)]);
            if (budget is { Schedule: { } schedule, Duration: { } duration })
            {
                json["schedule"] = schedule;
                json["duration"] = Text(duration.Value);
            }

            budgets.Add(json);
        }

        return budgets;
    }

    // Karpenter takes hours and minutes; a part of a minute counts as one.
    private static string Text(TimeSpan span)
    {
        var minutes = (long)Math.Ceiling(span.TotalMinutes);
        return minutes % 60 == 0 ? $"{minutes / 60}h" : minutes < 60 ? $"{minutes}m" : $"{minutes / 60}h{minutes % 60}m";
    }
}
