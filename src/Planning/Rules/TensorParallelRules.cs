using System.Globalization;

namespace Nemotron.Planning;

/// <summary>Whether a tensor-parallel degree splits a model evenly.</summary>
/// <param name="Allowed">True when it does.</param>
/// <param name="Reason">Why not, in one sentence; null when allowed.</param>
/// <param name="Nearest">The allowed degrees closest to the one asked for: the next smaller and the next larger, where they exist.</param>
public sealed record TensorParallelVerdict(bool Allowed, string? Reason, IReadOnlyList<int> Nearest)
{
    /// <summary>What to write instead, such as <c>tensorParallel 4 or 8</c>; null when allowed.</summary>
    public string? Fix => Allowed || Nearest.Count == 0
        ? null
        : $"tensorParallel {string.Join(" or ", Nearest.Select(degree => degree.ToString(CultureInfo.InvariantCulture)))}";
}

/// <summary>
/// Which tensor-parallel degrees a model allows: the degree divides the query heads of every attention layer and its KV heads divide the
/// degree or the degree them (facts B.1), the heads and groups of every Mamba layer (facts B.2, C.5), and the width of every FFN. Needs no GPU.
/// </summary>
public static class TensorParallelRules
{
    /// <summary>The largest degree considered.</summary>
    public const int Largest = 128;

    /// <summary>Judges one degree.</summary>
    /// <param name="architecture">The model.</param>
    /// <param name="tensorParallel">GPUs in the group.</param>
    /// <param name="engine">vLLM gives each GPU a copy of a Mamba group when there are fewer groups than GPUs; TensorRT-LLM does not.</param>
    public static TensorParallelVerdict Check(
        ModelArchitecture architecture, int tensorParallel, EngineKind engine = EngineKind.TrtLlmServe)
    {
        var reason = Objection(architecture, tensorParallel, engine);
        return reason is null ? AllowedVerdict : new TensorParallelVerdict(false, reason, Nearest(architecture.Table.AllowedDegrees(architecture, engine), tensorParallel));
    }

    /// <summary>The allowed degrees in ascending order; 1 is always among them.</summary>
    /// <param name="architecture">The model.</param>
    /// <param name="engine">The engine that splits it.</param>
    /// <param name="most">The largest degree wanted, at most <see cref="Largest"/>.</param>
    public static IReadOnlyList<int> Allowed(
        ModelArchitecture architecture, EngineKind engine = EngineKind.TrtLlmServe, int most = Largest)
    {
        var degrees = architecture.Table.AllowedDegrees(architecture, engine);
        return most >= Largest ? degrees : [.. degrees.Where(degree => degree <= most)];
    }

    /// <summary>Judges one degree for weights of a precision, which may ask for more than the sizes alone.</summary>
    /// <param name="model">The model.</param>
    /// <param name="precision">The precision of its weights.</param>
    /// <param name="tensorParallel">GPUs in the group.</param>
    /// <param name="engine">The engine that splits it.</param>
    public static TensorParallelVerdict Check(ModelEntry model, Precision precision, int tensorParallel, EngineKind engine)
    {
        var reason = Objection(model.Architecture, tensorParallel, engine)
            ?? (WidthInPartBlocks(model, precision, tensorParallel) is { } width
                ? $"{tensorParallel} GPUs split an FFN of width {width} into {width / tensorParallel} each, which NVFP4's blocks of {Nvfp4Block} do not divide"
                : null);
        return reason is null ? AllowedVerdict : new TensorParallelVerdict(false, reason, Nearest(
            model.Architecture.Table.AllowedDegrees(model.Architecture, engine).Where(degree => WholeBlocks(model, precision, degree)), tensorParallel));
    }

    /// <summary>Whether every GPU's share of the weights is made of whole blocks of their number format.</summary>
    /// <param name="model">The model.</param>
    /// <param name="precision">The precision of its weights.</param>
    /// <param name="tensorParallel">GPUs in the group, one of the degrees that split the model evenly.</param>
    public static bool WholeBlocks(ModelEntry model, Precision precision, int tensorParallel) => WidthInPartBlocks(model, precision, tensorParallel) is null;

    // Elements that share a scale, along the width that a GPU has its share of.
    private const int Nvfp4Block = 16;

    // Unsplit, a checkpoint is as its maker made it.
    private static int? WidthInPartBlocks(ModelEntry model, Precision precision, int tp)
    {
        if (precision != Precision.NVFP4 || tp == 1 || model.KeptInBf16.Contains(TensorClass.Ffn)) return null;
        foreach (var kind in model.Architecture.Table.Kinds)
        {
            if (kind.Ffn is { } ffn && ffn.Width / tp % Nvfp4Block != 0) return ffn.Width;
        }
        return null;
    }

    private static readonly TensorParallelVerdict AllowedVerdict = new(true, null, []);

    internal static string? Objection(ModelArchitecture architecture, int tp, EngineKind engine)
    {
        if (tp < 1) return $"tensorParallel must be at least 1, not {tp}";
        if (tp > Largest) return $"tensorParallel {tp} is over {Largest}, the largest degree planned";
        foreach (var kind in architecture.Table.Kinds)
        {
            if (AttentionObjection(kind, tp) is { } attention) return attention;
            if (MambaObjection(kind, tp, engine) is { } mamba) return mamba;
            if (kind.Ffn is { } ffn && ffn.Width % tp != 0)
                return $"{tp} GPUs do not divide an FFN of width {ffn.Width}";
        }
        return null;
    }

    private static string? AttentionObjection(LayerSpec kind, int tp)
    {
        if (kind.Attention is not { } attention) return null;
        if (attention.QueryHeads % tp != 0) return $"{tp} GPUs do not divide {attention.QueryHeads} query heads";
        return attention.KvHeads % tp != 0 && tp % attention.KvHeads != 0
            ? $"{tp} GPUs neither divide {attention.KvHeads} KV heads nor hold whole copies of them"
            : null;
    }

    private static string? MambaObjection(LayerSpec kind, int tp, EngineKind engine)
    {
        if (kind.Mamba is not { } mamba) return null;
        if (mamba.Version == 1)
            return mamba.InnerWidth % tp == 0 ? null : $"{tp} GPUs do not divide {mamba.InnerWidth} Mamba channels";
        if (mamba.Heads % tp != 0) return $"{tp} GPUs do not divide {mamba.Heads} Mamba heads";
        if (mamba.Groups % tp == 0) return null;
        return engine == EngineKind.Vllm && tp % mamba.Groups == 0
            ? null
            : $"{tp} GPUs do not divide {mamba.Groups} Mamba groups";
    }

    private static List<int> Nearest(IEnumerable<int> allowed, int tp)
    {
        int? below = null;
        foreach (var degree in allowed)
        {
            if (degree > tp) return below is { } smaller ? [smaller, degree] : [degree];
            below = degree;
        }
        return below is { } largest ? [largest] : [];
    }
}
