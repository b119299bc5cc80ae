namespace Nemotron.Planning;

/// <summary>
/// Where the memory of a replica goes and what it holds. All bytes are exact; figures "per GPU" are those of the stage where
/// they are largest. <see cref="Lines"/> tells the plan in words, and is only worked out when asked for.
/// </summary>
public sealed class MemoryPlan
{
    private readonly StageFigures[] _stages;
    private IReadOnlyList<PlanLine>? _lines;

    internal MemoryPlan(PlanRequest request, int tensorParallel, StageFigures[] stages, int bindingStage)
    {
        Request = request;
        TensorParallel = tensorParallel;
        _stages = stages;
        BindingStage = bindingStage;
    }

    /// <summary>What was asked, with numbers that were out of range brought into it.</summary>
    public PlanRequest Request { get; }

    /// <summary>The model.</summary>
    public ModelEntry Model => Request.Model;

    /// <summary>Tensor-parallel degree, as asked for or as chosen.</summary>
    public int TensorParallel { get; }

    /// <summary>Pipeline stages.</summary>
    public int PipelineParallel => _stages.Length;

    /// <summary>GPUs of the replica.</summary>
    public int Gpus => TensorParallel * PipelineParallel;

    /// <summary>Nodes of the replica.</summary>
    public int Nodes => NodesFor(TensorParallel);

    /// <summary>Tokens of the longest sequence.</summary>
    public int ContextTokens { get; internal init; }

    /// <summary>Precision of the KV cache.</summary>
    public KvPrecision KvPrecision { get; internal init; }

    /// <summary>Precision of the SSM state.</summary>
    public StatePrecision SsmState { get; internal init; }

    /// <summary>The engine's memory fraction.</summary>
    public double MemoryFraction { get; internal init; }

    /// <summary>Memory of each GPU.</summary>
    public long GpuBytes { get; internal init; }

    /// <summary>Learned elements of the model.</summary>
    public long Parameters => Model.Architecture.Parameters.Total;

    /// <summary>The stages, in order.</summary>
    public IReadOnlyList<StageFigures> Stages => _stages;

    /// <summary>The index of the fullest stage, which limits all.</summary>
    public int BindingStage { get; }

    /// <summary>The figures of the fullest stage.</summary>
    public StageFigures Fullest => _stages[BindingStage];

    /// <summary>Weights on the GPUs of the heaviest stage.</summary>
    public long WeightsBytesPerGpu => _stages.Max(stage => stage.WeightBytes);

    /// <summary>KV cache bytes per token of the whole model, unsplit.</summary>
    public long KvBytesPerToken => Whole.KvBytesPerToken;

    /// <summary>KV cache bytes per token on the GPUs of the stage with the most.</summary>
    public long KvBytesPerTokenPerGpu => _stages.Max(stage => stage.KvBytesPerToken);

    /// <summary>Recurrent state per sequence of the whole model, unsplit; independent of the context.</summary>
    public long StateBytesPerSequence => Whole.StateBytesPerSequence;

    /// <summary>Recurrent state per sequence on the GPUs of the stage with the most.</summary>
    public long StateBytesPerSequencePerGpu => _stages.Max(stage => stage.StateBytesPerSequence);

    /// <summary>Cache and state of one sequence of <see cref="ContextTokens"/> over the whole model, unsplit, in whole blocks.</summary>
    public long BytesPerSequenceAtContext => Whole.BytesPerSequence;

    /// <summary>Activations of one forward pass, per GPU.</summary>
    public long ActivationBytes { get; internal init; }

    /// <summary>NCCL buffers, per GPU.</summary>
    public long NcclBytes { get; internal init; }

    /// <summary>What the engine takes for cache and state on the GPUs of the fullest stage.</summary>
    public long CacheBudgetBytes => Fullest.BudgetBytes;

    /// <summary>What is left to the CUDA context, CUDA graphs and the allocator on the GPUs of the fullest stage; negative where not even the weights fit.</summary>
    public long HeldBackBytes => GpuBytes - Fullest.WeightBytes - ActivationBytes - NcclBytes - Fullest.BudgetBytes;

    /// <summary>
    /// Tokens that the replica caches beside the state of <see cref="PlanRequest.Concurrency"/> sequences, in whole blocks. 0 for a model without KV cache.
    /// </summary>
    public long KvTokens { get; internal init; }

    /// <summary>Sequences of <see cref="ContextTokens"/> that the replica holds at once.</summary>
    public long MaxSequences => Math.Min(Fullest.MaxSequences, MemoryPlanner.MaxConcurrency);

    /// <summary>Bytes per GPU of the fullest stage that the asked sequences leave of the budget; negative by what is missing.</summary>
    public long HeadroomBytes
    {
        get
        {
            // Absurd but valid requests ask for more bytes than a long counts.
            var left = Fullest.BudgetBytes - Fullest.PaddingBytes - (Int128)Request.Concurrency * Fullest.BytesPerSequence;
            return left < long.MinValue ? long.MinValue : (long)left;
        }
    }

    /// <summary>The longest context of which the asked number of sequences fits, at most <see cref="ContextTokens"/>; 0 if none does.</summary>
    public int LargestContextTokens { get; internal init; }

    /// <summary>Whether memory holds the asked sequences at the asked context.</summary>
    public bool MemoryFits { get; internal init; }

    /// <summary>Whether memory holds at least one sequence of the asked context: less than that cannot be served at all.</summary>
    public bool HoldsOneSequence => MaxSequences >= 1 && CacheBudgetBytes > 0;

    /// <summary>Whether the replica can be run as asked: memory holds it and no rule refuses it.</summary>
    public bool Fits => MemoryFits && !Refused;

    /// <summary>Whether the engine is known to serve the model.</summary>
    public bool Servable => Model.ServedBy(Request.Engine);

    /// <summary>The smallest degree that fits with all else as asked, beyond the NVLink domain if need be; null if none does.</summary>
    public int? MinTensorParallel { get; internal init; }

    /// <summary>Nodes of a replica of <see cref="MinTensorParallel"/>; null if none fits.</summary>
    public int? MinNodes => MinTensorParallel is { } degree ? NodesFor(degree) : null;

    /// <summary>What limits the number of sequences.</summary>
    public PlanBinding Binding =>
        RefusedByRule ? PlanBinding.Rules
        : CacheBudgetBytes == 0 ? PlanBinding.Weights
        : Fullest.StateBytesPerSequence * 2 > Fullest.BytesPerSequence ? PlanBinding.State
        : PlanBinding.KvCache;

    /// <summary>Why the plan cannot be run, and what else a person should know.</summary>
    public IReadOnlyList<PlanFinding> Findings { get; internal set; } = [];

    /// <summary>The plan in words, one line per figure: what it is, how much, and how it came about.</summary>
    public IReadOnlyList<PlanLine> Lines => _lines ??= PlanNarrator.Tell(this);

    internal StageFigures Whole { get; init; }

    private bool Refused => Findings.Any(finding => finding.Refuses);

    private bool RefusedByRule => Findings.Any(finding => finding is { Refuses: true, Kind: not PlanFindingKind.Memory });

    private int NodesFor(int degree)
    {
        var perNode = PlanRules.GpusPerNode(Request);
        return (degree * PipelineParallel + perNode - 1) / perNode;
    }
}
