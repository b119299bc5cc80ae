using Nemotron.Crds;
using Planner = Nemotron.Planning;

namespace Nemotron.Controllers.Deployments;

/// <summary>The API's words in the planner's terms. A test holds the two lists of words together.</summary>
internal static class PlannerTerms
{
    public static Planner.ModelTier ToPlanner(this ModelTier tier) => Enum.Parse<Planner.ModelTier>(tier.ToString());

    public static Planner.Precision ToPlanner(this Precision precision) => Enum.Parse<Planner.Precision>(precision.ToString());

    public static Planner.KvPrecision ToPlanner(this KvPrecision precision) => Enum.Parse<Planner.KvPrecision>(precision.ToString());

    public static Planner.StatePrecision ToPlanner(this StatePrecision precision) => Enum.Parse<Planner.StatePrecision>(precision.ToString());

    public static Planner.EngineKind ToPlanner(this EngineKind engine) => Enum.Parse<Planner.EngineKind>(engine.ToString());

    public static Precision ToApi(this Planner.Precision precision) => Enum.Parse<Precision>(precision.ToString());

    public static KvPrecision ToApi(this Planner.KvPrecision precision) => Enum.Parse<KvPrecision>(precision.ToString());
}
