using System.Text.Json.Serialization;
using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>Why the operator takes a node out of service.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DisruptionReason>))]
public enum DisruptionReason
{
    /// <summary>Sick GPUs or a sick node.</summary>
    Repair,

    /// <summary>To free whole nodes.</summary>
    Consolidation,

    /// <summary>By a person's request.</summary>
    Maintenance,
}

/// <summary>How many nodes may be out of service at once.</summary>
[ValidationRule("has(self.schedule) == has(self.duration)", message: "schedule and duration must be set together")]
public sealed record DisruptionBudget
{
    /// <summary>A count, or a percentage of the pool's nodes such as 10%.</summary>
    [RangeMinimum(0), Pattern(Patterns.Percent)]
    public required IntOrString Nodes { get; init; }

    /// <summary>The reasons that the budget is about. Absent: all.</summary>
    [Items(1, 3), XListType(XListType.Set)]
    public IReadOnlyList<DisruptionReason>? Reasons { get; init; }

    /// <summary>When the budget begins to hold: five cron fields in UTC. Absent: it always holds.</summary>
    [Length(9, 100), Pattern(@"^[0-9A-Za-z*/,-]+( [0-9A-Za-z*/,-]+){4}$")]
    public string? Schedule { get; init; }

    /// <summary>How long it holds from then.</summary>
    [ValidationRule("self > duration('0s')", message: "must be above zero")]
    public Duration? Duration { get; init; }
}

/// <summary>What is done with a sick node.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RepairAction>))]
public enum RepairAction
{
    /// <summary>It is reported.</summary>
    Report,

    /// <summary>It is cordoned, its replicas are drained and moved, and it waits for a person.</summary>
    Drain,

    /// <summary>As Drain; then the provisioner deletes the node and gets another.</summary>
    Replace,
}

/// <summary>What is done about sick GPUs and nodes.</summary>
public sealed record HealthPolicy
{
    /// <summary>Report: say so. Drain: cordon the node, move its replicas, and leave it to a person. Replace: as Drain, then get another node; a Static pool stops at Drain.</summary>
    [DefaultValue(RepairAction.Report)]
    public RepairAction? Repair { get; init; }

    /// <summary>How long a node must have been sick before it is repaired. Faults that cannot pass, such as a GPU off the bus, are acted on at once.</summary>
    [DefaultValue("5m")]
    public Duration? UnhealthyAfter { get; init; }

    /// <summary>How long a repaired node must have been well before it is used again.</summary>
    [DefaultValue("10m")]
    public Duration? HealthyAfter { get; init; }

    /// <summary>Share of the pool, in percent, above which the signal is doubted and nothing is repaired.</summary>
    [DefaultValue(50), RangeMinimum(1), RangeMaximum(100)]
    public int? DoubtAbovePercent { get; init; }

    /// <summary>XID error codes that are not to be acted on, besides those the catalogue ignores.</summary>
    [Items(maxItems: 64), XListType(XListType.Set), RangeMinimum(1), RangeMaximum(1000)]
    public IReadOnlyList<int>? IgnoreXids { get; init; }
}

/// <summary>Whether replicas are moved to free nodes.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConsolidationMode>))]
public enum ConsolidationMode
{
    /// <summary>Only nodes that are empty anyway are given back.</summary>
    WhenEmpty,

    /// <summary>As WhenEmpty; what would be moved is shown in status and not done.</summary>
    DryRun,

    /// <summary>Replicas are moved, the fewest that free a node, within budgets and PodDisruptionBudgets.</summary>
    WhenFragmented,
}

/// <summary>Whether replicas are moved so that whole nodes become free.</summary>
public sealed record ConsolidationPolicy
{
    /// <summary>WhenEmpty: nothing is moved. DryRun: what would be moved is shown in status. WhenFragmented: the fewest replicas that free a node are moved, within budgets and PodDisruptionBudgets.</summary>
    [DefaultValue(ConsolidationMode.WhenEmpty)]
    public ConsolidationMode? Mode { get; init; }

    /// <summary>How long the pool must have been as it is before anything is moved.</summary>
    [DefaultValue("15m")]
    public Duration? After { get; init; }
}
