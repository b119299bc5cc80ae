using Nemotron.Engines.Launch;
using Nemotron.Planning;
using Nemotron.Planning.Placement;
using YamlDotNet.RepresentationModel;

namespace Nemotron.Controllers.Tests.Launch;

public class EngineLaunchTests
{
    private static readonly LaunchRequest Serve = new()
    {
        Engine = EngineKind.TrtLlmServe,
        ModelName = "Super",
        Model = "nvidia/Super",
        TensorParallel = 2,
        MaxContextTokens = 65536,
        MaxBatchSize = 64,
        KvFreeMemoryFraction = 0.95,
        KvMaxTokens = 300_000,
        WeightsBytes = 100_000_000_000,
    };

    private static readonly LaunchRequest Triton = Serve with { Engine = EngineKind.Triton };

    [Theory]
    [InlineData("1.0.0", false)]
    [InlineData("1.1.0", true)]
    [InlineData("1.2.1", true)]
    [InlineData("1.3.0rc25", true)]
    public void Metrics_are_switched_on_where_the_release_knows_the_option(string version, bool known)
    {
        var spec = EngineLaunch.Build(Serve with { Version = version });
        (Config(spec, "return_perf_metrics") == "true").ShouldBe(known);
        Config(spec, "enable_iter_perf_stats").ShouldBe("true");
        (spec.Metrics is not null).ShouldBe(known);
    }

    [Theory]
    [InlineData("1.0.0", null)]
    [InlineData("1.1.0", "bfloat16")]
    public void The_Mamba_state_is_kept_as_planned_where_the_release_can(string version, string? dtype) =>
        Config(EngineLaunch.Build(Serve with { Version = version, MambaState = StatePrecision.BF16 }), "kv_cache_config", "mamba_ssm_cache_dtype").ShouldBe(dtype);

    [Fact]
    public void Blocks_are_reused_unless_the_model_has_Mamba_layers()
    {
        Config(EngineLaunch.Build(Serve), "kv_cache_config", "enable_block_reuse").ShouldBe("true");
        Config(EngineLaunch.Build(Serve with { MambaState = StatePrecision.FP32 }), "kv_cache_config", "enable_block_reuse").ShouldBe("false");
        Config(EngineLaunch.Build(Serve with { MambaState = StatePrecision.FP32, BlockReuse = true, Version = "1.3.0rc20" }), "kv_cache_config", "enable_block_reuse").ShouldBe("true");
    }

    [Fact]
    public void Long_prompts_are_taken_in_parts_and_short_contexts_need_none()
    {
        Config(EngineLaunch.Build(Serve), "enable_chunked_prefill").ShouldBe("true");
        Config(EngineLaunch.Build(Serve with { MaxContextTokens = 8192 }), "enable_chunked_prefill").ShouldBeNull();
        var old = EngineLaunch.Build(Serve with { MambaState = StatePrecision.BF16, Version = "1.0.0" });
        Config(old, "enable_chunked_prefill").ShouldBeNull();
        old.Notes.ShouldContain(note => note.Contains("refuses prompts of more than 8192 tokens"));
    }

    [Theory]
    [InlineData(EngineKind.TrtLlmServe)]
    [InlineData(EngineKind.Triton)]
    public void A_revision_is_an_option_of_the_configuration_since_its_argument_has_had_three_names(EngineKind engine)
    {
        var spec = EngineLaunch.Build(Serve with { Engine = engine, Revision = "abcdef0" });
        Config(spec, "revision").ShouldBe("abcdef0");
        spec.Args.ShouldNotContain(arg => arg.Contains("revision"));
    }

    [Theory]
    [InlineData(EngineKind.TrtLlmServe, "1.0")]
    [InlineData(EngineKind.Triton, "on")]
    public void A_revision_is_a_text_whatever_it_looks_like(EngineKind engine, string revision) =>
        Text(EngineLaunch.Build(Serve with { Engine = engine, Revision = revision })).ShouldContain($"revision: \"{revision}\"\n");

