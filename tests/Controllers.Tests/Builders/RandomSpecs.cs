using CsCheck;
using k8s.Models;
using Nemotron.Controllers.Deployments;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Builders;

/// <summary>Specs that the schema takes, good and bad alike, and clusters for them.</summary>
internal static class RandomSpecs
{
    private static readonly (string Product, int Memory)[] Products =
        [(H100, 81559), ("NVIDIA-L40S", 46068), ("NVIDIA-A100-SXM4-40GB", 40960), ("NVIDIA-B200", 183359), ("NVIDIA-Unheard-Of", 24576)];

    public static readonly Gen<NemotronDeploymentSpec> Spec =
        from tier in Gen.OneOf<ModelTier?>(ModelTier.Nano, ModelTier.Super, ModelTier.Ultra, null)
        from name in Gen.OneOf("Supr", "nano-4b", "hymba-1.5b", "llama-3.1-70b", "nemotron-h-8b")
        from precision in Gen.OneOf<Precision?>(null, null, Precision.BF16, Precision.FP8, Precision.NVFP4)
        from tp in Gen.OneOf<int?>(null, 1, 2, 4, 8, 16)
        from pp in Gen.OneOf<int?>(null, null, null, 1, 2)
        from context in Gen.OneOf<long?>(null, 128, 8192, 131_072, 1_000_000)
        from concurrent in Gen.OneOf<int?>(null, null, 1, 64, 4096)
        from kv in Gen.OneOf<KvPrecision?>(null, null, null, KvPrecision.BF16, KvPrecision.FP8, KvPrecision.NVFP4)
        from checkpoint in Gen.OneOf<CheckpointSpec?>(null, null, null, new CheckpointSpec { Path = "/weights" })
        from engine in Gen.OneOf<EngineKind?>(null, EngineKind.TrtLlmServe, EngineKind.Triton)
        from config in Gen.OneOf<string?>(null, null, null, null, "max_num_tokens: 4096\n", "kv_cache_config: [", "- a list")
        from pool in Gen.OneOf<string?>(null, null, "a", "b", "gone")
        from label in Gen.OneOf<string?>(null, null, null, null, "app.kubernetes.io/name")
        from mount in Gen.OneOf<string?>(null, null, null, null, "/dev/shm", "/data")
        from replicas in Gen.OneOf<int?>(null, 0, 3)
        select new NemotronDeploymentSpec
        {
            Model = tier,
            ModelRef = tier is null ? new ModelReference { Name = name } : null,
            Precision = precision,
            TensorParallel = tp,
            PipelineParallel = pp,
            MaxContextTokens = context,
            MaxConcurrentRequests = concurrent,
            KvCache = kv is null ? null : new KvCacheSpec { Precision = kv },
            Checkpoint = checkpoint,
            Engine = engine is null && config is null ? null : new EngineSpec { Type = engine, ExtraConfig = config },
            NodePool = pool,
            PodTemplate = label is null ? null : new PodTemplateSpec { Metadata = new PodTemplateMetadata { Labels = new Dictionary<string, string> { [label] = "x" } } },
            VolumeMounts = mount is null ? null : [new V1VolumeMount { Name = "v", MountPath = mount }],
            Replicas = replicas,
        };

    public static readonly Gen<string> Name = Gen.Frequency((20, Gen.Const("n")), (1, Gen.Const("1-n")), (1, Gen.Const(new string('n', 60))));

    /// <summary>No pool, or one or two: with nodes, with none, of products in and beyond the catalogue.</summary>
    public static readonly Gen<PoolState[]> Pools =
        from count in Gen.Int[0, 2]
        from first in Node
        from second in Node
        select new[] { ("a", first), ("b", second) }.Take(count).Select(pool => Pool(pool.Item1, pool.Item2 is { } node ? [node] : [])).ToArray();

    private static Gen<Views.NodeView?> Node =>
        from product in Gen.OneOf(Products)
        from gpus in Gen.OneOf(1, 2, 4, 8)
        from none in Gen.Int[0, 7]
        select none == 0 ? null : ANode("n", gpus, product.Product, product.Memory);
}
