using System.Text.Json;

namespace Nemotron.Cli.Tests;

public sealed class ListCommandTests
{
    [Fact]
    public void Models_are_listed_with_computed_sizes()
    {
        var run = Cli.Run("models");
        run.ExitCode.ShouldBe(0);
        var rows = run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        rows.Length.ShouldBe(17);
        rows[0].ShouldStartWith("NAME ");
        rows.Single(row => row.StartsWith("Super ")).Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .ShouldBe(["Super", "49.87", "B", "80", "49", "0", "200704", "-", "131072", "1,2,4,8,16", "BF16,FP8", "TrtLlmServe,Triton,Vllm,Sglang", "nvidia/Llama-3_3-Nemotron-Super-49B-v1"]);
        rows.Single(row => row.StartsWith("Hymba-1.5B ")).ShouldContain("none");
    }

    [Fact]
    public void Models_in_json_carry_marks_and_reasoning()
    {
        var models = JsonDocument.Parse(Cli.Run("models", "-o", "json").Out).RootElement.EnumerateArray().ToArray();
        var nano = models.Single(model => model.GetProperty("name").GetString() == "Nano-4B");
        nano.GetProperty("provenance").GetArrayLength().ShouldBeGreaterThan(0);
        nano.GetProperty("reasoning").GetProperty("grammar").GetString().ShouldBe("SystemDetailedThinking");
        nano.GetProperty("weightsBytes").GetProperty("BF16").GetInt64().ShouldBe(2 * nano.GetProperty("parameters").GetInt64());
        Cli.Run("models", "-o", "yaml").Out.ShouldContain("- name: Hymba-1.5B");
    }

    [Fact]
    public void A_directory_adds_to_the_models()
    {
        var folder = Directory.CreateTempSubdirectory("catalogue");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "mine.yaml"), """
                name: Mine
                architecture:
                  hiddenSize: 64
                  vocabularySize: 100
                  tiedEmbeddings: true
                  maxContextTokens: 1024
                  layerCount: 2
                  blocks: { mlp: { ffn: { width: 128, gated: false } } }
                  layers: [{ repeat: 2, blocks: [mlp] }]
                """);
            Cli.Run("models", "--catalogue", folder.FullName).Out.Split('\n').ShouldContain(row => row.StartsWith("Mine "));
            File.AppendAllText(Path.Combine(folder.FullName, "mine.yaml"), "\nengin: []\n");
            var run = Cli.Run("models", "--catalogue", folder.FullName);
            (run.ExitCode, run.Out).ShouldBe((2, ""));
            run.Error.ShouldContain("mine.yaml: engin: is not a known key; did you mean engines");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Gpus_are_listed_and_marked_where_not_first_hand()
    {
        var run = Cli.Run("gpus");
        run.Out.Split('\n').ShouldContain(row => row.StartsWith("H100-SXM") && row.Contains("81559 "));
        run.Out.Split('\n').ShouldContain(row => row.StartsWith("A10G") && row.Contains("22589*"));
        JsonDocument.Parse(Cli.Run("gpus", "-o", "json").Out).RootElement.GetArrayLength().ShouldBe(14);
    }

    [Fact]
    public void Help_names_every_command()
    {
        var run = Cli.Run("--help");
        run.ExitCode.ShouldBe(0);
        foreach (var command in (string[])["plan", "predict", "models", "gpus"]) run.Out.ShouldContain(command);
    }
}
