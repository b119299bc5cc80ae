using System.Diagnostics.CodeAnalysis;
using Nemotron.Crds;
using Nemotron.Engines.Launch;
using Planner = Nemotron.Planning;

namespace Nemotron.Controllers.Deployments;

/// <summary>The model and weights that a spec means.</summary>
/// <param name="Entry">The model.</param>
/// <param name="Precision">The number format of the weights.</param>
/// <param name="Location">What the engine loads: a Hugging Face id, or a folder inside the container.</param>
/// <param name="Revision">The Hugging Face revision, or null.</param>
/// <param name="Engine">The engine.</param>
internal sealed record ModelChoice(Planner.ModelEntry Entry, Planner.Precision Precision, string Location, string? Revision, Planner.EngineKind Engine)
{
    /// <summary>The checkpoint that the nodes keep on their disks, of which <see cref="Location"/> is the folder; null where they keep none.</summary>
    public CachedWeights? Cached { get; private init; }

    /// <summary>The context that its checkpoint was made for, where the catalogue says that it differs from the model's; else null.</summary>
    public int? CheckpointContextTokens { get; private init; }

    /// <summary>The longest sequence that it was made for, in tokens.</summary>
    public int MaxContextTokens => CheckpointContextTokens ?? Entry.Architecture.MaxContextTokens;

    /// <summary>Finds what <paramref name="spec"/> means.</summary>
    public static bool TryChoose(
        NemotronDeploymentSpec spec,
        Planner.ModelCatalogue models,
        [NotNullWhen(true)] out ModelChoice? choice,
        [NotNullWhen(false)] out Refusal? refusal)
    {
        choice = null;
        refusal = null;
        Planner.ModelEntry entry;
        try
        {
            entry = spec.ModelRef is { } reference ? models.Find(reference.Name) : models.Find(spec.Model!.Value.ToPlanner());
        }
        catch (Planner.UnknownNameException e)
        {
            refusal = new Refusal(ConditionReasons.ModelNotFound,
                $"spec.modelRef.name: {e.Message}. Correct the name, or create a NemotronModel \"{e.Name}\". kubectl nemotron models lists the built-in ones.");
            return false;
        }

        var engine = (spec.Engine?.Type ?? EngineKind.TrtLlmServe).ToPlanner();
        if (!entry.ServedBy(engine))
        {
            refusal = new Refusal(ConditionReasons.EngineNotSupported, entry.Engines.Count == 0
                ? $"spec.modelRef.name: {entry.Name} can be planned for, but no engine that the operator starts serves it. Choose another model."
                : $"spec.engine.type: {engine} does not serve {entry.Name}; {string.Join(" or ", entry.Engines)} does.");
            return false;
        }

        if (spec.TensorParallel is { } degree && Planner.TensorParallelRules.Check(entry.Architecture, degree, engine) is { Allowed: false } verdict)
        {
            refusal = new Refusal(ConditionReasons.ParallelismNotSupported, $"spec.tensorParallel: {verdict.Reason}. {Fix(verdict.Fix)}");
            return false;
        }

        var precision = spec.Precision?.ToPlanner() ?? DefaultPrecision(entry);
        var (location, revision) = Locate(spec.Checkpoint, entry, precision);
        if (location is null)
        {
            refusal = new Refusal(ConditionReasons.InvalidField,
                $"spec.precision: no published {precision} checkpoint of {entry.Name} is known. Name one in spec.checkpoint, or choose {string.Join(" or ", entry.Checkpoints.Select(c => c.Precision).Distinct())}.");
            return false;
        }

        var cached = spec.Checkpoint?.Cache == CheckpointCache.Node ? new CachedWeights(location, revision) : null;
        choice = new ModelChoice(entry, precision, cached?.Path ?? location, cached is null ? revision : null, engine)
        {
            Cached = cached,
            // A folder has no id, and so is none of the catalogue's.
            CheckpointContextTokens = entry.Checkpoints.FirstOrDefault(known => known.HuggingFaceId.Equals(location, StringComparison.OrdinalIgnoreCase))?.MaxContextTokens,
        };
        return true;
    }

    private static Planner.Precision DefaultPrecision(Planner.ModelEntry entry) =>
        entry.CheckpointFor(Planner.Precision.BF16) is not null || entry.Checkpoints.Count == 0 ? Planner.Precision.BF16 : entry.Checkpoints[0].Precision;

    private static (string? Location, string? Revision) Locate(CheckpointSpec? checkpoint, Planner.ModelEntry entry, Planner.Precision precision) => checkpoint switch
    {
        { HuggingFace: { } hub } => (hub.Id, hub.Revision),
        { Pvc: { } claim } => (claim.Path is { } path ? $"{Children.EngineVolumes.CheckpointFolder}/{path}" : Children.EngineVolumes.CheckpointFolder, null),
        { Path: { } path } => (path, null),
        _ => (entry.CheckpointFor(precision)?.HuggingFaceId, null),
    };

    private static string Fix(string? fix) => fix is null ? "" : $"Use {fix}.";
}
