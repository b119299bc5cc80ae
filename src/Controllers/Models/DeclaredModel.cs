using Nemotron.Crds;
using Planner = Nemotron.Planning;

namespace Nemotron.Controllers.Models;

/// <summary>The catalogue entry that a NemotronModel stands for. Pure.</summary>
internal static class DeclaredModel
{
    /// <summary>The entry.</summary>
    /// <param name="name">The NemotronModel's name, by which <c>modelRef</c> finds it.</param>
    /// <param name="spec">Its spec.</param>
    /// <param name="architecture">The architecture: declared, or read from a config.json.</param>
    public static Planner.ModelEntry Entry(string name, NemotronModelSpec spec, Planner.ModelArchitecture architecture) => new()
    {
        Name = name,
        DisplayName = spec.HuggingFace?.Id ?? name,
        Architecture = architecture,
        Checkpoints = spec.HuggingFace is { } hub
            ? [new Planner.Checkpoint(hub.Id, Enum.Parse<Planner.Precision>((spec.Precision ?? Precision.BF16).ToString()))]
            : [],
        Engines = [Planner.EngineKind.TrtLlmServe, Planner.EngineKind.Triton, Planner.EngineKind.Vllm],
        Reasoning = new Planner.ReasoningSpec { Grammar = Grammar(spec.ReasoningGrammar ?? ReasoningGrammar.None) },
        // Embedding and LM head stay in bf16 in any case; the planner knows.
        KeptInBf16 = [.. (spec.KeptInBF16 ?? []).Select(Part).OfType<Planner.TensorClass>()],
    };

    /// <summary>The architecture that a spec declares.</summary>
    /// <param name="declared">The declaration.</param>
    /// <param name="maxContextTokens">The longest sequence the model was made for.</param>
    /// <exception cref="ArgumentException">The declaration does not add up; the message says where.</exception>
    public static Planner.ModelArchitecture Architecture(ModelArchitecture declared, long maxContextTokens)
    {
        var runs = new List<Planner.LayerRun>();
        var ownsKeys = false;
        foreach (var (run, index) in declared.Layers.Select((run, index) => (run, index)))
        {
            var attention = run.Attention is { Kind: not AttentionKind.Linear } softmax ? Attention(declared, softmax, index) : null;
            if (attention is { StoresCache: false } && !ownsKeys)
                throw new ArgumentException($"spec.architecture.layers[{index}].attention.sharesKv: no layer before it has keys and values of its own");
            ownsKeys |= attention is { StoresCache: true };
            runs.Add(new Planner.LayerRun(run.Count ?? 1, new Planner.LayerSpec
            {
                Attention = attention,
                LinearAttention = run.Attention?.Kind == AttentionKind.Linear,
                Mamba = run.Mamba is { } mamba ? Mamba(declared, mamba) : null,
                Ffn = run.Ffn is { } ffn ? new Planner.FfnSpec(ffn.Width, ffn.Gated ?? true) : null,
            }));
        }

        return new Planner.ModelArchitecture(
            declared.HiddenSize, declared.VocabularySize, declared.TiedEmbeddings ?? false, (int)maxContextTokens, runs, declared.MetaTokens ?? 0);
    }

    private static Planner.AttentionSpec Attention(ModelArchitecture declared, AttentionLayer layer, int index)
    {
        var kvHeads = layer.KvHeads ?? declared.QueryHeads;
        if (declared.QueryHeads % kvHeads != 0)
            throw new ArgumentException($"spec.architecture.layers[{index}].attention.kvHeads: {kvHeads} does not divide the {declared.QueryHeads} query heads");
        return new Planner.AttentionSpec
        {
            QueryHeads = declared.QueryHeads,
            KvHeads = kvHeads,
            KeyHeadDim = declared.HeadDim,
            ValueHeadDim = declared.ValueHeadDim ?? declared.HeadDim,
            WindowTokens = layer.SlidingWindow,
            StoresCache = layer.SharesKv != true,
        };
    }

    private static Planner.MambaSpec Mamba(ModelArchitecture declared, MambaLayer layer)
    {
        var first = layer.Version == MambaVersion.Mamba1;
        var kernel = layer.ConvKernel ?? 4;
        return new Planner.MambaSpec
        {
            Version = first ? 1 : 2,
            Heads = layer.Heads,
            HeadDim = layer.HeadDim,
            Groups = first ? 1 : layer.Groups ?? 1,
            StateSize = layer.StateSize,
            ConvKernel = kernel,
            ConvStateColumns = kernel - 1,
            TimeStepRank = first ? layer.TimeStepRank ?? (declared.HiddenSize + 15) / 16 : 0,
        };
    }

    private static Planner.ReasoningGrammar Grammar(ReasoningGrammar grammar) => grammar switch
    {
        ReasoningGrammar.DetailedThinking => Planner.ReasoningGrammar.SystemDetailedThinking,
        ReasoningGrammar.NoThink => Planner.ReasoningGrammar.SystemNoThink,
        ReasoningGrammar.ThinkNoThink => Planner.ReasoningGrammar.ThinkTags,
        ReasoningGrammar.ReasoningDictionary => Planner.ReasoningGrammar.SystemJson,
        ReasoningGrammar.EnableThinking => Planner.ReasoningGrammar.ChatTemplateKwargs,
        _ => Planner.ReasoningGrammar.None,
    };

    private static Planner.TensorClass? Part(WeightPart part) => part switch
    {
        WeightPart.Attention => Planner.TensorClass.Attention,
        WeightPart.Ffn => Planner.TensorClass.Ffn,
        WeightPart.Mamba => Planner.TensorClass.Mamba,
        _ => null,
    };
}
