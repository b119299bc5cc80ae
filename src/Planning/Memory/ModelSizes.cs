namespace Nemotron.Planning;

/// <summary>Computed sizes of a whole model, apart from any GPU: what a NemotronModel's status and a list of models show.</summary>
public sealed class ModelSizes
{
    private readonly ModelEntry _model;

    private ModelSizes(ModelEntry model) => _model = model;

    /// <summary>Sizes of a model.</summary>
    /// <param name="model">The model.</param>
    public static ModelSizes Of(ModelEntry model) => new(model);

    /// <summary>Learned elements.</summary>
    public long Parameters => _model.Architecture.Parameters.Total;

    /// <summary>Layers that store a KV cache.</summary>
    public int CacheLayers => (int)Sum(layer => layer.Attention is { StoresCache: true } ? 1 : 0);

    /// <summary>Layers that keep a recurrent state.</summary>
    public int MambaLayers => (int)Sum(layer => layer.Mamba is null ? 0 : 1);

    /// <summary>Bytes of all weights, scales counted.</summary>
    /// <param name="precision">Precision of the checkpoint.</param>
    public long WeightsBytes(Precision precision) => WeightBytes.Of(_model.Architecture.Parameters, precision, _model);

    /// <summary>KV bytes that one token writes over all layers.</summary>
    /// <param name="precision">Precision of the cache.</param>
    public long KvBytesPerToken(KvPrecision precision) =>
        Sum(layer => layer.Attention is { } attention ? CacheBytes.KvPerToken(attention, 1, precision) : 0);

    /// <summary>Convolution and SSM state of one sequence over all layers, whatever its length.</summary>
    /// <param name="ssm">Precision of the SSM part; the convolution part is in bf16.</param>
    public long StateBytesPerSequence(StatePrecision ssm) =>
        Sum(layer => layer.Mamba is { } mamba ? CacheBytes.StatePerSequence(mamba, 1, ssm) : 0);

    private long Sum(Func<LayerSpec, long> figure) => _model.Architecture.Runs.Sum(run => run.Count * figure(run.Layer));
}
