using System.Text.Json;
using YamlDotNet.RepresentationModel;

namespace Nemotron.Cli.Tests;

public sealed class PlanCommandTests
{
    private const string Deployments = """
        apiVersion: v1
        kind: ConfigMap
        metadata: { name: other }
        ---
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata: { name: chat }
        spec:
          model: Super
          precision: FP8
          tensorParallel: 2
          maxContextTokens: 32768
          maxConcurrentRequests: 16
          kvCache: { precision: BF16 }
          engine: { type: Triton, version: 26.07 }
          replicas: 3
        ---
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata: { name: small }
        spec:
          modelRef: { name: Nemotron-Nano-9B-v2 }
        """;

    [Fact]
    public void Json_has_every_promised_field()
    {
        var run = Cli.Run("plan", "Super", "--gpu", "H100-SXM", "--tp", "2", "--precision", "FP8", "--context", "32768", "--concurrency", "16", "--engine", "TrtLlmServe", "-o", "json");
        run.ExitCode.ShouldBe(0, run.Error);
        var plan = JsonDocument.Parse(run.Out).RootElement;
        plan.GetProperty("model").GetString().ShouldBe("Super");
        plan.GetProperty("gpu").GetString().ShouldBe("H100-SXM");
        plan.GetProperty("tensorParallel").GetInt32().ShouldBe(2);
        plan.GetProperty("pipelineParallel").GetInt32().ShouldBe(1);
        plan.GetProperty("precision").GetString().ShouldBe("FP8");
        plan.GetProperty("kvPrecision").GetString().ShouldBe("FP8");
        plan.GetProperty("parameters").GetInt64().ShouldBe(49_867_145_216);
        plan.GetProperty("weightsBytesPerGpu").GetInt64().ShouldBe(25_985_846_688);
        plan.GetProperty("kvBytesPerToken").GetInt64().ShouldBe(100_352);
        plan.GetProperty("kvBytesPerTokenPerGpu").GetInt64().ShouldBe(50_176);
        plan.GetProperty("stateBytesPerSequence").GetInt64().ShouldBe(0);
        plan.GetProperty("kvTokens").GetInt64().ShouldBeInRange(1_000_000, 1_200_000);
        plan.GetProperty("maxSequences").GetInt64().ShouldBe(plan.GetProperty("kvTokens").GetInt64() / 32768);
        plan.GetProperty("bytesPerSequenceAtContext").GetInt64().ShouldBe(32768L * 100_352);
        plan.GetProperty("fits").GetBoolean().ShouldBeTrue();
        plan.GetProperty("minTensorParallel").GetInt32().ShouldBe(2);
        plan.GetProperty("binding").GetString().ShouldBe("KvCache");
        plan.GetProperty("lines").EnumerateArray().Select(line => line.GetString()!).ShouldContain(line => line.StartsWith("weights: 25985846688 bytes (24.20 GiB)"));
    }

