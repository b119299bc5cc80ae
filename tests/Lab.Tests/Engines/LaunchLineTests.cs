using System.Net;
using System.Text.Json.Nodes;
using Nemotron.Lab.Nodes;
using Nemotron.Planning;

namespace Nemotron.Lab.Engines.Tests;

/// <summary>What a container is told, read as the real programs read it.</summary>
public class LaunchLineTests
{
    private const string TrtLlm = "nvcr.io/nvidia/tensorrt-llm/release:1.2.1";
    private const string TrtLlm13 = "nvcr.io/nvidia/tensorrt-llm/release:1.3.0rc20";
    private const string Triton = "nvcr.io/nvidia/tritonserver:26.07-trtllm-python-py3";

    [Fact]
    public void A_trtllm_serve_line_with_its_yaml_over_it()
    {
        var settings = Read(TrtLlm, "trtllm-serve serve nvidia/X --host 0.0.0.0 --port 9000 --tp_size 2 --max_batch_size 16 --reasoning_parser nano-v3 --extra_llm_api_options /etc/nemotron/engine.yaml", gpus: 2, yaml: """
            kv_cache_config: { free_gpu_memory_fraction: 0.5, max_tokens: 4096, dtype: fp8, tokens_per_block: 64, enable_block_reuse: false }
            max_batch_size: 8
            return_perf_metrics: true
            enable_iter_perf_stats: true
            """);
        settings.ShouldSatisfyAllConditions(
            () => settings.Product.ShouldBe(EngineProduct.TrtLlmServe),
            () => settings.Version.ShouldBe(new(1, 2, 1)),
            () => settings.HttpPort.ShouldBe(9000),
            () => settings.GrpcPort.ShouldBeNull(),
            () => settings.TensorParallel.ShouldBe(2),
            // The file wins.
            () => settings.MaxBatchSize.ShouldBe(8),
            () => settings.MemoryFraction.ShouldBe(0.5),
            () => settings.KvMaxTokens.ShouldBe(4096),
            () => settings.KvPrecision.ShouldBe(KvPrecision.FP8),
            () => settings.TokensPerBlock.ShouldBe(64),
            () => settings.BlockReuse.ShouldBeFalse(),
            () => settings.ReasoningParser.ShouldBe("nano-v3"),
            () => settings.ReturnPerfMetrics.ShouldBeTrue(),
            () => settings.Exposed.ShouldBeTrue());
    }

    [Fact]
    public void TensorRT_LLM_has_a_batch_in_each_pipeline_stage() =>
        Read(TrtLlm, "trtllm-serve serve nvidia/X --pp_size 2 --max_batch_size 16", gpus: 2).MaxSequences.ShouldBe(32);

    [Theory]
    [InlineData("trtllm-serve nvidia/X", "nvidia/X", false)]
    [InlineData("trtllm-serve serve /models/super-49b --host 10.0.0.1", "super-49b", true)]
    [InlineData("python3 -m tensorrt_llm.commands.serve serve nvidia/X --host=0.0.0.0", "nvidia/X", true)]
    [InlineData("tini -- trtllm-serve nvidia/X --served_model_name x --host 0.0.0.0", "x", true)]
    [InlineData("mpirun -n 4 trtllm-llmapi-launch trtllm-serve nvidia/X --tp_size 4 --host 0.0.0.0", "nvidia/X", true)]
    public void Programs_are_found_behind_what_starts_them(string line, string served, bool exposed)
    {
        var settings = Read(TrtLlm, line);
        settings.ServedName.ShouldBe(served);
        settings.Exposed.ShouldBe(exposed);
    }

    [Fact]
    public void A_shell_script_is_searched_for_the_server()
    {
        var start = Start(TrtLlm, ["sh", "-c", "mkdir -p /tmp/x && exec trtllm-serve 'nvidia/X' \\\n --host 0.0.0.0 --port 8080"], 1, null);
        EngineStart.Read(start).HttpPort.ShouldBe(8080);
    }

