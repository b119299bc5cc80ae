using Nemotron.Crds;
using Planner = Nemotron.Planning;

namespace Nemotron.Controllers.Models;

/// <summary>The computed sizes of a model, for its status. Pure.</summary>
internal static class ModelStatus
{
    private const int LargestDegree = 16;

    public static NemotronModelStatus Of(Planner.ModelEntry entry)
    {
        var sizes = Planner.ModelSizes.Of(entry);
        return new NemotronModelStatus
        {
            Parameters = sizes.Parameters,
            Layers = entry.Architecture.LayerCount,
            AttentionLayers = sizes.CacheLayers,
            MambaLayers = sizes.MambaLayers,
            WeightsBytes = new WeightSizes
            {
                BF16 = sizes.WeightsBytes(Planner.Precision.BF16),
                FP8 = sizes.WeightsBytes(Planner.Precision.FP8),
                NVFP4 = sizes.WeightsBytes(Planner.Precision.NVFP4),
            },
            KvBytesPerToken = sizes.KvBytesPerToken(Planner.KvPrecision.BF16),
            StateBytesPerSequence = sizes.StateBytesPerSequence(Planner.StatePrecision.FP32),
            ValidTensorParallel = [.. Planner.TensorParallelRules.Allowed(entry.Architecture, most: LargestDegree)],
        };
    }
}