    [Fact]
    public void Host_memory_is_given_to_the_ranks_in_equal_parts() =>
        Config(EngineLaunch.Build(Serve with { HostCacheBytes = 64L << 30 }), "kv_cache_config", "host_cache_size").ShouldBe($"{32L << 30}");

    [Fact]
    public void Remote_code_runs_only_when_allowed_and_a_model_that_needs_it_does_not_start_without()
    {
        EngineLaunch.Build(Serve).Args.ShouldNotContain("--trust_remote_code");
        EngineLaunch.Build(Serve with { TrustRemoteCode = true }).Args.ShouldContain("--trust_remote_code");
        Config(EngineLaunch.Build(Triton), "trust_remote_code").ShouldBe("false");
        Should.Throw<LaunchRefusedException>(() => EngineLaunch.Build(Serve with { NeedsRemoteCode = true })).Kind.ShouldBe(LaunchRefusal.CodeNotTrusted);
        EngineLaunch.Build(Serve with { NeedsRemoteCode = true, TrustRemoteCode = true }).Args.ShouldContain("--trust_remote_code");
    }

    [Theory]
    [InlineData("1.1.0", null, null)]
    [InlineData("1.2.1", "nano-v3", "qwen3_coder")]
    [InlineData("1.3.0rc19", "nano-v3", "qwen3_coder")]
    [InlineData("1.3.0rc20", "nemotron-v3", null)]
    public void The_models_parsers_are_those_of_the_newest_release_that_has_them(string version, string? reasoning, string? tool)
    {
        var facts = new LaunchFacts { Parsers = [new("1.3.0rc20", "nemotron-v3", null), new("1.2.0", "nano-v3", "qwen3_coder")] };
        var args = EngineLaunch.Build(Serve with { Version = version, Facts = facts }).Args;
        After(args, "--reasoning_parser").ShouldBe(reasoning);
        After(args, "--tool_parser").ShouldBe(tool);
    }

    [Fact]
    public void The_deployments_own_parser_comes_before_the_models()
    {
        var facts = new LaunchFacts { Parsers = [new("1.2.0", "nano-v3", "qwen3_coder")] };
        var args = EngineLaunch.Build(Serve with { Facts = facts, ReasoningParser = "qwen3" }).Args;
        After(args, "--reasoning_parser").ShouldBe("qwen3");
        After(args, "--tool_parser").ShouldBe("qwen3_coder");
    }

    [Theory]
    [InlineData("--port=1", "engine.extraArgs[1]")]
    [InlineData("--trust_remote_code", "spec.checkpoint.trustRemoteCode")]
    [InlineData("--grpc", "spec.engine.api")]
    [InlineData("--tp_size", "spec.tensorParallel")]
    public void Arguments_of_the_operators_are_refused_with_the_field_to_use(string argument, string hint)
    {
        var refused = Should.Throw<LaunchRefusedException>(() => EngineLaunch.Build(Serve with { ExtraArgs = ["--log_level=debug", argument] }));
        $"{refused.Field} {refused.Message}".ShouldContain(hint);
    }

    [Theory]
    [InlineData("-http-port=1")]
    [InlineData("--exit-timeout-secs")]
    [InlineData("--disable-auto-complete-config")]
    public void So_are_those_of_Triton(string argument) =>
        Should.Throw<LaunchRefusedException>(() => EngineLaunch.Build(Triton with { ExtraArgs = [argument, "3"] })).Kind.ShouldBe(LaunchRefusal.Invalid);

    [Theory]
    [InlineData("- a list", "must be one YAML mapping")]
    [InlineData("a: [1, 2", "not valid YAML")]
    [InlineData("a: b: c", "line 1")]
    [InlineData("tensor_parallel_size: 4", "spec.tensorParallel")]
    public void Extra_YAML_that_cannot_stand_is_refused_with_its_place(string yaml, string complaint) =>
        Should.Throw<LaunchRefusedException>(() => EngineLaunch.Build(Serve with { ExtraConfig = yaml })).Message.ShouldContain(complaint);

