using System.Text.Json.Nodes;

namespace Nemotron.Lab.Nodes.Tests;

public class LoadTimesTests
{
    [Theory]
    // annotation, args, gpus, speed → seconds
    [InlineData("16000000000", "[]", 1, 1, 13)]
    [InlineData("16e9", "[]", 1, 2, 6.5)]
    [InlineData(null, """["serve", "nvidia/Llama-3_3-Nemotron-Super-49B-v1"]""", 2, 1, 54)]
    [InlineData(null, """["--model=nvidia/Llama-3_1-Nemotron-Ultra-253B-v1-FP8"]""", 8, 1, 131.5)]
    [InlineData(null, """["nvidia/Llama-3.1-Nemotron-Nano-8B-v1"]""", 1, 1, 13)]
    [InlineData(null, """["--port=8000"]""", 1, 1, 5)]
    [InlineData("nonsense", """["x-8b"]""", 1, 1, 13)]
    [InlineData("16e9", "[]", 0, 1, 1)]
    public void Engines_load_as_long_as_their_weights_take(string? annotation, string args, int gpus, double speed, double seconds)
    {
        var pod = (JsonObject)JsonNode.Parse($$"""
            { "metadata": { "annotations": { {{(annotation is null ? "" : $"\"{EngineLoadTimes.WeightsAnnotation}\": \"{annotation}\"")}} } },
              "spec": { "containers": [ { "args": {{args}}, "resources": { "limits": { "nvidia.com/gpu": "{{gpus}}" } } } ] } }
            """)!;
        new EngineLoadTimes(speed).Of(pod, (JsonObject)pod["spec"]!["containers"]![0]!).ShouldBe(TimeSpan.FromSeconds(seconds), TimeSpan.FromMilliseconds(1));
    }
}