    [Theory]
    [InlineData(TrtLlm, "trtllm-serve nvidia/X --tp-size 2", 2, "No such option: --tp-size Did you mean --tp_size?")]
    [InlineData(TrtLlm, "trtllm-serve", 2, "Missing argument 'MODEL'.")]
    [InlineData(TrtLlm, "trtllm-serve nvidia/X --max_batch_size many", 2, "'many' is not a valid integer")]
    [InlineData(TrtLlm, "trtllm-serve nvidia/X nvidia/Y", 2, "unexpected extra argument (nvidia/Y)")]
    [InlineData(TrtLlm, "trtllm-serve nvidia/X --port", 2, "Option '--port' requires an argument.")]
    [InlineData(TrtLlm, "trtllm-serve nvidia/X --config /nowhere.yaml", 2, "File '/nowhere.yaml' does not exist")]
    [InlineData(TrtLlm, "trtllm-serve nvidia/X --grpc", 2, "No such option: --grpc")]
    [InlineData(TrtLlm, "trtllm-serve nvidia/X --tp_size 2", 1, "needs more")]
    [InlineData(TrtLlm13, "trtllm-serve nvidia/X --grpc --grpc-protocol openengine", 1, "\"--grpc-protocol openengine\" is not simulated")]
    [InlineData(Triton, "tritonserver --model-repo=/x", 1, "unrecognized option '--model-repo'")]
    [InlineData(Triton, "tritonserver", 1, "--model-repository must be specified")]
    [InlineData(Triton, "tritonserver --model-repository=/app/all_models/llmapi", 1, "'/app/all_models/llmapi/tensorrt_llm/1/model.yaml'")]
    [InlineData(Triton, "python3 /app/scripts/launch_triton_server.py --model_repo=/x", 0, "the container ends with it")]
    [InlineData("vllm/vllm-openai:v0.19.1", "vllm serve nvidia/X --port x", 2, "argument --port: invalid int value: 'x'")]
    public void What_the_real_program_would_not_start_with_ends_this_one(string image, string line, int code, string says)
    {
        var refused = Should.Throw<StartRefusedException>(() => Read(image, line));
        refused.ExitCode.ShouldBe(code);
        string.Join('\n', refused.Lines).ShouldContain(says == "needs more" ? "the model is split over 2 GPUs (tensor parallel 2 x pipeline parallel 1), and 1 is visible" : says);
    }

    [Theory]
    [InlineData("kv_cache_confg: {}", "1 validation error for TorchLlmArgs", "kv_cache_confg", "Extra inputs are not permitted")]
    [InlineData("kv_cache_config: { free_memory: 0.9 }", "kv_cache_config.free_memory")]
    [InlineData("max_batch_size: lots", "max_batch_size", "Input should be a valid integer")]
    [InlineData("a: [", "yaml.scanner.ScannerError")]
    public void Wrong_yaml_is_refused_as_the_real_one_refuses_it(string yaml, params string[] says)
    {
        var refused = Should.Throw<StartRefusedException>(() => Read(TrtLlm, "trtllm-serve nvidia/X --config /etc/nemotron/engine.yaml", yaml: yaml));
        refused.ExitCode.ShouldBe(1);
        foreach (var part in says) string.Join('\n', refused.Lines).ShouldContain(part);
    }

    [Fact]
    public void Grpc_replaces_http()
    {
        var settings = Read(TrtLlm13, "trtllm-serve nvidia/X --grpc --host 0.0.0.0 --port 50051");
        settings.HttpPort.ShouldBeNull();
        settings.GrpcPort.ShouldBe(50051);
    }