    [Fact]
    public void A_start_may_take_as_long_as_the_weights_need_or_as_is_said()
    {
        // 15 minutes and 100 GB at 100 MB/s, in whole minutes.
        EngineLaunch.Build(Serve).StartupTimeout.ShouldBe(TimeSpan.FromMinutes(32));
        EngineLaunch.Build(Serve with { StartupTimeout = TimeSpan.FromMinutes(3) }).StartupTimeout.ShouldBe(TimeSpan.FromMinutes(3));
    }

    [Fact]
    public void A_dead_engine_is_ended_after_a_finite_time()
    {
        foreach (var request in new[] { Serve, Triton, Triton with { Version = "25.12" }, Serve with { Api = EngineApi.TokenGrpc, Version = "1.3.0rc25" } })
        {
            var liveness = EngineLaunch.Build(request).Probes.Liveness;
            (liveness.Period * liveness.Failures).ShouldBeInRange(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5));
        }

        // Ready notices a dead model process from 26.04 on; live never does.
        Path(Triton).ShouldBe("/v2/health/ready");
        Path(Triton with { Version = "25.12" }).ShouldBe("/v2/health/live");

        static string Path(LaunchRequest request) => EngineLaunch.Build(request).Probes.Liveness.Check.ShouldBeOfType<ProbeCheck.Http>().Path;
    }

    [Fact]
    public void Stopping_takes_longer_than_the_requests_that_are_waited_for()
    {
        var drain = TimeSpan.FromMinutes(2);
        foreach (var request in new[] { Serve, Triton, Serve with { Api = EngineApi.TokenGrpc, Version = "1.3.0rc25" } })
        {
            var stop = EngineLaunch.Build(request with { DrainTimeout = drain }).Stop;
            stop.Grace.ShouldBeGreaterThan(drain + TimeSpan.FromSeconds(30));
            (stop.WaitBefore + stop.DrainAfter).ShouldBeGreaterThanOrEqualTo(drain);
        }

        EngineLaunch.Build(Triton with { DrainTimeout = drain }).Args.ShouldContain("--exit-timeout-secs=120");
    }

    [Fact]
    public void Several_pods_are_one_MPI_world_of_which_the_first_serves()
    {
        var spec = EngineLaunch.Build(Serve with { TensorParallel = 16, Shape = new GroupShape(2, 8) });
        spec.Command.ShouldBe(["python3", "/etc/nemotron/mpi_group.py", "lead", "--nodes", "2", "--gpus", "8", "--port", "7070", "--", "trtllm-serve"]);
        spec.WorkerCommand.ShouldBe(["python3", "/etc/nemotron/mpi_group.py", "join", "--port", "7070"]);
        spec.ConfigFiles.Keys.ShouldContain("mpi_group.py");
        After(spec.Args, "--gpus_per_node").ShouldBe("8");
        spec.SharedMemoryBytes.ShouldBe(16L << 30);
        EngineLaunch.Build(Serve).WorkerCommand.ShouldBeNull();
        EngineLaunch.Build(Serve).ConfigFiles.Keys.ShouldNotContain("mpi_group.py");
    }

    [Fact]
    public void Triton_completes_its_models_configuration_since_it_streams_only_then()
    {
        var spec = EngineLaunch.Build(Triton);
        spec.Args.ShouldNotContain("--disable-auto-complete-config");
        Config(spec, "triton_config", "decoupled").ShouldBe("true");
    }

    private static string? After(IReadOnlyList<string> args, string name)
    {
        var at = args.ToList().IndexOf(name);
        return at < 0 ? null : args[at + 1];
    }

    private static string Text(LaunchSpec spec) => spec.ConfigFiles.Single(file => file.Key.EndsWith(".yaml", StringComparison.Ordinal)).Value;

    private static string? Config(LaunchSpec spec, params string[] path)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(Text(spec)));
        YamlNode? node = stream.Documents[0].RootNode;
        foreach (var key in path) node = ((YamlMappingNode)node!).Children.TryGetValue(new YamlScalarNode(key), out var child) ? child : null;
        return (node as YamlScalarNode)?.Value;
    }
}
