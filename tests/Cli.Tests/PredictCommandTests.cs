using System.Text.Json;
using YamlDotNet.RepresentationModel;

namespace Nemotron.Cli.Tests;

public sealed class PredictCommandTests
{
    private const string Rows = """
        model,system,backend,backend_version,precision,isl,osl,concurrency,tp,ttft_ms,tpot_ms
        meta-llama/Llama-3.1-8B-Instruct,h100_sxm,trtllm,1.0.0rc3,,1024,128,16,1,144.0,9.77
        meta-llama/Llama-3.1-8B-Instruct,h100_sxm,trtllm,1.0.0rc3,,1024,128,32,1,127.9,13.19
        meta-llama/Llama-3.1-405B-Instruct,h100_sxm,trtllm,1.0.0rc3,,1024,128,32,1,,
        """;

    [Fact]
    public void Json_has_every_promised_field()
    {
        var run = Cli.Run(
            "predict", "Super", "--gpu", "H100-SXM", "--tp", "1", "--precision", "FP8", "--kv-precision", "FP8", "--isl", "1024", "--osl", "128", "--concurrency", "8",
            "--engine", "TrtLlmServe", "--memory-mib", "81559", "-o", "json");
        run.ExitCode.ShouldBe(0, run.Error);
        var prediction = JsonDocument.Parse(run.Out).RootElement;
        prediction.GetProperty("model").GetString().ShouldBe("Super");
        prediction.GetProperty("engine").GetString().ShouldBe("TrtLlmServe");
        prediction.GetProperty("gpuMemoryBytes").GetInt64().ShouldBe(81559L << 20);
        (prediction.GetProperty("isl").GetInt32(), prediction.GetProperty("osl").GetInt32(), prediction.GetProperty("concurrency").GetInt32()).ShouldBe((1024, 128, 8));
        var ttft = prediction.GetProperty("ttftMs").GetDouble();
        var tpot = prediction.GetProperty("tpotMs").GetDouble();
        ttft.ShouldBeInRange(50, 2000);
        tpot.ShouldBeInRange(10, 60);
        prediction.GetProperty("latencyMs").GetDouble().ShouldBe(ttft + 127 * tpot, 0.1);
        prediction.GetProperty("tokensPerSecond").GetDouble().ShouldBe(8 * 128 / (0.001 * prediction.GetProperty("latencyMs").GetDouble()), 0.1);
        prediction.GetProperty("requestsPerSecond").GetDouble().ShouldBe(prediction.GetProperty("tokensPerSecond").GetDouble() / 128, 0.001);
        prediction.GetProperty("runningSequences").GetDouble().ShouldBeInRange(6, 8);
        prediction.GetProperty("binding").GetString().ShouldBe("MemoryBandwidth");
        prediction.GetProperty("busy").EnumerateObject().Sum(share => share.Value.GetDouble()).ShouldBe(1, 0.01);
        prediction.GetProperty("fits").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public void Yaml_has_the_same_fields()
    {
        string[] request = ["predict", "Nano", "--isl", "100", "--osl", "10"];
        var json = JsonDocument.Parse(Cli.Run([.. request, "-o", "json"]).Out).RootElement;
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Cli.Run([.. request, "-o", "yaml"]).Out));
        ((YamlMappingNode)yaml.Documents[0].RootNode).Children.Keys.Select(key => ((YamlScalarNode)key).Value).ShouldBe(json.EnumerateObject().Select(property => property.Name));
    }

    [Theory]
    [InlineData("trtllm", "TrtLlmServe", "FP8")]
    [InlineData("vllm", "Vllm", "BF16")]
    [InlineData("SGLang", "Sglang", "BF16")]
    public void Engines_go_by_the_names_that_people_give_them(string given, string engine, string kv)
    {
        var run = Cli.Run("predict", "Llama-3.1-70B", "--gpu", "h200_sxm", "--precision", "fp8", "--isl", "512", "--osl", "64", "--engine", given, "-o", "json");
        var prediction = JsonDocument.Parse(run.Out).RootElement;
        (prediction.GetProperty("engine").GetString(), prediction.GetProperty("kvPrecision").GetString(), prediction.GetProperty("gpu").GetString())
            .ShouldBe((engine, kv, "H200-SXM"));
    }

    [Fact]
    public void Without_a_degree_the_smallest_that_holds_the_load_is_taken()
    {
        var run = Cli.Run("predict", "Llama-3.1-405B", "--gpu", "B200-SXM", "--precision", "fp4", "--isl", "512", "--osl", "64", "-o", "json");
        var prediction = JsonDocument.Parse(run.Out).RootElement;
        (prediction.GetProperty("precision").GetString(), prediction.GetProperty("tensorParallel").GetInt32()).ShouldBe(("NVFP4", 2));
    }

    [Fact]
    public void What_does_not_fit_exits_with_one_and_says_what_would()
    {
        var table = Cli.Run("predict", "Super", "--tp", "1", "--isl", "1024", "--osl", "128");
        table.ExitCode.ShouldBe(1);
        table.Out.ShouldContain("refused: 92.88 GiB of weights");
        table.Out.ShouldContain("(would do: tensorParallel 2");
        var json = Cli.Run("predict", "Super", "--tp", "3", "--isl", "1024", "--osl", "128", "-o", "json");
        json.ExitCode.ShouldBe(1);
        var prediction = JsonDocument.Parse(json.Out).RootElement;
        (prediction.GetProperty("fits").GetBoolean(), prediction.GetProperty("ttftMs").ValueKind, prediction.GetProperty("binding").ValueKind)
            .ShouldBe((false, JsonValueKind.Null, JsonValueKind.Null));
        prediction.GetProperty("findings")[0].GetProperty("kind").GetString().ShouldBe("TensorParallelDegree");
        Cli.Run("predict", "Nano", "--isl", "4096", "--osl", "1", "--max-batched-tokens", "2048").Out
            .ShouldContain("refused: a prompt of 4096 tokens does not go through a step of 2048, and TensorRT-LLM does not split it (would do: max batched tokens 4096)");
    }

    [Fact]
    public void The_table_answers_in_one_row_and_explains()
    {
        var rows = Cli.Run("predict", "Nano", "--isl", "1024", "--osl", "128", "--concurrency", "16").Out.Split('\n');
        rows[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).ShouldBe(
            ["MODEL", "GPU", "TP", "PP", "PRECISION", "KV", "ENGINE", "ISL/OSL", "CONCURRENCY", "TTFT", "TPOT", "TOKENS/S", "REQUESTS/S", "RUNNING", "BINDING"]);
        rows[1].ShouldStartWith("Nano    H100-SXM   1    1    BF16        BF16   TrtLlmServe   1024/128   16");
        rows.ShouldContain(row => row.StartsWith("time to first token") && row.Contains("a prompt alone in a step takes"));
        rows.ShouldContain(row => row.StartsWith("KV tokens"));
    }

    [Fact]
    public void Measured_rows_are_predicted_and_compared()
    {
        var run = Cli.RunWith(Rows, "predict", "-f", "-");
        // One row cannot be run: 405B does not fit one GPU.
        run.ExitCode.ShouldBe(1, run.Error);
        var lines = run.Out.Split('\n');
        lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).ShouldBe(["GROUP", "ROWS", "REFUSED", "TTFT-ERROR", "TTFT-RATIO", "TPOT-ERROR", "TPOT-RATIO"]);
        lines.ShouldContain(line => line.StartsWith("Llama-3.1-8B H100-SXM TrtLlmServe 1.0.0rc3 -") && line.Contains(" 2 "));
        lines.ShouldContain(line => line.StartsWith("all ") && line.Contains(" 3 "));
        var rows = JsonDocument.Parse(Cli.RunWith(Rows, "predict", "-f", "-", "-o", "json").Out).RootElement;
        rows.GetArrayLength().ShouldBe(3);
        rows[0].GetProperty("measuredTpotMs").GetDouble().ShouldBe(9.77);
        rows[0].GetProperty("predicted").GetProperty("tpotMs").GetDouble().ShouldBe(9.77, 2);
        rows[2].GetProperty("measuredTtftMs").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Theory]
    [InlineData("unknown model 'Supr'; nearest: Super", "predict", "Supr", "--isl", "1", "--osl", "1")]
    [InlineData("unknown GPU 'H100'; nearest: H100-NVL, H100-PCIe, H100-SXM", "predict", "Super", "--gpu", "H100", "--isl", "1", "--osl", "1")]
    [InlineData("unknown engine 'trt'", "predict", "Super", "--engine", "trt", "--isl", "1", "--osl", "1")]
    [InlineData("unknown precision 'FP9'; nearest: FP8", "predict", "Super", "--precision", "FP9", "--isl", "1", "--osl", "1")]
    [InlineData("--isl is required: tokens of each prompt", "predict", "Super")]
    [InlineData("--osl is required: tokens of each output", "predict", "Super", "--isl", "1")]
    [InlineData("--osl must be between 1 and 16777216, not 0", "predict", "Super", "--isl", "1", "--osl", "0")]
    [InlineData("--concurrency must be between 1 and", "predict", "Super", "--isl", "1", "--osl", "1", "--concurrency", "1000000")]
    [InlineData("tensorParallel must be between 1 and 128, not 0", "predict", "Super", "--tp", "0", "--isl", "1", "--osl", "1")]
    [InlineData("memoryFraction 7 is not in (0, 1]", "predict", "Super", "--memory-fraction", "7", "--isl", "1", "--osl", "1")]
    [InlineData("A10G: bandwidthGBps is not known, so its speed cannot be predicted", "predict", "Nano", "--gpu", "A10G", "--isl", "1", "--osl", "1")]
    [InlineData("give exactly one of MODEL, --config and -f", "predict")]
    [InlineData("give exactly one of MODEL, --config and -f", "predict", "Super", "-f", "rows.csv")]
    [InlineData("no-such-file.csv", "predict", "-f", "no-such-file.csv")]
    public void Bad_input_exits_with_two_and_says_why(string message, params string[] args)
    {
        var run = Cli.Run(args);
        run.ExitCode.ShouldBe(2);
        run.Out.ShouldBeEmpty();
        run.Error.ShouldContain(message);
    }

    [Fact]
    public void A_wrong_row_is_named_with_line_and_column()
    {
        var run = Cli.RunWith(Rows.Replace("trtllm", "trt", StringComparison.Ordinal), "predict", "-f", "-");
        (run.ExitCode, run.Out).ShouldBe((2, ""));
        run.Error.ShouldContain("standard input: line 2: backend: unknown engine 'trt'");
    }
}