    [Fact]
    public void Triton_reads_its_model_yaml()
    {
        var start = Start(Triton, "tritonserver --model-repository=/app/all_models/llmapi --http-port=9000 --exit-timeout-secs=300 --allow-metrics=false".Split(' '), 2, """
            model: nvidia/X
            tensor_parallel_size: 2
            triton_config: { max_batch_size: 0, decoupled: true }
            """, new() { ["LLM_CONFIG_PATH"] = "/etc/nemotron/engine.yaml" });
        var settings = EngineStart.Read(start);
        settings.ShouldSatisfyAllConditions(
            () => settings.Version.ShouldBe(new(26, 7)),
            () => settings.Model.ShouldBe("nvidia/X"),
            () => settings.TensorParallel.ShouldBe(2),
            () => settings.HttpPort.ShouldBe(9000),
            () => settings.GrpcPort.ShouldBe(8001),
            () => settings.MetricsPort.ShouldBeNull(),
            () => settings.Decoupled.ShouldBeTrue(),
            () => settings.Ensemble.ShouldBeFalse(),
            () => settings.ExitTimeout.ShouldBe(TimeSpan.FromMinutes(5)));
    }

    [Fact]
    public void A_nim_is_told_by_its_environment()
    {
        var start = Start("nvcr.io/nim/nvidia/llama-3.3-nemotron-super-49b-v1:1.8.5", [], 2, null, new() { ["NIM_SERVER_PORT"] = "9000", ["NIM_TENSOR_PARALLEL_SIZE"] = "2" });
        var settings = EngineStart.Read(start);
        settings.Product.ShouldBe(EngineProduct.Nim);
        settings.HttpPort.ShouldBe(9000);
        settings.TensorParallel.ShouldBe(2);
        settings.Model.ShouldBe("nvidia/llama-3.3-nemotron-super-49b-v1");
    }

    [Theory]
    [InlineData("1.2.1", "1.2.1")]
    [InlineData("1.3.0rc20", "1.3.0rc20")]
    [InlineData("26.07-trtllm-python-py3", "26.7.0")]
    [InlineData("v0.19.1", "0.19.1")]
    [InlineData("latest", null)]
    public void Versions_come_from_tags(string tag, string? version) => EngineVersion.OfTag(tag)?.ToString().ShouldBe(version);

    [Fact]
    public void A_candidate_comes_before_its_release()
    {
        new EngineVersion(1, 3, 0, 20).AtLeast(1, 3).ShouldBeTrue();
        new EngineVersion(1, 3, 0, 4).AtLeast(1, 3, 0, 5).ShouldBeFalse();
        new EngineVersion(1, 3).CompareTo(new(1, 3, 0, 20)).ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("busybox", "sleep 10")]
    [InlineData(TrtLlm, "sleep 10")]
    [InlineData(TrtLlm, "vllm bench serve")]
    public void Other_programs_are_not_simulated(string image, string line) => EngineProgram.Find(Container(image, line.Split(' '))).ShouldBeNull();

    [Fact]
    public void A_group_has_a_leader_and_workers()
    {
        var leader = EngineProgram.Find(Container(TrtLlm, "python3 /etc/nemotron/mpi_group.py lead --nodes 2 --gpus 8 --port 7070 -- trtllm-serve serve nvidia/X --tp_size 16".Split(' ')))!;
        leader.ShouldSatisfyAllConditions(() => leader.Product.ShouldBe(EngineProduct.TrtLlmServe), () => leader.Pods.ShouldBe(2), () => leader.Launcher.ShouldBeTrue());
        EngineProgram.Find(Container(TrtLlm, "python3 /etc/nemotron/mpi_group.py join --port 7070".Split(' ')))!.Product.ShouldBe(EngineProduct.GroupWorker);
    }

    private static EngineSettings Read(string image, string line, int gpus = 1, string? yaml = null) => EngineStart.Read(Start(image, line.Split(' '), gpus, yaml));

    private static JsonObject Container(string image, string[] command) => new() { ["name"] = "engine", ["image"] = image, ["command"] = new JsonArray([.. command]) };

    private static ContainerStart Start(string image, string[] command, int gpus, string? yaml, Dictionary<string, string>? environment = null)
    {
        var container = command.Length == 0 ? new JsonObject { ["name"] = "engine", ["image"] = image } : Container(image, command);
        return new()
        {
            Pod = [],
            Container = container,
            Ip = IPAddress.Loopback,
            Gpus = [.. Enumerable.Range(0, gpus)],
            CommandLine = command,
            Environment = environment ?? [],
            Files = yaml is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["/etc/nemotron/engine.yaml"] = yaml },
        };
    }
}
