using Nemotron.Crds;

namespace Nemotron.Controllers.Conditions;

/// <summary>Says which fields that a user has set are not acted on: never in silence.</summary>
internal static class NotInEffect
{
    public static void Set(ConditionSet conditions, IReadOnlyList<string> paths)
    {
        if (paths.Count == 0)
            conditions.Set(ConditionTypes.AllFieldsInEffect, true, ConditionReasons.AllInEffect, "Every field that is set is acted on.");
        else
            conditions.Set(ConditionTypes.AllFieldsInEffect, false, ConditionReasons.NotImplemented,
                $"Set, and without effect: {string.Join(", ", paths)}.");
    }
}
