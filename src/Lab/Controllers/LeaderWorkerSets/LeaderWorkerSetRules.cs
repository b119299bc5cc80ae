using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Controllers.Workloads;
using Nemotron.Lab.Kinds.Validation;

namespace Nemotron.Lab.Controllers.LeaderWorkerSets;

/// <summary>What the webhooks of the real thing fill into a LeaderWorkerSet and refuse in one, beyond what the schema says.</summary>
internal static class LeaderWorkerSetRules
{
    private const string Template = "spec.leaderWorkerTemplate";
    private const string Rolling = "spec.rolloutStrategy.rollingUpdateConfiguration";
    private const string SubGroup = Template + ".subGroupPolicy.subGroupSize";

    /// <summary>Fills, in place, what is absent.</summary>
    public static void Default(JsonObject set)
    {
        var spec = set.Ensure("spec");
        var template = spec.Ensure("leaderWorkerTemplate");
        // The old name of the same policy.
        if (template.Text("restartPolicy") == "Default") template["restartPolicy"] = "None";
        var strategy = spec.Ensure("rolloutStrategy");
        strategy["type"] ??= "RollingUpdate";
        var rolling = strategy.Ensure("rollingUpdateConfiguration");
        rolling["partition"] ??= 0;
        rolling["maxUnavailable"] ??= 1;
        rolling["maxSurge"] ??= 0;
        spec.Ensure("networkConfig")["subdomainPolicy"] ??= "Shared";
    }

    /// <summary>The faults of a set.</summary>
    /// <param name="set">The set, defaulted.</param>
    /// <param name="old">The set as it was, or null on create.</param>
    public static IReadOnlyList<StatusCause> Validate(JsonObject set, JsonObject? old)
    {
        var faults = new Faults();
        // The name becomes that of a Service.
        faults.InvalidAll("metadata.name", set.Name(), Names.Dns1035Label(set.Name()));
        var replicas = set.Whole("spec", "replicas") ?? 1;
        var size = set.Whole("spec", "leaderWorkerTemplate", "size") ?? 1;
        if (size < 1) faults.Invalid($"{Template}.size", size, "must be at least 1: the leader");
        if (replicas * size > int.MaxValue) faults.Invalid("spec.replicas", replicas, $"groups times their size must not exceed {int.MaxValue}");
        CheckRollout(set, (int)replicas, faults);
        CheckSubGroups(set, (int)size, faults);
        if (old is not null) CheckChange(set, old, faults);
        return faults.Found;
    }

    private static void CheckRollout(JsonObject set, int replicas, Faults faults)
    {
        var rolling = set.Obj("spec", "rolloutStrategy", "rollingUpdateConfiguration");
        foreach (var field in (ReadOnlySpan<string>)["maxUnavailable", "maxSurge"])
        {
            WorkloadValidation.CheckCount(rolling?[field], $"{Rolling}.{field}", faults);
            if (IntOrPercent.IsPercent(rolling?[field]) && IntOrPercent.Resolve(rolling?[field], 100, roundUp: true, "0") > 100)
                faults.Invalid($"{Rolling}.{field}", rolling![field]!.DeepClone(), "must not be greater than 100%");
        }

        faults.NonNegative($"{Rolling}.partition", rolling.Whole("partition"));
        var unavailable = IntOrPercent.Resolve(rolling?["maxUnavailable"], replicas, roundUp: false, "1");
        var surge = IntOrPercent.Resolve(rolling?["maxSurge"], replicas, roundUp: true, "0");
        if (unavailable == 0 && surge == 0 && replicas != 0)
            faults.Invalid($"{Rolling}.maxUnavailable", rolling?["maxUnavailable"]?.DeepClone(), "must not be 0 when `maxSurge` is 0");
    }

    private static void CheckSubGroups(JsonObject set, int size, Faults faults)
    {
        if (set.Obj("spec", "leaderWorkerTemplate", "subGroupPolicy") is not { } policy)
        {
            if (set.Annotation(Lws.SubGroupExclusiveAnnotation) is { } topology)
                faults.Invalid($"metadata.annotations[{Lws.SubGroupExclusiveAnnotation}]", topology, $"there are no subgroups: set {SubGroup}");
            return;
        }

        if (policy.Whole("subGroupSize") is not { } sub)
        {
            faults.Required(SubGroup);
            return;
        }

        if (sub < 1)
        {
            faults.Invalid(SubGroup, sub, "must be at least 1");
            return;
        }

        if (sub > size) faults.Invalid(SubGroup, sub, string.Create(CultureInfo.InvariantCulture, $"must not be greater than the group's size, {size}"));
        if (policy.Text("subGroupPolicyType") == "LeaderExcluded" && (size - 1) % sub != 0) faults.Invalid(SubGroup, sub, "the workers, size - 1, must divide into subgroups evenly");
        else if (size % sub != 0 && (size - 1) % sub != 0) faults.Invalid(SubGroup, sub, "size, or size - 1, must divide into subgroups evenly");
    }

    private static void CheckChange(JsonObject set, JsonObject old, Faults faults)
    {
        var (now, was) = (set.Obj("spec", "leaderWorkerTemplate", "subGroupPolicy"), old.Obj("spec", "leaderWorkerTemplate", "subGroupPolicy"));
        if (now is null != was is null) faults.Invalid(SubGroup, (now ?? was).Whole("subGroupSize") ?? 0, "subgroups can neither be introduced nor given up once the set exists");
        else if (now.Whole("subGroupSize") != was.Whole("subGroupSize")) faults.Invalid(SubGroup, now.Whole("subGroupSize") ?? 0, "field is immutable");
    }
}