    [Fact]
    public void Yaml_has_the_same_fields_and_values()
    {
        string[] request = ["plan", "Nemotron-H-47B", "--gpu", "B200-SXM", "--precision", "FP8"];
        var json = JsonDocument.Parse(Cli.Run([.. request, "-o", "json"]).Out).RootElement;
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Cli.Run([.. request, "-o", "yaml"]).Out));
        var mapping = (YamlMappingNode)yaml.Documents[0].RootNode;
        mapping.Children.Keys.Select(key => ((YamlScalarNode)key).Value).ShouldBe(json.EnumerateObject().Select(property => property.Name));
        foreach (var property in json.EnumerateObject().Where(property => property.Value.ValueKind is JsonValueKind.Number or JsonValueKind.String))
            ((YamlScalarNode)mapping[property.Name]).Value.ShouldBe(property.Value.ToString(), property.Name);
    }

    [Fact]
    public void Memory_and_engine_can_be_overridden_and_vllm_is_planned()
    {
        var run = Cli.Run("plan", "Nano", "--memory-mib", "24000", "--engine", "vllm", "--context", "4096", "-o", "json");
        var plan = JsonDocument.Parse(run.Out).RootElement;
        plan.GetProperty("gpuMemoryBytes").GetInt64().ShouldBe(24000L << 20);
        plan.GetProperty("engine").GetString().ShouldBe("Vllm");
        plan.GetProperty("blockTokens").GetInt32().ShouldBe(16);
    }

    [Fact]
    public void What_does_not_fit_exits_with_one_and_says_what_would()
    {
        var run = Cli.Run("plan", "Super", "--tp", "1", "--context", "8192");
        run.ExitCode.ShouldBe(1);
        run.Out.ShouldContain("refused: 92.88 GiB of weights");
        run.Out.ShouldContain("(would do: tensorParallel 2)");
        JsonDocument.Parse(Cli.Run("plan", "Super", "--tp", "3", "-o", "json").Out).RootElement.GetProperty("binding").GetString().ShouldBe("Rules");
    }

    [Fact]
    public void The_table_is_for_grep_when_piped()
    {
        var run = Cli.Run("plan", "Ultra", "--precision", "FP8", "--context", "8192");
        run.ExitCode.ShouldBe(0);
        run.Out.ShouldNotContain('\u001b');
        var rows = run.Out.Split('\n');
        rows[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).ShouldBe(
            ["MODEL", "GPU", "TP", "PP", "PRECISION", "KV", "CONTEXT", "FITS", "KV-TOKENS", "SEQUENCES", "MIN-TP", "BINDING"]);
        rows[1].ShouldStartWith("Ultra   H100-SXM   4 ");
        rows.ShouldContain(row => row.StartsWith("weights") && row.Contains("embedding, LM head, norms, convolution in bf16"));
    }

    [Fact]
    public void Only_a_terminal_gets_colours_and_sentences_keep_to_its_width()
    {
        using var coloured = new StringWriter();
        CommandLine.Run(["plan", "Nano"], new Terminal(TextReader.Null, coloured, TextWriter.Null, Colours: true, Width: 120));
        coloured.ToString().ShouldContain("\u001b[");
        using var plain = new StringWriter();
        CommandLine.Run(["plan", "Nano"], new Terminal(TextReader.Null, plain, TextWriter.Null, Colours: false, Width: 80));
        plain.ToString().ShouldNotContain('\u001b');
        // The row that answers stays whole; what explains it is wrapped.
        plain.ToString().Split('\n')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[..3].ShouldBe(["Nano", "H100-SXM", "1"]);
        plain.ToString().Split('\n').Skip(2).Max(line => line.Length).ShouldBeLessThanOrEqualTo(80);
    }

    [Fact]
    public void Every_deployment_of_a_file_is_planned()
    {
        var run = Cli.RunWith(Deployments, "plan", "-f", "-", "--gpu", "NVIDIA-H200", "-o", "json");
        run.ExitCode.ShouldBe(0, run.Error + run.Out);
        var plans = JsonDocument.Parse(run.Out).RootElement.EnumerateArray().ToArray();
        plans.Length.ShouldBe(2);
        plans[0].GetProperty("name").GetString().ShouldBe("chat");
        plans[0].GetProperty("model").GetString().ShouldBe("Super");
        plans[0].GetProperty("gpu").GetString().ShouldBe("H200-SXM");
        plans[0].GetProperty("engine").GetString().ShouldBe("Triton");
        plans[0].GetProperty("kvPrecision").GetString().ShouldBe("BF16");
        plans[0].GetProperty("tensorParallel").GetInt32().ShouldBe(2);
        plans[0].GetProperty("contextTokens").GetInt32().ShouldBe(32768);
        plans[0].GetProperty("concurrency").GetInt32().ShouldBe(16);
        plans[1].GetProperty("model").GetString().ShouldBe("Nemotron-Nano-9B-v2");
        plans[1].GetProperty("precision").GetString().ShouldBe("BF16");
    }

    [Fact]
    public void What_a_file_leaves_open_is_decided_as_the_operator_decides_it()
    {
        // 64 sequences of Ultra's whole context do not fit beside its weights, and nobody asked for them.
        var run = Cli.RunWith("kind: NemotronDeployment\nmetadata: { name: u }\nspec: { model: Ultra, tensorParallel: 8, maxConcurrentRequests: 64 }", "plan", "-f", "-", "-o", "json");
        run.ExitCode.ShouldBe(0, run.Error + run.Out);
        var plan = JsonDocument.Parse(run.Out).RootElement;
        (plan.GetProperty("contextTokens").GetInt32(), plan.GetProperty("concurrency").GetInt32()).ShouldBe((4096, 1));
        var hybrid = JsonDocument.Parse(Cli.RunWith(Deployments, "plan", "-f", "-", "-o", "json").Out).RootElement[1];
        hybrid.GetProperty("concurrency").GetInt64().ShouldBe(hybrid.GetProperty("maxSequences").GetInt64());
        hybrid.GetProperty("concurrency").GetInt32().ShouldBeGreaterThan(100);
    }

    [Fact]
    public void An_option_wins_over_the_file_and_a_table_names_the_deployments()
    {
        var run = Cli.RunWith(Deployments, "plan", "-f", "-", "--tp", "4");
        run.Out.ShouldContain("chat    Super");
        run.Out.Split('\n')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[3].ShouldBe("4");
    }

    [Theory]
    [InlineData("model: Super", "model: Super\n  modelRef: { name: Nano }", "standard input: chat: spec: exactly one of model and modelRef must be set")]
    [InlineData("model: Super", "priority: 1", "standard input: chat: spec: exactly one of model and modelRef must be set")]
    [InlineData("model: Super", "model: Sooper", "unknown model 'Sooper'; nearest: Super")]
    [InlineData("precision: FP8", "precision: FP9", "standard input: chat: spec.precision: 'FP9' is not one of BF16, FP8, NVFP4")]
    [InlineData("tensorParallel: 2", "tensorParallel: two", "standard input: chat: spec.tensorParallel: must be a whole number, not 'two'")]
    [InlineData("kvCache: { precision: BF16 }", "kvCache: { freeGpuMemoryFraction: 2 }", "spec.kvCache.freeGpuMemoryFraction: must be above 0 and at most 1")]
    [InlineData("kind: NemotronDeployment", "kind: Deployment", "standard input: holds no NemotronDeployment")]
    [InlineData("kvCache: { precision: BF16 }", "kvCache: { precision: BF16", "standard input: is not YAML")]
    public void A_wrong_file_is_named_with_place_and_reason(string right, string wrong, string message)
    {
        var run = Cli.RunWith(Deployments.Replace(right, wrong, StringComparison.Ordinal), "plan", "-f", "-");
        run.ExitCode.ShouldBe(2);
        run.Out.ShouldBeEmpty();
        run.Error.ShouldContain(message);
    }

    [Theory]
    [InlineData("unknown model 'Supr'; nearest: Super", "plan", "Supr")]
    [InlineData("unknown GPU 'H100'; nearest: H100-NVL, H100-PCIe, H100-SXM", "plan", "Super", "--gpu", "H100")]
    [InlineData("unknown precision 'FP9'; nearest: FP8", "plan", "Super", "--precision", "FP9")]
    [InlineData("unknown engine 'trt'", "plan", "Super", "--engine", "trt")]
    [InlineData("unknown output 'jsn'; nearest: Json", "plan", "Super", "-o", "jsn")]
    [InlineData("is a MIG slice (1g.5gb)", "plan", "Nano", "--gpu", "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb")]
    [InlineData("is shared between containers", "plan", "Nano", "--gpu", "A100-SXM4-40GB-SHARED")]
    [InlineData("give exactly one of MODEL, --config and -f", "plan")]
    [InlineData("give exactly one of MODEL, --config and -f", "plan", "Super", "-f", "x.yaml")]
    [InlineData("no-such-file.yaml", "plan", "-f", "no-such-file.yaml")]
    [InlineData("no-such-config.json", "plan", "--config", "no-such-config.json")]
    [InlineData("/no/such/folder: there is no such directory", "plan", "Super", "--catalogue", "/no/such/folder")]
    [InlineData("'two'", "plan", "Super", "--tp", "two")]
    [InlineData("tensorParallel must be between 1 and 128, not 0", "plan", "Super", "--tp", "0")]
    [InlineData("context must be between 1 and 16777216, not -3", "plan", "Super", "--context", "-3")]
    [InlineData("memoryMiB must be between 1 and", "plan", "Super", "--memory-mib", "0")]
    [InlineData("memoryFraction 7 is not in (0, 1]", "plan", "Super", "--memory-fraction", "7")]
    [InlineData("Unrecognized command or argument 'plans'", "plans")]
    public void Bad_input_exits_with_two_and_says_why(string message, params string[] args)
    {
        var run = Cli.Run(args);
        run.ExitCode.ShouldBe(2);
        run.Out.ShouldBeEmpty();
        run.Error.ShouldContain(message);
    }

    [Fact]
    public void A_config_json_is_planned_as_it_is()
    {
        var folder = Directory.CreateTempSubdirectory("config");
        try
        {
            var path = Path.Combine(folder.FullName, "config.json");
            File.WriteAllText(path, """
                {"architectures":["LlamaForCausalLM"],"hidden_size":4096,"intermediate_size":14336,"num_hidden_layers":32,"num_attention_heads":32,
                 "num_key_value_heads":8,"vocab_size":128256,"max_position_embeddings":131072,"_name_or_path":"mine"}
                """);
            var run = Cli.Run("plan", "--config", path, "-o", "json");
            run.ExitCode.ShouldBe(0, run.Error);
            var plan = JsonDocument.Parse(run.Out).RootElement;
            (plan.GetProperty("model").GetString(), plan.GetProperty("parameters").GetInt64()).ShouldBe(("mine", 8_030_261_248));
            File.WriteAllText(path, "{\"architectures\":[\"GPT2LMHeadModel\"]}");
            Cli.Run("plan", "--config", path).Error.ShouldContain("config.json: architectures[0]: unknown architecture 'GPT2LMHeadModel'");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
